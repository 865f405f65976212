# %% [markdown]
# # 3 · Oscillators, Einstein, Debye, and a real phonon spectrum
#
# Why does diamond at room temperature hold so little heat? Dulong and Petit promise $3R$ for every solid. In 1907 Einstein
# put energy levels $\hbar\omega(n + \tfrac12)$ under the atoms and explained it with one number; in 1912 Debye replaced the one
# number by sound waves; today we diagonalise the springs. Three models of the same thing, each right where the others
# are not.

# %%
import matplotlib.pyplot as plt
import numpy as np
from checks import phonons as check

import statmech
from statmech import Debye, Einstein, solve
from statmech.models.phonons import Phonons

# %matplotlib inline
plt.style.use("notebook.mplstyle")
R = 8.314462618  # J/mol/K

# %% [markdown]
# ## Einstein's diamond
#
# These are the numbers Einstein had: H. F. Weber's heat capacities of diamond (1875), as printed in Ann. Phys. 327, 180 (1907),
# in cal/mol/K. `configs/einstein.yaml` is his model, with his $\theta_E = 1320$ K.
#
# **Predict:** where will one frequency for all atoms fail: at low, middle or high temperature? On which side?

# %%
weber_T = np.array([222.4, 262.4, 283.7, 306.4, 331.3, 358.5, 413.0, 479.2, 520.0, 879.7, 1079.7, 1258.0])
weber_C = 4.184 * np.array([0.762, 1.146, 1.354, 1.582, 1.838, 2.118, 2.661, 3.280, 3.631, 5.290, 5.387, 5.507])

diamond = statmech.run("../configs/einstein.yaml")
fig, ax = plt.subplots()
ax.plot(diamond.temperature, diamond.heat_capacity, label=r"Einstein, $\theta_E$ = 1320 K")
ax.plot(weber_T, weber_C, "o", color="C1", label="Weber 1875")
ax.axhline(3 * R, color="0.6", linewidth=0.8)
ax.annotate("$3R$, Dulong and Petit", (0, 3 * R), (0, -11), textcoords="offset points", fontsize=8.5)
ax.set(xlabel="Temperature (K)", ylabel="Heat capacity (J mol⁻¹ K⁻¹)", ylim=(0, 27), title="Diamond")
ax.legend(loc="lower right")
plt.show()

# %%
# Exercise 1 (easy). Einstein adjusted theta to the point at 331.3 K. Which theta (in K) fits all of Weber's points best,
# by least squares? solve(Einstein(theta=..., unit="K"), weber_T).heat_capacity is C in J/mol/K.

best_theta = ...

# %% tags=["check"]
check.einstein(best_theta)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# from scipy.optimize import minimize_scalar
#
#
# def squares(theta):
#     model = solve(Einstein(theta=theta, unit="K"), weber_T).heat_capacity.values
#     return float(np.sum((model - weber_C) ** 2))
#
#
# best_theta = minimize_scalar(squares, bounds=(500.0, 3000.0), method="bounded").x
# ```
#
# </details>

# %% [markdown]
# ## Debye: count the soft ones
#
# One gap means that $C$ dies like $e^{-\theta/T}$. Measured crystals die more slowly, because long sound waves have as low a
# frequency as you like. Debye: modes fill a sphere in $k$-space, $g(\omega) \propto \omega^2$ up to a cutoff that makes their number $3N$;
# then $C \to \frac{12\pi^4}{5} R\,(T/\theta_D)^3$.
#
# **Predict:** on doubly logarithmic axes, how do the two models look far below their $\theta$?

# %%
T = np.geomspace(4.0, 1000.0, 120)
einstein, debye = solve(Einstein(theta=300.0, unit="K"), T), solve(Debye(theta=400.0, unit="K"), T)
fig, ax = plt.subplots()
ax.loglog(T, debye.heat_capacity, label=r"Debye, $\theta_D$ = 400 K")
ax.loglog(T, einstein.heat_capacity, "--", label=r"Einstein, $\theta_E$ = 300 K")
ax.loglog(T[:60], 12 * np.pi**4 / 5 * R * (T[:60] / 400) ** 3, ":", color="0.4", label="$T^3$")
ax.set(xlabel="Temperature (K)", ylabel="$C$ (J mol⁻¹ K⁻¹)", ylim=(1e-4, 50))
ax.legend()
plt.show()

# %% [markdown]
# ## Copper, from one spring
#
# Now a real crystal. Copper atoms sit on an fcc lattice; join each to its 12 neighbours with springs. At wave vector $q$ the
# squared frequencies are the eigenvalues of a $3\times3$ matrix,
#
# $$ D(q) = \frac{K}{m}\sum_{r} \big[1 - \cos(q\cdot r)\big]\, \hat r\, \hat r^{\mathsf T} . $$
#
# One number fixes everything: neutrons give about 7.25 THz for the longitudinal wave at the zone boundary X (E. C. Svensson,
# B. N. Brockhouse, J. M. Rowe, Phys. Rev. 155, 619 (1967)), and there $(2\pi\nu)^2 = 8K/m$.

# %%
signs = np.array([(a, b, 0.0) for a in (0.5, -0.5) for b in (0.5, -0.5)])
NEIGHBOURS = np.concatenate([signs, np.roll(signs, 1, axis=1), np.roll(signs, 2, axis=1)])  # in units of the cell
DIRECTIONS = NEIGHBOURS / np.linalg.norm(NEIGHBOURS, axis=1)[:, None]
RECIPROCAL = 2 * np.pi * np.array([[-1, 1, 1], [1, -1, 1], [1, 1, -1]])


def copper(q):
    """Frequencies in THz, shape (n, 3), at wave vectors of shape (n, 3)."""
    k_over_m = (2 * np.pi * 7.25) ** 2 / 8
    strength = k_over_m * (1 - np.cos(q @ NEIGHBOURS.T))
    squares = np.linalg.eigvalsh(np.einsum("qr,ri,rj->qij", strength, DIRECTIONS, DIRECTIONS))
    return np.sqrt(np.maximum(squares, 0.0)) / (2 * np.pi)


def mesh(n):
    """n x n x n wave vectors in the reciprocal cell, none of them at its centre."""
    steps = (np.arange(n) + 0.5) / n
    return np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3) @ RECIPROCAL


print(
    "X: transverse  {:.2f}, longitudinal {:.2f} THz   (neutrons: 5.13, 7.25)".format(
        *copper(np.array([[0, 0, 2 * np.pi]]))[0, [0, 2]]
    )
)
print(
    "L: transverse  {:.2f}, longitudinal {:.2f} THz   (neutrons: 3.42, 7.30)".format(
        *copper(np.array([[np.pi, np.pi, np.pi]]))[0, [0, 2]]
    )
)

# %% [markdown]
# Three frequencies predicted from one, to 6 % at worst. `Phonons` takes such a list of frequencies as it takes a file of phonopy (then
# in YAML: `model: {kind: phonons, file: mesh.yaml, cutoff: 0.001}`, see `configs/phonons.yaml`, which is argon).
#
# **Predict:** where does Debye's parabola fail: at low or at high frequencies? What will that do to $C(T)$?

# %%
frequencies = copper(mesh(24))
crystal = Phonons(cutoff=0.0, frequencies=frequencies, unit="THz")
T = np.geomspace(2.0, 400.0, 100)
real = solve(crystal, T)
in_kelvin = 47.9924307  # of 1 THz, h/k_B
debye, einstein = solve(Debye(theta=343.0, unit="K"), T), solve(Einstein(theta=240.0, unit="K"), T)

fig, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.4))
left.hist(frequencies.ravel(), bins=120, density=True, color="C0", alpha=0.35, label="one spring")
nu = np.linspace(0, 343.0 / in_kelvin, 100)
left.plot(nu, 3 * nu**2 / nu[-1] ** 3, color="C1", label=r"Debye, $\theta_D$ = 343 K")
left.axvline(240.0 / in_kelvin, color="C2", linestyle="--", label=r"Einstein, 240 K")
left.set(xlabel="Frequency (THz)", ylabel="Density of modes", title="Copper")
left.legend()
for ds, label, look in ((real, "one spring", "C0-"), (debye, "Debye", "C1--"), (einstein, "Einstein", "C2-.")):
    right.semilogx(T, ds.heat_capacity / T**3 * 1e6, look, label=label)
right.set(xlabel="Temperature (K)", ylabel="$C/T^3$ (µJ mol⁻¹ K⁻⁴)", ylim=(0, 90), title="$C/T^3$ shows what $C$ hides")
right.legend()
plt.show()

# %% [markdown]
# The hump near 30 K is real physics: transverse waves near the zone boundary are softer than Debye thinks. The limit at low
# temperature is set by sound alone; one spring makes copper 6 % too stiff for it (343 K is the measured value, in C. Kittel's
# table). And below 3 K the curve of our crystal bends away: that is *not* physics. Why? Its softest wave on a $24^3$ mesh has
# 0.24 THz, that is 11 K: a finite mesh is a finite crystal, and it has a gap.

# %%
# Exercise 2 (medium). Every temperature has its own effective Debye temperature: the theta for which Debye's C equals the
# crystal's. Write the function that finds it from C (J/mol/K) at T (K).


def debye_temperature(C, T):
    return ...


# %% tags=["check"]
check.effective(debye_temperature)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# from scipy.optimize import brentq
#
#
# def debye_temperature(C, T):
#     return brentq(lambda theta: float(solve(Debye(theta=theta, unit="K"), T).heat_capacity) - C, 0.05 * T, 300 * T)
# ```
#
# For copper it dips near 30 K, where the hump is. A $\theta_D$ without a temperature beside it is only half a number.
#
# </details>

# %%
# Exercise 3 (medium). At 5 K, how fine a mesh do you need? Find the smallest even n for which C(5 K) from copper(mesh(n)) is
# within 1 % of the value for n = 40, which is 0.005065 J/mol/K.

smallest_mesh = ...

# %% tags=["check"]
check.mesh(smallest_mesh)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def at_5_kelvin(n):
#     return float(solve(Phonons(cutoff=0.0, frequencies=copper(mesh(n)), unit="THz"), 5.0).heat_capacity)
#
#
# reference = at_5_kelvin(40)
# smallest_mesh = next(n for n in range(4, 40, 2) if abs(at_5_kelvin(n) / reference - 1) < 0.01)
# ```
#
# The mesh must have modes below a few $k_BT$; halve the temperature and you need twice the $n$, eight times the work. Debye's $T^3$ is how
# one gets to zero.
#
# </details>

# %%
# Exercise 4 (open). Thermodynamics hardly resolves frequencies. Replace copper's 41 472 modes by three Einstein oscillators:
# [(share, theta), (share, theta), (share, theta)], shares adding up to 1, thetas in K, so that C is right to 0.1 J/mol/K
# everywhere between 25 K and 400 K.

three_oscillators = [..., ..., ...]

# %% tags=["check"]
check.three_oscillators(three_oscillators)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# Fit them, from a start that has one soft, one middling and one hard oscillator.
#
# ```python
# from scipy.optimize import least_squares
#
# grid = np.geomspace(25.0, 400.0, 40)
# target = solve(crystal, grid).heat_capacity.values
#
#
# def capacity(parameters):
#     a, b, *thetas = parameters
#     parts = [solve(Einstein(theta=theta, unit="K"), grid).heat_capacity.values for theta in thetas]
#     return a * parts[0] + b * parts[1] + (1 - a - b) * parts[2]
#
#
# a, b, *thetas = least_squares(
#     lambda p: capacity(p) - target, [0.1, 0.4, 100.0, 200.0, 300.0], bounds=([0, 0, 50, 100, 150], [0.6, 0.9, 200, 300, 500])
# ).x
# three_oscillators = [(a, thetas[0]), (b, thetas[1]), (1 - a - b, thetas[2])]
# ```
#
# That is the good news for modelling, and the bad news for anyone who wants to infer a spectrum from a heat capacity.
#
# </details>

# %% [markdown]
# ## What to take with you
#
# * High temperatures see only the *number* of modes, low ones only the softest; in between it is a blur.
# * The zero-point energy is in $F$ and $U$ (`reference_energy`); it decides isotope effects and which crystal structure is stable.
#
# **Further:** `statmech run configs/phonons.yaml --plot` for solid argon, `configs/debye.yaml` for aluminium; give your own
# `mesh.yaml` from phonopy.
