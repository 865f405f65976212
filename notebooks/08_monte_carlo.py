# %% [markdown]
# # 8 · Monte Carlo: error bars, critical slowing down, cluster moves
#
# Where no sum can be done, one draws samples. That is easy; to say honestly *how wrong* the result may be is the art. The commonest fault in
# the field is a value without an error, the second commonest an error that forgets that samples are correlated. This notebook measures the
# correlations, watches them explode at a phase transition, and gets rid of them with a better move.

# %%
import matplotlib.pyplot as plt
import numpy as np
from checks import monte_carlo as check

import statmech
from statmech import Ising, lattices, open_results, solve
from statmech.estimators import autocorrelation
from statmech.plots import plot_convergence, plot_quantity

# %matplotlib inline
plt.style.use("notebook.mplstyle")
T_CRITICAL = 2 / np.log(1 + np.sqrt(2))

# %% [markdown]
# ## The rule of 1953
#
# Propose to flip a spin; it would cost $\Delta E$. Accept with probability $\min(1, e^{-\Delta E/T})$. Then $p_a P(a\to b) = p_b P(b \to a)$: *detailed balance*, and
# the Boltzmann distribution is what the walk settles to, without $Z$ ever being known.

# %%
# Exercise 1 (easy). Write the rule: from the energy change, the temperature and a random number u between 0 and 1, True if the flip
# is accepted. At T = 0 only moves that do not raise the energy are allowed.


def accept(change, temperature, u):
    return ...


# %% tags=["check"]
check.metropolis(accept)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def accept(change, temperature, u):
#     if change <= 0:
#         return True
#     return temperature > 0 and bool(u < np.exp(-change / temperature))
# ```
#
# (Beware: visiting sites in order *and* always accepting $\Delta E = 0$ can trap a one-dimensional chain for ever; `statmech` takes care of it.)
#
# </details>

# %% [markdown]
# ## Five tori at the critical temperature
#
# `configs/ising_slowing_down.yaml` samples tori of side 4 to 24 at $T_c$, keeping every measurement in the group `samples`. It runs twice, the
# second time with `--set method.algorithm=wolff`: instead of single spins, Wolff (1989) flips whole clusters, grown by joining equal neighbours with
# probability $1 - e^{-2/T}$.
#
# **Predict:** $|M|$ as a function of time for both. At $T_c$ there are droplets of every size up to $L$: how long does it take single flips to
# turn one of size $L$?

# %%
CONFIG = "../configs/ising_slowing_down.yaml"
metropolis = statmech.run(CONFIG)
wolff = statmech.run(
    CONFIG, overrides=["method.algorithm=wolff", "method.sweeps=4000"], output="results/ising_wolff_sizes.h5"
)
series = {
    "metropolis": open_results("results/ising_slowing_down.h5", group="samples"),
    "wolff": open_results("results/ising_wolff_sizes.h5", group="samples"),
}

fig, axes = plt.subplots(2, 1, figsize=(7.6, 3.6), sharex=True, sharey=True)
for k, (ax, (name, kept)) in enumerate(zip(axes, series.items(), strict=True)):
    m = kept.absolute_magnetization.sel(shape="24x24").isel(temperature=0, chain=0)[:1500] / 576
    ax.plot(m, color=f"C{k}", linewidth=0.7)
    ax.set(ylabel="$|M|/N$", ylim=(0, 1))
    ax.set_title(name.capitalize(), loc="left", fontsize=9)
axes[1].set_xlabel("Sweep")
plt.show()

# %% [markdown]
# ## What a sample is worth
#
# With the autocorrelation function $\rho(t)$, the error of a mean of $n$ samples is
#
# $$ \sigma_{\bar x} = \sqrt{\frac{\operatorname{Var} x}{n}\, 2\tau_{int}}, \qquad \tau_{int} = \tfrac12 + \sum_{t \ge 1}\rho(t) : $$
#
# only one in $2\tau_{int}$ samples counts. The left figure shows the running mean with its error band, the right one $\rho(t)$ and where its sum is cut.

# %%
slow = series["metropolis"].energy.sel(shape="24x24").isel(temperature=0).values / 576
exact = float(solve(Ising(lattices.square(24, 24)), T_CRITICAL, per="site").internal_energy)
plot_convergence(slow, exact=exact, label="Energy per site")

# %%
# Exercise 2 (medium). Blocking, the other way: cut a series into consecutive blocks of length b, average each, and take the standard error
# of the block means as if they were independent. Write it. (b = 1 is the naive error; where it stops growing with b, believe it.)


def blocked_error(values, b):
    return ...


# %% tags=["check"]
check.blocking(blocked_error)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def blocked_error(values, b):
#     blocks = len(values) // b
#     means = np.reshape(values[: blocks * b], (blocks, b)).mean(axis=1)
#     return means.std(ddof=1) / np.sqrt(blocks)
# ```
#
# Try `[blocked_error(slow[0], 2**k) for k in range(12)]`.
#
# </details>

# %% [markdown]
# ## Critical slowing down
#
# At $T_c$ information spreads by diffusion over the size of the system, so $\tau \propto L^z$ with $z \approx 2$: doubling $L$ costs four times the spins *and* four times
# the sweeps. Clusters are as large as the droplets that have to turn.
#
# **Predict:** on logarithmic axes two lines. Which slopes?

# %%
sides = np.array([int(shape.split("x")[0]) for shape in metropolis["shape"].values])
taus = {}
for name, kept in series.items():
    found = [
        autocorrelation(kept.absolute_magnetization.sel(shape=shape).isel(temperature=0).values)
        for shape in kept["shape"].values
    ]
    taus[name] = np.array([(one.time, one.time_error) for one in found])

fig, ax = plt.subplots()
for k, (name, values) in enumerate(taus.items()):
    ax.errorbar(sides, values[:, 0], values[:, 1], fmt="os"[k] + "-", capsize=2, color=f"C{k}", label=name.capitalize())
ax.plot(sides, 3.4 * (sides / 8) ** 2.17, ":", color="0.5", label="$L^{2.17}$")
ax.set(xscale="log", yscale="log", xlabel="$L$", ylabel=r"$\tau_{int}$ of $|M|$ (sweeps)")
ax.set_xticks(sides, labels=[str(side) for side in sides])
ax.set_xticks([], minor=True)
ax.legend()
plt.show()

# %%
# Exercise 3 (medium). Fit the dynamic exponent z of the Metropolis algorithm, tau = a L^z, through the three largest sizes of
# taus["metropolis"] (first column: tau, second: its error). Within 0.5 of the accepted 2.17.

z = ...

# %% tags=["check"]
check.dynamic_exponent(z)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# Weigh with the relative error of tau, the error of its logarithm.
#
# ```python
# values = taus["metropolis"][-3:]
# z, _ = np.polyfit(np.log(sides[-3:]), np.log(values[:, 0]), 1, w=values[:, 0] / values[:, 1])
# ```
#
# M. P. Nightingale and H. W. J. Blöte (1996) needed far larger effort for 2.1665(12).
#
# </details>

# %% [markdown]
# ## Are the error bars true?
#
# Sampled values with their bars, over the exact curve. If the bars are right, two thirds of them reach it, and $\chi^2$ is about the number of points.

# %%
temperatures = np.linspace(1.8, 2.8, 11)
torus = Ising(lattices.square(12, 12))
sampled = solve(
    torus, temperatures, method={"kind": "monte_carlo", "algorithm": "wolff", "seed": 5, "sweeps": 2000}, per="site"
)
curve = solve(torus, np.linspace(1.8, 2.8, 101), per="site")
at_points = solve(torus, temperatures, per="site")

fig, (left, right) = plt.subplots(1, 2, figsize=(8.2, 3.2))
plot_quantity(sampled, "heat_capacity", exact=curve, ax=left)
pull = (sampled.internal_energy - at_points.internal_energy) / sampled.internal_energy_errors
right.axhspan(-1, 1, color="0.9")
right.plot(temperatures, pull, "o")
right.set(
    xlabel="Temperature",
    ylabel="(sampled - exact) / error",
    ylim=(-4, 4),
    title=rf"Energy: $\chi^2$ = {float((pull**2).sum()):.1f} for 11 points",
)
plt.show()

# %%
# Exercise 4 (open). Meet an error budget. Choose the method for a 32 x 32 torus at T_c, a dict {"kind": "monte_carlo", "algorithm": ...,
# "seed": ..., "sweeps": ...}, with at most 5000 sweeps, so that the error of the energy per site is below 0.003. What helps more:
# more sweeps, or the right algorithm? (metropolis, heat_bath, wolff, swendsen_wang)

my_method = ...

# %% tags=["check"]
check.error_budget(my_method)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# Single flips would need five times as many sweeps, and more so on larger tori.
#
# ```python
# my_method = {"kind": "monte_carlo", "algorithm": "wolff", "seed": 1, "sweeps": 5000}
# ```
#
# </details>

# %% [markdown]
# ## What to take with you
#
# * An error bar without $\tau_{int}$ is a wish. If the series is shorter than some fifty $\tau_{int}$, `status` says so: look at it.
# * At a transition, think about the physics of the *move*. Clusters for ferromagnets; for frustrated systems they are useless, and one
#   tempers instead.
#
# **Further:** `configs/ising_monte_carlo.yaml` is a three-dimensional model where nothing exact is known, `configs/potts_swendsen_wang.yaml` a
# Potts model; `target_error` stops a run when it is good enough.
