# %% [markdown]
# # 5 · Carbon monoxide: from levels to tables
#
# Thermochemical tables decide how engines, stars and blast furnaces are computed. Where do their numbers come from? For a small
# molecule: from its spectrum, by one sum. This notebook does it for CO, compares with the textbook shortcut (rigid rotor, harmonic
# oscillator) and with what is printed in the JANAF tables, to the last digit that they print.

# %%
import matplotlib.pyplot as plt
import numpy as np
from checks import carbon_monoxide as check

import statmech
from statmech import EnergyLevels, read_levels, solve
from statmech.models.molecule import Molecule

# %matplotlib inline
plt.style.use("notebook.mplstyle")
R = 8.314462618  # J/mol/K
MASS = 28.0104  # u, of natural CO

# %% [markdown]
# ## 3926 levels
#
# `configs/data/co_levels.csv` holds the rotation-vibration levels of $^{12}$C$^{16}$O up to $v = 25$, $J = 150$, computed from
# spectroscopic (Dunham) constants measured in the Sun's infrared spectrum (Farrenq et al., 1991).
#
# **Predict:** is $C_V$ of the internal motion at room temperature nearer to $R$ or to $2R$? And at 5000 K?

# %%
co = statmech.run("../configs/co_levels.yaml")
levels = read_levels("../configs/data/co_levels.csv")

fig, (left, right) = plt.subplots(1, 2, figsize=(8.2, 3.5), width_ratios=(1, 1.6))
J = np.arange(0, 61)
for v in range(5):
    ladder = 2169.81 * v - 13.288 * v * (v + 1) + (1.9313 - 0.0175 * (v + 0.5)) * J * (J + 1)
    left.hlines(ladder[::6], J[::6] - 2, J[::6] + 2, color=f"C{v}", linewidth=1.3)
left.set(xlabel="$J$ (every sixth)", ylabel="Energy (cm⁻¹)", title="Five vibrations, each with its rotor")
right.semilogx(co.temperature, co.heat_capacity / R)
for n, text in ((1, "rotation"), (2, "rotation and vibration")):
    right.axhline(n, color="0.6", linewidth=0.8)
    right.annotate(text, (8, n), (0, 3), textcoords="offset points", fontsize=8.5)
right.set(xlabel="Temperature (K)", ylabel="Internal heat capacity ($R$)", ylim=(0, 2.4), title="All levels")
plt.show()

# %% [markdown]
# It passes $2R$ and keeps rising: no sum of a rigid rotor and a harmonic oscillator can do that. Bonds stretch as they spin, and levels
# crowd together higher up.

# %%
# Exercise 1 (easy). Which J is the most populated at 298.15 K in v = 0? Use B = 1.9225 cm-1, k_B/hc = 0.695035 cm-1/K, and the
# weight (2J + 1) exp(-B J (J + 1) / T).

most_populated = ...

# %% tags=["check"]
check.most_populated(most_populated)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# J = np.arange(40)
# most_populated = int(np.argmax((2 * J + 1) * np.exp(-1.9225 * J * (J + 1) / (0.695035 * 298.15))))
# ```
#
# Near $\sqrt{T/2B} - \tfrac12$. This is the strongest line of the spectrum, and astronomers read temperatures from it.
#
# </details>

# %% [markdown]
# ## The shortcut, and the missing translation
#
# A molecule also flies about. For an ideal gas at $p^\circ = 1$ bar, translation adds (O. Sackur, H. Tetrode, 1912)
#
# $$ S_{tr} = R\left[\log\left(\Big(\frac{2\pi m k_BT}{h^2}\Big)^{3/2}\frac{k_BT}{p^\circ}\right) + \frac52\right], \qquad C_p = C_{int} + \frac52 R . $$
#
# `Molecule` does this, and the rigid-rotor harmonic-oscillator approximation (RRHO) for the rest. Given no rotation and no vibration, it
# is pure translation, to which we add our exact sum.

# %%
T = np.array([298.15, 500.0, 1000.0, 2000.0, 3000.0, 4000.0, 5000.0])
translation = solve(Molecule(mass=MASS), T)
internal = solve(levels, T)
rrho = solve(Molecule(mass=MASS, rotational_constants=[1.92253], frequencies=[2143.27], symmetry_number=1), T)

S = internal.entropy + translation.entropy
Cp = internal.heat_capacity + translation.heat_capacity + R
print("    T/K   S levels   S RRHO   Cp levels  Cp RRHO   (J/mol/K)")
for k, t in enumerate(T):
    row = (S[k], rrho.entropy[k], Cp[k], rrho.heat_capacity_constant_pressure[k])
    print(f"{t:8.2f} " + " ".join(f"{float(value):9.3f}" for value in row))

# %%
# Exercise 2 (medium). Write the Sackur-Tetrode entropy in J/mol/K for a mass in u, a temperature in K and a pressure in Pa.
# scipy.constants has h, k, R and atomic_mass.


def sackur_tetrode(mass, temperature, pressure):
    return ...


# %% tags=["check"]
check.sackur_tetrode(sackur_tetrode)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# from scipy.constants import R as GAS_CONSTANT
# from scipy.constants import atomic_mass, h, k
#
#
# def sackur_tetrode(mass, temperature, pressure):
#     per_volume = (2 * np.pi * mass * atomic_mass * k * temperature / h**2) ** 1.5
#     return GAS_CONSTANT * (np.log(per_volume * k * temperature / pressure) + 2.5)
# ```
#
# Planck's constant in the entropy of a *classical* gas: this is how it was first measured with a thermometer.
#
# </details>

# %% [markdown]
# ## Against the printed tables
#
# Entropy and $C_p$ of CO as printed in M. W. Chase, *NIST-JANAF Thermochemical Tables*, 4th ed. (1998); the table for CO dates from 1965.
#
# **Predict:** which is closer to JANAF, our sum or RRHO? And is a disagreement our fault or theirs?

# %%
janaf_T = np.array([298.15, 500.0, 1000.0, 2000.0, 3000.0])
janaf_S = np.array([197.653, 212.831, 234.538, 258.714, 273.605])
janaf_Cp = np.array([29.142, 29.794, 33.183, 36.250, 37.217])

grid = np.geomspace(250, 5000, 80)
fine = solve(levels, grid)
fine_rrho = solve(Molecule(mass=MASS, rotational_constants=[1.92253], frequencies=[2143.27], symmetry_number=1), grid)
gas = solve(Molecule(mass=MASS), grid)

fig, axes = plt.subplots(1, 2, figsize=(8.2, 3.4))
exact_S, exact_Cp = fine.entropy + gas.entropy, fine.heat_capacity + gas.heat_capacity + R
for ax, rough, printed, ours, name in (
    (axes[0], fine_rrho.entropy - exact_S, janaf_S, S, "$S$"),
    (axes[1], fine_rrho.heat_capacity_constant_pressure - exact_Cp, janaf_Cp, Cp, "$C_p$"),
):
    ax.semilogx(grid, rough, "--", color="C1", label="RRHO")
    ax.plot(janaf_T, printed - ours[: janaf_T.size], "o", color="C0", label="JANAF")
    ax.axhline(0.0, color="0.5", linewidth=0.8)
    ax.set_xticks([300, 1000, 3000], labels=["300", "1000", "3000"])
    ax.set_xticks([], minor=True)
    ax.set(xlabel="Temperature (K)", ylabel=f"{name} minus that from levels (J mol⁻¹ K⁻¹)")
axes[0].legend()
plt.show()
print("S(298.15 K) =", f"{float(S[0]):.3f}", "J/mol/K;  CODATA (Cox et al. 1989): 197.660 +- 0.004")
print(
    "H(298.15 K) - H(0) =",
    round(float(internal.internal_energy[0]) + 2.5 * R * 298.15e-3, 3),
    "kJ/mol;  CODATA: 8.671 +- 0.001",
)

# %% [markdown]
# JANAF's points lie within 0.02 of our sum; RRHO is off by twenty times that at 3000 K. CODATA's more recent evaluation agrees with the levels to
# every digit.
#
# Calorimetry agrees with neither: integrating $C_p/T$ of real solid, liquid and gaseous CO from 0 K gives over 4 J/mol/K *less* (J. O. Clayton and
# W. F. Giauque, 1932). The crystal never found its ground state: CO and OC are nearly alike, so each molecule froze in either way, with up to $R\log 2$ of
# residual entropy. You met its relatives in notebook 9.

# %%
# Exercise 3 (medium). Old programs quote entropies at 1 atm, tables since 1982 at 1 bar. What is S of CO at 298.15 K and
# 1 atm (101325 Pa)? To 0.001 J/mol/K.

entropy_at_one_atmosphere = ...

# %% tags=["check"]
check.one_atmosphere(entropy_at_one_atmosphere)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# Only translation knows of pressure: $S$ changes by $-R\log(p/p^\circ)$, 0.109 J/mol/K.
#
# ```python
# entropy_at_one_atmosphere = float(S[0]) - R * np.log(1.01325)
# ```
#
# </details>

# %%
# Exercise 4 (open). Five constants in place of 3926 levels: build EnergyLevels (unit="cm-1", v and J as far as you need) from the
# textbook formula
#     E(v, J) = we (v + 1/2) - wexe (v + 1/2)^2 + [Be - ae (v + 1/2)] J (J + 1) - De [J (J + 1)]^2, minus E(0, 0)
# with we = 2169.814, wexe = 13.288, Be = 1.93128, ae = 0.017504, De = 6.12e-6 cm-1 (Huber and Herzberg, 1979), so that the internal
# entropy is right to 0.03 J/mol/K from 300 K to 4000 K.

five_constants = ...

# %% tags=["check"]
check.five_constants(five_constants)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# v, J = np.meshgrid(np.arange(26), np.arange(151), indexing="ij")
# x, y = v + 0.5, J * (J + 1.0)
# energy = 2169.814 * x - 13.288 * x**2 + (1.93128 - 0.017504 * x) * y - 6.12e-6 * y**2
# energy -= energy[0, 0]
# five_constants = EnergyLevels(energy.ravel(), (2 * J + 1).ravel(), unit="cm-1")
# ```
#
# Take $J$ far beyond 200 and the last term turns the ladder downwards: a formula is good only where it was fitted. `statmech` guards against
# levels that end too early (`status`), not against formulas.
#
# </details>

# %% [markdown]
# ## What to take with you
#
# * Levels in, tables out. The sum is exact; what limits it is the spectroscopy.
# * RRHO is a fine first guess: 0.01 J/mol/K here at 300 K, several tenths where engines run.
# * Conventions are part of a number: 1 bar or 1 atm, nuclear spin or not, which zero of energy. The result's attributes say.
#
# **Further:** with the ExoMol line list, `statmech run configs/co_levels.yaml --set model.format=exomol --set
# model.file=12C-16O__Li2015.states.bz2`; `configs/molecule.yaml` does CO₂; `statmech nasa results/molecule.h5` writes NASA polynomials.
