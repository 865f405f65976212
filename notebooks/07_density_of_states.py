# %% [markdown]
# # 7 · Density of states: entropy without temperature, zeros without reality
#
# $Z(T) = \sum_E g(E)\, e^{-E/T}$: everything that a system can do at any temperature stands in the integers $g(E)$. For a
# square torus they can be computed exactly (P. D. Beale, 1996), with all their digits. This notebook looks at them from
# three sides: as an *entropy*, as the weight of *fluctuations*, and as a *polynomial*, whose zeros in the complex plane
# show where a phase transition comes from.

# %%
import matplotlib.pyplot as plt
import numpy as np
from checks import density_of_states as check

import statmech
from statmech import EnergyLevels, Ising, density_of_states, fisher_zeros, lattices, lee_yang_zeros, solve
from statmech.plots import plot_zeros

# %matplotlib inline
plt.style.use("notebook.mplstyle")
T_CRITICAL = 2 / np.log(1 + np.sqrt(2))

# %% [markdown]
# ## A very large set of integers
#
# `configs/ising_density_of_states.yaml` uses these numbers for a sweep; here we want to see them.
#
# **Predict:** for $32\times32$ spins, how many states have the lowest energy? The second lowest? What is the sum of all $g$?

# %%
levels = density_of_states(Ising(lattices.square(32, 32)))
g = levels.exact_degeneracies
N = levels.sites
for k in (0, 1, 2, 3):
    print(f"E = {levels.energies[k]:7.0f}   g = {g[k]}")
print(f"...\nE = {levels.energies[len(g) // 2]:7.0f}   g has {len(str(g[len(g) // 2]))} digits")
print("sum of g == 2^1024, to the last digit:", sum(g) == 2**1024)

# %% [markdown]
# One flipped spin costs $8J$ and can sit anywhere, times two ground states: 2048. The next gap holds pairs of neighbours
# (cost $12J$): 1024 × 2 bonds × 2.
#
# ## Entropy first, temperature second
#
# Boltzmann's entropy $S(E) = \log g(E)$ needs no temperature; temperature is its slope, $1/T = dS/dE$. Canonically one
# goes the other way: fix $T$, ask for $U(T)$. For large systems the two agree, and the free energy is the Legendre transform
# $F(T) = \min_E\,[E - T S(E)]$: the sum is its largest term.
#
# **Predict:** the shape of $S(E)$, and where on it are $T = 0$, $T = \infty$ and the negative temperatures?

# %%
run = statmech.run("../configs/ising_density_of_states.yaml")
E, S = levels.energies, levels.log_g
middle, slope = 0.5 * (E[3:-3] + E[2:-4]), np.diff(S[2:-3]) / np.diff(E[2:-3])

fig, (left, right) = plt.subplots(1, 2, figsize=(8.2, 3.4))
left.plot(E / N, S / N)
for T in (1.5, T_CRITICAL, 4.0):
    u = float(solve(levels, T).internal_energy) / N
    s = float(solve(levels, T).entropy) / N
    left.plot(u + np.array([-0.35, 0.35]), s + np.array([-0.35, 0.35]) / T, color="C1", linewidth=1.1)
    left.annotate(f"$T$ = {T:.3g}", (u, s), (8, -10), textcoords="offset points", fontsize=8.5)
left.set(
    xlabel="Energy per site", ylabel="$S/N$", title=r"$S = \log g$, and tangents of slope $1/T$", ylim=(-0.05, 0.85)
)
right.plot(middle / N, slope, ".", markersize=2.5, label="$dS/dE$ of the integers")
right.plot(run.internal_energy, 1 / run.temperature, color="C1", label="$1/T$ over $U(T)$, canonical")
right.set(xlabel="Energy per site", ylabel="$1/T$", xlim=(-2, 0), ylim=(0, 1.2), title="Two ensembles, one answer")
right.legend()
plt.show()

# %% [markdown]
# The dots scatter a little at low energy: neighbouring $g$ count shapes of clusters, and those have number theory of their
# own. Elsewhere the two ensembles lie on each other.

# %%
# Exercise 1 (easy). At T_c the energy per site of the infinite lattice is -sqrt(2). The level nearest to that is E = -1448.
# What is the microcanonical temperature there, from the difference of S between the two neighbouring levels?

microcanonical_temperature = ...

# %% tags=["check"]
check.microcanonical(microcanonical_temperature)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# k = int(np.flatnonzero(levels.energies == -1448)[0])
# microcanonical_temperature = (E[k + 1] - E[k - 1]) / (S[k + 1] - S[k - 1])
# ```
#
# </details>

# %%
# Exercise 2 (medium). Heat capacity is fluctuation: C = Var(E)/T^2. Write it as a function of the levels alone. S goes up to
# 700, and exp(700 + 1000) is no float: what did notebook 1 teach?


def heat_capacity(energies, log_g, temperature):
    return ...


# %% tags=["check"]
check.fluctuation(heat_capacity)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def heat_capacity(energies, log_g, temperature):
#     exponent = log_g - energies / temperature
#     p = np.exp(exponent - exponent.max())
#     p /= p.sum()
#     mean = np.sum(p * energies)
#     return np.sum(p * (energies - mean) ** 2) / temperature**2
# ```
#
# Subtract the mean *before* squaring: $\langle E^2\rangle - \langle E\rangle^2$ would throw half the digits away.
#
# </details>

# %% [markdown]
# ## A transition is a zero that comes too close
#
# With $x = e^{-4\beta J}$ the partition function is a polynomial, $Z = e^{-\beta E_0}\sum_k g_k x^k$. All $g_k$ are positive, so it
# has no zero for positive $x$: no finite system has a singularity at a real temperature. But it has $L^2$ zeros in the complex
# plane, and $F = -T\log Z$ is singular at each. M. E. Fisher (1965) looked at where they go as $L$ grows; T. D. Lee and C. N. Yang
# (1952) did the same for complex *fields* and proved that all zeros lie on the unit circle of $z = e^{-2\beta h}$.
#
# **Predict:** on the left, where must the zeros pinch the positive axis? On the right, three temperatures: at which of them
# is the gap around $z = 1$ (that is, $h = 0$) closed in the limit of large $L$?

# %%
zeros = {L: fisher_zeros(density_of_states(Ising(lattices.square(L, L)))) for L in (4, 8, 12, 16)}
joint = density_of_states(Ising(lattices.square(6, 6)), joint=True)

fig, (left, right) = plt.subplots(1, 2, figsize=(8.4, 4.3))
for L in (4, 8, 16):
    plot_zeros(zeros[L], plane="fisher", label=f"$L$ = {L}", extent=1.45, ax=left)
angle = np.linspace(-np.pi, np.pi, 400)
limit = 2 + np.cos(angle) - np.sqrt((2 + np.cos(angle)) ** 2 - 1)
left.plot(limit * np.cos(angle), limit * np.sin(angle), color="0.6", linewidth=0.8, zorder=1)
left.plot(np.cos(angle) / limit, np.sin(angle) / limit, color="0.6", linewidth=0.8, zorder=1)
left.plot(np.exp(-4 / T_CRITICAL), 0, "o", markersize=9, markerfacecolor="none", color="C5")
left.set(xlim=(-1.1, 0.5), ylim=(-0.8, 0.8))
for T in (1.5, 3.0, 10.0):
    plot_zeros(lee_yang_zeros(joint, T), plane="lee-yang", label=f"$T$ = {T:g}", ax=right)
plt.show()

# %% [markdown]
# Left, inside the unit circle (the others are the inverses, of the antiferromagnet): near the positive axis the zeros settle on $|\sinh 2\beta J| = 1$ (grey), which crosses it at
# $x_c = 3 - \sqrt 8 = 0.172$ (ring): Onsager's $T_c$. Right: Lee-Yang zeros of a $6 \times 6$ torus keep away from $z = 1$ when it is hot; cold,
# they close in, and $M$ will jump as $h$ passes through 0.

# %%
# Exercise 3 (medium). The zero nearest to x_c approaches it as L^(-1/nu). Take `zeros[8]` and `zeros[16]`, turn the nearest
# zero into a complex inverse temperature beta = -log(x)/4, and estimate 1/nu from the ratio of the imaginary parts.

one_over_nu = ...

# %% tags=["check"]
check.approach(one_over_nu)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def nearest(L):
#     x = zeros[L][np.argmin(abs(zeros[L] - (3 - np.sqrt(8))))]
#     return -np.log(x) / 4
#
#
# one_over_nu = np.log2(abs(nearest(8).imag / nearest(16).imag))
# ```
#
# </details>

# %% [markdown]
# ## A dent in the entropy
#
# Onsager's transition is continuous. What does $S(E)$ look like for one with *latent heat*? A toy that melts: each of $N$ units
# is either folded (one way) or unfolded ($w$ ways), and folded units help each other, $E = -n^2/2N$ for $n$ folded ones. There are
# only $N + 1$ levels, with $g_n = \binom{N}{n} w^{N-n}$: count them yourself, hand them to `EnergyLevels`, and every tool works.

# %%
from scipy.special import gammaln


def melting(N, w):
    n = np.arange(N + 1)
    ways = gammaln(N + 1) - gammaln(n + 1) - gammaln(N - n + 1) + (N - n) * np.log(w)
    return EnergyLevels(-(n**2) / (2 * N), log_degeneracies=ways)


toy = melting(60, 12.0)
sweep = solve(toy, np.linspace(0.14, 0.26, 601))
T_melt = float(sweep.heat_capacity.idxmax())

fig, (left, right) = plt.subplots(1, 2, figsize=(8.2, 3.2))
left.plot(sweep.temperature, sweep.heat_capacity / 60)
left.set(xlabel="Temperature", ylabel="$C/N$", title=f"It melts at $T$ = {T_melt:.4f}")
for T, dashes in ((0.96 * T_melt, "--"), (T_melt, "-"), (1.04 * T_melt, ":")):
    log_p = toy.log_g - toy.energies / T - float(solve(toy, T).log_z)
    right.plot(np.arange(61), np.exp(log_p), dashes, label=f"$T$ = {T:.4f}")
right.set(xlabel="Folded units $n$", ylabel="Probability", title="Two phases at one temperature")
right.legend()
plt.show()

# %% [markdown]
# Between the two peaks $S(E)$ curves the wrong way: a *dent*, where one would find a negative heat capacity if one could fix
# the energy. Canonically the system refuses and jumps across it. (Compare P(E) of the Ising torus: one peak at every $T$.)

# %%
# Exercise 4 (open). Build a spectrum, by `melting` or by a count of your own, whose two phases are separated by a real
# barrier: at the temperature where both peaks of g exp(-E/T) are equally high, the valley is less than 1/1000 of them.

two_phases = ...  # EnergyLevels

# %% tags=["check"]
check.two_phases(two_phases)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# The barrier is an interface, and in this model everybody is at the interface, so it grows with $N$: make the system larger. Or make the transition stronger, with a larger $w$.
#
# ```python
# two_phases = melting(300, 12.0)
# ```
#
# </details>

# %% [markdown]
# ## What to take with you
#
# * $\log g(E)$ is the entropy; temperature is its slope; a straight piece or a dent is a first-order transition.
# * A sum of positive terms has no singularity. Its zeros off the axis are real all the same, and you can watch them come.
#
# **Further:** `density_of_states(model).exact_degeneracies` are Python integers; write them with
# `statmech.results.write_stored_levels` and any program that reads HDF5 can use them.
