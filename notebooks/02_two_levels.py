# %% [markdown]
# # 2 · Two levels: the Schottky anomaly and negative temperature
#
# The smallest interesting spectrum has two levels, 0 and $\Delta$:
#
# $$ Z = g_0 + g_1 e^{-\Delta/T}. $$
#
# It is a nuclear spin in a magnet, an impurity tunnelling in a glass, the ground doublet of nitric oxide, a qubit. It
# already shows a peak in the heat capacity with no phase transition behind it, an entropy you can count states with, and
# temperatures that are hotter than infinity.

# %%
import matplotlib.pyplot as plt
import numpy as np
from checks import two_levels as check

import statmech
from statmech import EnergyLevels, solve
from statmech.plots import plot_thermodynamics

# %matplotlib inline
plt.style.use("notebook.mplstyle")

# %% [markdown]
# ## The run
#
# `configs/two_level.yaml` sweeps temperature for three choices of $(g_0, g_1)$. In a terminal you would write
# `statmech run configs/two_level.yaml --plot`; here is the same run from Python.
#
# **Predict**, with a pencil, before you run it: what is $U$ at $T \to \infty$ for $g_1/g_0 = 1$, 3 and 10? What is $S$ there?
# And how can $C$ vanish at *both* ends?

# %%
ds = statmech.run("../configs/two_level.yaml")
plot_thermodynamics(ds)

# %% [markdown]
# At low temperature nothing can be excited; at high temperature both levels are filled in proportion to their states and
# nothing more can be absorbed. In between the system soaks up its whole $\Delta$ within a small range of $T$. Experimenters
# call the bump the **Schottky anomaly** (W. Schottky, 1922). For equal degeneracies
#
# $$ C = \Big(\frac{x}{2}\Big)^2 \operatorname{sech}^2 \frac{x}{2}, \qquad x = \frac{\Delta}{T}. $$

# %%
# Exercise 1 (easy). At which temperature (in units of the gap) is the peak of C for g0 = g1, and how high is it (in k_B)?
# Three digits. Read it off a fine sweep, or differentiate the formula and find the root.

peak_temperature, peak_height = ..., ...

# %% tags=["check"]
check.peak(peak_temperature, peak_height)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# $dC/dx = 0$ where $\frac{x}{2}\tanh\frac{x}{2} = 1$.
#
# ```python
# from scipy.optimize import brentq
#
# x = brentq(lambda x: 0.5 * x * np.tanh(0.5 * x) - 1.0, 1.0, 5.0)
# peak_temperature = 1.0 / x
# peak_height = float(solve(EnergyLevels([0.0, 1.0]), peak_temperature).heat_capacity)
# ```
#
# One peak of a measured heat capacity gives the gap: $\Delta = 2.40\, k_B T_{peak}$.
#
# </details>

# %% [markdown]
# ## A heat capacity counts states
#
# Since $dS = (C/T)\,dT$, the area under $C/T$ is the entropy gained from $T = 0$ to $\infty$: $\log[(g_0+g_1)/g_0]$,
# whatever the gap. A calorimeter counts quantum states.
#
# **Predict:** which of the three shaded areas is the largest, and what are they?

# %%
T = ds.temperature.values
fig, axes = plt.subplots(1, 3, figsize=(8.4, 2.9), sharey=True)
for k, (ax, which) in enumerate(zip(axes, ds.degeneracies.values, strict=True)):
    slope = (ds.heat_capacity / ds.temperature).sel(degeneracies=which)
    ax.plot(T, slope, color=f"C{k}")
    ax.fill_between(T, slope, color=f"C{k}", alpha=0.2)
    ax.set(xlim=(0, 2), xlabel="Temperature (gap)", title=f"$g$ = {which}: area {np.trapezoid(slope, T):.3f}")
axes[0].set_ylabel("$C/T$")
plt.show()
print("log(1 + g1/g0) =", [round(float(np.log(1 + r)), 3) for r in (1, 3, 10)])

# %%
# Exercise 2 (medium). A crystal's magnetic heat capacity was measured (temperature in K, C in units of k_B per ion).
# Each ion has two levels. Find their gap in kelvin and the ratio g1/g0. Hint: the area gives the ratio; then C is
# known but for the gap.

temperatures, measured = check.crystal()

gap, ratio = ..., ...

# %% tags=["check"]
check.crystal_levels(gap, ratio)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# from scipy.optimize import minimize_scalar
#
# area = np.trapezoid(measured / temperatures, temperatures)
# ratio = round(float(np.exp(area) - 1))  # the little that is missing above the last temperature does not change an integer
#
#
# def misfit(gap):
#     return float(np.sum((solve(EnergyLevels([0.0, gap], [1, ratio]), temperatures).heat_capacity.values - measured) ** 2))
#
#
# gap = minimize_scalar(misfit, bounds=(1.0, 30.0), method="bounded").x
# ```
#
# Singlet below, triplet above: this is what a pair of antiferromagnetically coupled spins 1/2 looks like.
#
# </details>

# %% [markdown]
# ## A molecule that does it
#
# Nitric oxide has one unpaired electron, and its $^2\Pi$ ground state is split by spin-orbit coupling into two doublets
# about $120\ \mathrm{cm}^{-1}$ apart (K. P. Huber, G. Herzberg, *Constants of Diatomic Molecules*, 1979). With a physical
# unit, temperatures are kelvin and results come in J/mol/K.

# %%
nitric_oxide = EnergyLevels([0.0, 120.0], [2, 2], unit="cm-1")
electrons = solve(nitric_oxide, temperature=np.linspace(1.0, 400.0, 400))

fig, ax = plt.subplots()
ax.plot(electrons.temperature, electrons.heat_capacity)
ax.axhline(8.314462618, color="0.6", linewidth=0.8)
ax.annotate(
    "$R$: the two rotations of a diatomic", (400, 8.31), (0, -11), textcoords="offset points", ha="right", fontsize=8.5
)
ax.set(xlabel="Temperature (K)", ylabel="$C$ of the electrons (J mol⁻¹ K⁻¹)", ylim=(0, 9), title="Nitric oxide")
plt.show()
print(
    f"maximum near {float(electrons.heat_capacity.idxmax()):.0f} K; entropy at T = inf: R log 4 = {8.314462618 * np.log(4):.2f} J/mol/K"
)

# %% [markdown]
# At room temperature there is still a tail of it: that is why NO has a larger heat capacity than its neighbours N₂ and O₂.
#
# ## Hotter than infinite
#
# Temperature is *defined* by $1/T = \partial S/\partial U$. With two levels, $S$ rises from 0 (all below) to $\log 2$ (half
# and half) and falls again to 0 (all above). On the way down the slope is negative. Nothing is mysterious about such a
# state: E. M. Purcell and R. V. Pound made it in 1951 by reversing the magnetic field on the nuclei of LiF.
#
# **Predict:** rank by hotness, which is the direction in which heat flows: $T = +1$, $T = +1000$, $T = -1000$, $T = -1$.

# %%
beta = np.linspace(-6.0, 6.0, 241)
beta = beta[beta != 0.0]
spins = solve(EnergyLevels([0.0, 1.0]), temperature=1.0 / beta)

fig, ax = plt.subplots(figsize=(6.4, 3.8))
curve = ax.scatter(spins.internal_energy, spins.entropy, c=beta, s=9, cmap="coolwarm_r")
for T in (0.6, 2.0, -2.0, -0.6):
    point = solve(EnergyLevels([0.0, 1.0]), temperature=T)
    u, s = float(point.internal_energy), float(point.entropy)
    ax.plot(u + np.array([-0.1, 0.1]), s + np.array([-0.1, 0.1]) / T, color="0.2", linewidth=1.0)
    ax.annotate(
        f"$T$ = {T:g}", (u, s), (-10 if T > 0 else 10, 8), textcoords="offset points", ha="right" if T > 0 else "left"
    )
ax.set(xlabel="Internal energy ($\\Delta$)", ylabel="Entropy ($k_B$)", ylim=(0, 0.82), title="The slope is $1/T$")
fig.colorbar(curve, label="$1/T$", aspect=30).outline.set_visible(False)
plt.show()

# %% [markdown]
# Going right is getting hotter, without a jump: $1/T$ falls steadily from $+\infty$ through 0 to $-\infty$, so
# $T = 0^+ \to +\infty \equiv -\infty \to 0^-$. Hottest of all is $0^-$. The natural variable is $1/T$; it was only an
# accident of history that we call its inverse the temperature.
#
# Negative temperatures need a spectrum with a top. An oscillator has none, and `statmech` says so:

# %%
try:
    statmech.run({"model": {"kind": "oscillator", "omega": 1.0}, "sweep": {"temperature": [-1.0]}})
except statmech.StatmechError as refusal:
    print(refusal)

# %%
# Exercise 3 (medium). One mole of two-level systems (gap 1) at T = -0.5 is brought into contact with three moles of the
# same systems at T = +0.5; the whole is isolated. Which common temperature do they reach, and by how much does the total
# entropy grow (in units of R, for all four moles)?

final_temperature, entropy_growth = ..., ...

# %% tags=["check"]
check.contact(final_temperature, entropy_growth)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# Energy is conserved; at the end every mole has the mean energy $u$, and $u = 1/(e^{1/T} + 1)$.
#
# ```python
# two = EnergyLevels([0.0, 1.0])
# hot, cold = solve(two, temperature=-0.5), solve(two, temperature=0.5)
# u = float(hot.internal_energy + 3 * cold.internal_energy) / 4
# final_temperature = 1.0 / np.log(1.0 / u - 1.0)
# end = solve(two, temperature=final_temperature)
# entropy_growth = float(4 * end.entropy - hot.entropy - 3 * cold.entropy)
# ```
#
# Heat flowed out of the body with the *smaller* number $T$: minus one half is hotter than plus one half.
#
# </details>

# %%
# Exercise 4 (open). Design a spectrum whose heat capacity has two separate peaks, with a valley between them less than
# a quarter as high as the lower peak. Any number of levels. What do the two peaks "melt"?

two_humps = ...  # EnergyLevels([...], [...])

# %% tags=["check"]
check.two_humps(two_humps)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# Two gaps on very different scales: a doublet, and far above it a third, degenerate level. The first peak excites the
# upper state of the doublet, the second one the level above.
#
# ```python
# two_humps = EnergyLevels([0.0, 1.0, 100.0], [1, 1, 8])
# ```
#
# Real heat capacities look like this: nuclear spins freeze in millikelvins, electrons in kelvins, vibrations in
# hundreds of kelvins.
#
# </details>

# %%
if isinstance(two_humps, EnergyLevels):
    fig, ax = plt.subplots()
    own = solve(two_humps, temperature=np.geomspace(1e-3, 1e4, 800))
    ax.semilogx(own.temperature, own.heat_capacity)
    ax.set(xlabel="Temperature", ylabel="Heat capacity ($k_B$)", title="Your spectrum")
    plt.show()

# %% [markdown]
# ## What to take with you
#
# * A bump in $C$ is a gap. Its place gives $\Delta$, the area under $C/T$ gives the number of states.
# * $C \to 0$ for $T \to \infty$ means that the spectrum has a top, and then negative temperatures exist and are hot.
#
# **Further:** `statmech new two_level` prints a configuration to begin with; `statmech run configs/two_level.yaml --set
# model.gap=120 --set units.energy=cm-1` is nitric oxide in kelvin. Notebook 3 puts infinitely many equal steps on top.
