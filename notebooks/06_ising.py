# %% [markdown]
# # 6 · The Ising model: chain, square lattice, and how infinity is approached
#
# $$ H = -J \sum_{\langle ij \rangle} s_i s_j - h \sum_i s_i, \qquad s_i = \pm 1 . $$
#
# One line of Hamiltonian, and the whole theory of phase transitions in it. In one dimension nothing happens; in two,
# L. Onsager found in 1944 that the heat capacity diverges. No finite system can do that: its $Z$ is a finite sum of smooth
# functions. So where does the singularity come from, and how do we learn about infinity from an $8 \times 8$ torus?

# %%
import matplotlib.pyplot as plt
import numpy as np
from checks import ising as check

import statmech
from statmech.plots import plot_quantity, plot_thermodynamics

# %matplotlib inline
plt.style.use("notebook.mplstyle")
T_CRITICAL = 2 / np.log(1 + np.sqrt(2))  # of the square lattice

# %% [markdown]
# ## One dimension: a wall costs little
#
# In a chain of $N$ spins all up, turn everything to the right of one bond. That *domain wall* costs $2J$, whatever $N$; but
# it can sit in $N$ places, so it gains $T \log N$. For long chains the gain wins at any $T > 0$, and there is no order.
#
# **Predict:** $M(T)$ in a small field $h = 0.05$. Will it rise gradually or abruptly as the chain is cooled? And does $C$ at
# $h = 0$ diverge anywhere?

# %%
chain = statmech.run("../configs/ising_chain.yaml")
plot_thermodynamics(chain, quantities=["magnetization", "heat_capacity"])

# %% [markdown]
# No transition, but do not underrate the chain: its susceptibility at $h = 0$ is $\chi = e^{2J/T}/T$, enormous already at
# $T = 0.3$. The chain orders *at* $T = 0$, and the steep rise of $M$ at small fields is what its approach looks like.

# %%
# Exercise 1 (easy). Spins a distance r apart have <s_0 s_r> = tanh(1/T)^r = exp(-r/xi). At which temperature is the
# correlation length xi equal to 100 lattice constants?

temperature_of_xi_100 = ...

# %% tags=["check"]
check.correlation_length(temperature_of_xi_100)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# temperature_of_xi_100 = 1 / np.arctanh(np.exp(-1 / 100))
# ```
#
# Cold, but not zero: $\xi \approx \tfrac12 e^{2/T}$ grows exponentially and stays finite.
#
# </details>

# %% [markdown]
# ## Two dimensions: a wall is long
#
# On a square lattice a domain of perimeter $\ell$ costs $2J\ell$, and there are roughly $\mu^\ell$ such perimeters with $\mu$ between
# 2 and 3. Energy and entropy are now *both* proportional to $\ell$: below $T \approx 2J/\log\mu$ large walls do not pay, and the
# magnet orders (R. Peierls, 1936). The exact answer is $T_c = 2/\log(1 + \sqrt2) = 2.269$.
#
# `configs/ising_infinite.yaml` puts finite tori beside Onsager's solution; `method: auto` takes Kaufman's exact formula for
# the tori and Onsager's for `infinite`.
#
# **Predict:** where does the peak of the $8\times8$ torus lie: above or below $T_c$? When $L$ doubles, by what does the
# height of the peak grow: by a factor, or by a constant?

# %%
square = statmech.run("../configs/ising_infinite.yaml")
fig, ax = plt.subplots()
plot_quantity(square, "heat_capacity", ax=ax)
ax.set(xlim=(1.6, 3.2), ylim=(0, 2.6))
ax.axvline(T_CRITICAL, color="0.6", linewidth=0.8, zorder=0)
ax.annotate("$T_c$", (T_CRITICAL, 2.5), (3, 0), textcoords="offset points")
plt.show()
print(square.attrs["method"])

# %% [markdown]
# Every curve with a finite $L$ is smooth, and yet they pile up into a divergence. Let us measure how.

# %%
sizes = np.array([8, 16, 32, 64, 128])
peaks = statmech.run(
    "../configs/ising_infinite.yaml",
    overrides=[
        "sweep.temperature={linspace: [2.26, 2.42, 321]}",
        f"sweep.model.lattice.shape={[[int(L), int(L)] for L in sizes]}",
    ],
    output="results/ising_peaks.h5",
)
heights = peaks.heat_capacity.max("temperature").values
places = peaks.heat_capacity.idxmax("temperature").values
for L, height, place in zip(sizes, heights, places, strict=True):
    print(f"L = {L:3}:  C_max = {height:.4f}  at T = {place:.4f}")

# %%
# Exercise 2 (medium). Onsager: near T_c the heat capacity of the infinite lattice grows as -A log|T - T_c|. A finite torus
# feels its size instead: C_max = A log L + B. Fit A from `sizes` and `heights` (the two or three largest sizes are the best).

A = ...

# %% tags=["check"]
check.logarithm(A)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# A, B = np.polyfit(np.log(sizes[-3:]), heights[-3:], 1)
# ```
#
# Exactly, $A = \frac{2}{\pi}\log^2(1 + \sqrt2) = 0.4945$ (A. E. Ferdinand, M. E. Fisher, Phys. Rev. 185, 832 (1969)).
#
# </details>

# %%
# Exercise 3 (medium). The peak comes down to T_c as 1/L: places = T_c + a/L. Extrapolate to L = infinity. You are to find
# T_c to two parts in a thousand from tori alone.

extrapolated = ...

# %% tags=["check"]
check.critical_temperature(extrapolated)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# A straight line in $1/L$; its intercept is the answer.
#
# ```python
# slope, extrapolated = np.polyfit(1 / sizes, places, 1)
# ```
#
# </details>

# %% [markdown]
# ## The order parameter
#
# Below $T_c$ the infinite lattice has a spontaneous magnetisation, $M = (1 - \sinh^{-4}(2/T))^{1/8}$ (C. N. Yang, 1952). Plot it
# against the distance from $T_c$ on logarithmic axes: a straight line of slope $\beta = 1/8$ is a **critical exponent**.

# %%
distance = np.geomspace(1e-6, 0.5, 60)
onsager = statmech.solve(statmech.Ising(statmech.lattices.square("infinite")), T_CRITICAL * (1 - distance))

fig, (left, right) = plt.subplots(1, 2, figsize=(8.0, 3.2))
left.plot(onsager.temperature, onsager.spontaneous_magnetization)
left.plot([T_CRITICAL, 3.0], [0, 0], color="C0")
left.set(xlabel="Temperature", ylabel="Spontaneous magnetisation", xlim=(1.2, 3.0))
right.loglog(distance, onsager.spontaneous_magnetization, label="Yang")
right.loglog(distance, 1.224 * distance**0.125, "--", color="0.5", label="slope 1/8")
right.set(xlabel="$1 - T/T_c$", ylabel="Spontaneous magnetisation")
right.legend()
plt.show()

# %% [markdown]
# ## Data collapse
#
# Why powers? Near $T_c$ the only length that matters is the correlation length $\xi \propto |T - T_c|^{-\nu}$. A torus of side $L$
# can only ask one question: how large is $L/\xi$, that is, $x = t L^{1/\nu}$ with $t = (T - T_c)/T_c$? So the susceptibilities of
# *all* sizes must be one function in disguise,
#
# $$ \chi(T, L) = L^{\gamma/\nu}\, \tilde\chi\big(t\,L^{1/\nu}\big). $$
#
# `configs/ising_scaling.yaml` computes $\chi$ exactly for small tori, by transfer matrices. First as it comes, then scaled
# with the exponents $\gamma/\nu = 7/4$, $\nu = 1$ of two dimensions.

# %%
scaling = statmech.run("../configs/ising_scaling.yaml")
shapes = scaling["shape"].values
lengths = np.sqrt(scaling.sites.values)
t = (scaling.temperature.values - T_CRITICAL) / T_CRITICAL

fig, (left, right) = plt.subplots(1, 2, figsize=(8.0, 3.4))
for k, (shape, L) in enumerate(zip(shapes, lengths, strict=True)):
    chi = scaling.susceptibility.sel(shape=shape)
    left.plot(scaling.temperature, chi, marker="os^Dv"[k], markersize=3, label=shape)
    right.plot(t * L, chi / L**1.75, marker="os^Dv"[k], markersize=3, linewidth=0.8)
left.set(xlabel="Temperature", ylabel=r"Susceptibility $\chi$", title="Five sizes ...")
right.set(xlabel=r"$t\,L$", ylabel=r"$\chi / L^{7/4}$", title="... one function")
left.legend()
plt.show()

# %% [markdown]
# (Here $\chi = \operatorname{Var} M / (T N)$ with $\langle M \rangle = 0$, so it keeps growing below $T_c$.) Tori of 16 to 64 spins already know
# about infinity.

# %%
# Exercise 4 (open). Suppose nobody had told you 7/4 and 1. Find the pair (gamma/nu, 1/nu) that makes the curves collapse
# best: define how far apart the scaled curves are, and minimise it. The first should come out within 3 %, the second within 15 %.

gamma_over_nu, one_over_nu = ..., ...

# %% tags=["check"]
check.collapse(gamma_over_nu, one_over_nu)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# Interpolate every scaled curve (its logarithm, so that heights do not weigh) onto common $x$ and take the variance over
# sizes. The two smallest tori are left out: corrections to scaling fall off with $L$.
#
# ```python
# from scipy.optimize import minimize
#
#
# def spread(exponents):
#     a, b = exponents
#     x = np.linspace(-0.8, 0.8, 41)
#     curves = [
#         np.interp(x, t * L**b, np.log(scaling.susceptibility.sel(shape=shape).values / L**a))
#         for shape, L in zip(shapes, lengths, strict=True)
#         if L > 5
#     ]
#     return float(np.mean(np.var(curves, axis=0)))
#
#
# gamma_over_nu, one_over_nu = minimize(spread, (1.5, 1.2), method="Nelder-Mead").x
# ```
#
# The height exponent is right to a percent, the width exponent to eight: scale $T\chi$ in place of $\chi$, which must not
# matter for large $L$, and it changes to 1.2. Such *corrections to scaling* are what larger systems are for.
# The same function, with sampled data and error bars, is how exponents are measured where no exact solution is known.
#
# </details>

# %% [markdown]
# ## What to take with you
#
# * A finite system has no singularity; sizes in a row show one growing.
# * Scaling is one sentence, "only $L/\xi$ matters", and it gives peak heights, peak shifts and collapse together.
#
# **Further:** add `[10, 10]` to `configs/ising_scaling.yaml`, or `kind: triangular` (same exponents, another $T_c$:
# *universality*). Notebook 7 finds the transition in the complex plane, notebook 8 on lattices that no exact method reaches.
