# %% [markdown]
# # 4 · Rotors: ortho- and para-hydrogen
#
# In the 1920s the heat capacity of hydrogen gas was a scandal: no quantum formula would fit it. The answer (D. M. Dennison,
# 1927) needs the symmetry of two protons, and it proved that the proton has spin 1/2. It also decides, today, whether a tank of
# liquid hydrogen boils itself dry.
#
# A linear rotor has levels $B J(J+1)$ on $2J+1$ states. Exchange of the two protons turns the molecule by 180°, which gives $(-1)^J$; as
# the protons are fermions, even $J$ needs the spin singlet (**para**, 1 state) and odd $J$ the triplet (**ortho**, 3 states):
#
# $$ Z = \sum_{J\ \mathrm{even}} (2J+1)\,e^{-BJ(J+1)/T} + 3 \sum_{J\ \mathrm{odd}} (2J+1)\,e^{-BJ(J+1)/T} . $$

# %%
import matplotlib.pyplot as plt
import numpy as np
from checks import rotors as check

import statmech
from statmech import Product, Rotor, solve

# %matplotlib inline
plt.style.use("notebook.mplstyle")
R = 8.314462618  # J/mol/K

# %% [markdown]
# ## Two gases in one bottle
#
# `configs/ortho_para.yaml` describes equilibrium as a *mixture* of the two sets of states; the result carries the share of each.
#
# **Predict:** what is the share of para at $T \to 0$ and at room temperature? And since nothing but a collision with a magnetic surface
# turns one into the other: what is the share in a bottle that was filled at room temperature and cooled to 20 K?

# %%
equilibrium = statmech.run("../configs/ortho_para.yaml")
B = 59.3  # cm-1; 85.3 K

fig, (left, right) = plt.subplots(1, 2, figsize=(8.2, 3.5), width_ratios=(1, 1.6))
for J in range(5):
    x = 0.0 if J % 2 == 0 else 1.1
    left.hlines(B * J * (J + 1), x, x + 0.9, color=f"C{J % 2}", linewidth=2)
    left.text(
        x + 0.45,
        B * J * (J + 1) + 12,
        f"$J$ = {J}, $g$ = {(2 * J + 1) * (3 if J % 2 else 1)}",
        ha="center",
        fontsize=8.5,
    )
left.set(xticks=[0.45, 1.55], xticklabels=["para", "ortho"], ylabel="Energy (cm⁻¹)", ylim=(-40, 1300))
left.grid(visible=False)
right.plot(equilibrium.temperature, equilibrium.population_para, label="para")
right.plot(equilibrium.temperature, equilibrium.population_ortho, "--", label="ortho")
right.axhline(0.25, color="0.6", linewidth=0.8)
right.set(xlabel="Temperature (K)", ylabel="Share in equilibrium", ylim=(0, 1.02), xlim=(0, 300))
right.legend()
plt.show()

# %%
# Exercise 1 (easy). Catalysts are often cooled with liquid nitrogen. What is the share of para-hydrogen in equilibrium at
# 77.0 K? Three digits. (`equilibrium.population_para.sel(temperature=...)`)

para_at_77 = ...

# %% tags=["check"]
check.para(para_at_77)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# para_at_77 = float(equilibrium.population_para.sel(temperature=77.0))
# ```
#
# </details>

# %% [markdown]
# ## The scandal and its solution
#
# *Normal* hydrogen keeps the 1 : 3 of room temperature when it is cooled. It is then not one system but two independent ones: a
# `Product` with a quarter of a para molecule and three quarters of an ortho molecule, whose heat capacities simply add.
#
# **Predict:** which of the four curves below has a giant peak, and why? Which one did the calorimeters of 1925 measure?

# %%
T = np.linspace(10.0, 400.0, 391)
para, ortho = Rotor(constant=B, weights=(1, 0), unit="cm-1"), Rotor(constant=B, weights=(0, 3), unit="cm-1")
normal = Product([para, ortho], copies=[0.25, 0.75])

fig, ax = plt.subplots(figsize=(6.6, 3.8))
curves = {
    "para": solve(para, T),
    "ortho": solve(ortho, T),
    "normal (1 : 3, frozen)": solve(normal, T),
    "equilibrium": equilibrium,
}
for (name, ds), dashes in zip(curves.items(), (":", "-.", "-", "--"), strict=True):
    ax.plot(ds.temperature, ds.heat_capacity / R, dashes, label=name, linewidth=2.4 if "normal" in name else 1.6)
ax.axhline(1.0, color="0.6", linewidth=0.8)
ax.set(xlabel="Temperature (K)", ylabel="Rotational heat capacity ($R$)", ylim=(0, 2.2), title="Four hydrogens")
ax.legend()
plt.show()

# %% [markdown]
# In equilibrium, warming shifts molecules from $J = 0$ to the nine states of $J = 1$: a Schottky anomaly as in notebook 2. Without a
# catalyst that road is closed, and what was measured is the modest thick curve: a weighted sum of two gases that never meet.
#
# ## Why a hydrogen tank boils
#
# Liquefy normal hydrogen: three quarters of the molecules sit in $J = 1$, and over days they fall to $J = 0$ and give off heat.

# %%
# Exercise 2 (medium). How much heat is released when one mole of normal hydrogen goes over to equilibrium at its boiling point,
# 20.3 K? In kJ. Compare with the heat of vaporisation, 0.90 kJ/mol.

heat_of_conversion = ...

# %% tags=["check"]
check.conversion(heat_of_conversion)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# Energies of the two, at the same temperature.
#
# ```python
# whole = Rotor(constant=B, weights=(1, 3), unit="cm-1")
# heat_of_conversion = float(solve(normal, 20.3).internal_energy - solve(whole, 20.3).internal_energy)
# ```
#
# It is nearly $\tfrac34 \cdot 2B$, and more than what evaporates the liquid. An uncatalysed tank loses most of its content whatever the
# insulation is made of.
#
# </details>

# %%
# Exercise 3 (medium). Deuterium nuclei are bosons of spin 1. Which weights (g_even, g_odd) does D2 have, and what is the ratio
# of even-J to odd-J molecules in the hot gas? (Two spins of 1 make 9 states: how many are symmetric under exchange?)

g_even, g_odd, hot_ratio = ..., ..., ...

# %% tags=["check"]
check.deuterium(g_even, g_odd, hot_ratio)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# Symmetric: total spin 2 and 0, 5 + 1 = 6 states; antisymmetric: total spin 1, 3 states. The whole state of bosons is symmetric, so even $J$
# takes the 6. `Rotor(constant=29.9, nuclear_spin=1)` knows this.
#
# ```python
# g_even, g_odd = 6, 3
# hot_ratio = g_even / g_odd
# ```
#
# </details>

# %%
# Exercise 4 (open). A liquefier converts hydrogen on the way down, so that the heat comes out where it is cheap to remove: heat Q
# at temperature T costs Q (300/T - 1) of work (Carnot). A last bed stands at 20.3 K. Choose the temperatures of two beds before
# it, T1 > T2, so that the total work is below 46 % of that of converting everything at 20.3 K.

T1, T2 = ..., ...

# %% tags=["check"]
check.liquefier(T1, T2)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# In each bed the ortho share falls to its equilibrium value there, and every converted molecule gives off the difference of the mean
# energies of ortho and para.
#
# ```python
# from scipy.optimize import minimize
#
#
# def ortho_share(T):
#     return 1 - float(np.exp(solve(para, T).log_z - solve(Rotor(constant=B, weights=(1, 3), unit="cm-1"), T).log_z))
#
#
# def work(temperatures):
#     share, total = 0.75, 0.0
#     for T in (*temperatures, 20.3):
#         left_over = ortho_share(T)
#         heat = (share - left_over) * float(solve(ortho, T).internal_energy - solve(para, T).internal_energy)
#         total, share = total + heat * (300 / T - 1), left_over
#     return total
#
#
# T1, T2 = minimize(work, (80.0, 40.0), method="Nelder-Mead").x
# ```
#
# 60 K and 36 K. Real plants convert continuously, which is the limit of many beds.
#
# </details>

# %% [markdown]
# ## What to take with you
#
# * *Mixture*: states of one system, equilibrium among them. *Product*: separate systems, nothing crosses over. Which of the two is right is
#   not a question of formulas but of time scales.
# * Nuclear spin, a thousand times weaker than anything else in the molecule, decides by symmetry alone.
#
# **Further:** `configs/rotor.yaml`, `symmetric_rotor.yaml` (NH₃) and `asymmetric_rotor.yaml` (H₂O) run from the command line. Notebook 5 puts
# rotation, vibration and motion of a molecule together.
