# %% [markdown]
# # 10 · Free energies from samples
#
# A Markov chain gives averages. A free energy is no average: it is a volume, and no sample knows how large the part is that it
# did not see. All methods therefore estimate *ratios* $Z_1/Z_0$, along a chain of states that overlap, from one whose $Z$ is known. This
# notebook compares them where the truth is known, and shows one famous method that is always wrong.

# %%
import matplotlib.pyplot as plt
import numpy as np
from checks import free_energies as check

import statmech
from statmech import Ising, density_of_states, lattices, logmeanexp, solve
from statmech.estimators import bar, exp_average, mbar, stepping_stone, thermodynamic_integration
from statmech.plots import plot_overlap

# %matplotlib inline
plt.style.use("notebook.mplstyle")

# %% [markdown]
# ## A laboratory with an answer book
#
# The $16\times16$ Ising torus: $Z = 2^{256}$ at $\beta = 0$, and the truth at any other $\beta$ from its exact density of states (notebook 7). From the same
# integers we draw *perfect* independent energies, so that every fault below is the fault of the estimator.

# %%
levels = density_of_states(Ising(lattices.square(16, 16)))
E, log_g = levels.energies, levels.log_g


def draw(beta, count, rng):
    """Energies of independent configurations at inverse temperature beta."""
    p = np.exp(log_g - beta * E - np.max(log_g - beta * E))
    return rng.choice(E, size=count, p=p / p.sum())


def log_z(beta):
    return float(solve(levels, 1 / beta if beta else np.inf).log_z)


truth = statmech.run(
    "../configs/ising_infinite.yaml",
    overrides=["sweep.model.lattice.shape=[[16, 16]]", "sweep.temperature=[2.0]", "units.per=system"],
    output="results/ising_16.h5",
)
print("log Z(beta = 1/2) =", log_z(0.5), " by Kaufman's formula:", float(truth.log_z.squeeze()))

# %% [markdown]
# ## One jump
#
# The exact identity (R. Zwanzig, 1954) $\log\frac{Z_1}{Z_0} = \log \langle e^{-w} \rangle_0$ with $w = u_1 - u_0 = (\beta_1 - \beta_0)E$ asks for nothing but samples of
# state 0.
#
# **Predict:** from $\beta = 0$ to $0.5$ with 10 000 perfect samples: is the estimate too high, too low, or right? Look at the
# histograms before you answer.

# %%
rng = np.random.default_rng(10)
fig, ax = plt.subplots(figsize=(7.2, 3.0))
for k, beta in enumerate((0.0, 0.2, 0.35, 0.44, 0.5)):
    ax.hist(
        draw(beta, 10_000, rng), bins=np.arange(-514, 120, 12), alpha=0.6, color=f"C{k}", label=rf"$\beta$ = {beta:g}"
    )
ax.set(xlabel="Energy", ylabel="Samples", title="What each temperature sees")
ax.legend()
plt.show()

jump = exp_average(0.5 * draw(0.0, 10_000, rng), check=False)
print(
    f"one jump: log Z1/Z0 = {-jump.delta_f:.2f}   truth {log_z(0.5) - log_z(0.0):.2f}   effective samples {jump.effective_samples:.1f}"
)

# %% [markdown]
# The average is over $e^{-w}$, which is huge exactly where state 0 never goes. The estimate is far too low, and nothing *in the samples* says
# so: the variance that would betray it has not been seen either. `exp_average` counts the samples that really contribute and refuses
# below five (here `check=False` overruled it).

# %%
# Exercise 1 (easy). Split the jump: with samples at beta = 0, 0.05, 0.1, ..., 0.45 (1000 each, `draw`), add up ten estimates
# log <exp(-0.05 E)> to get log Z(0.5)/Z(0). Use logmeanexp, not np.log(np.mean(np.exp(...))). Within 1.0 of the truth.

ten_jumps = ...

# %% tags=["check"]
check.ten_jumps(ten_jumps)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# rng = np.random.default_rng(1)
# ten_jumps = sum(float(logmeanexp(-0.05 * draw(beta, 1000, rng))) for beta in np.arange(0.0, 0.475, 0.05))
# ```
#
# A telescope of ratios, each between states that overlap. In statistics this very thing is called *stepping-stone sampling*.
#
# </details>

# %% [markdown]
# ## Thermodynamic integration, BAR, MBAR
#
# * **TI**: $\frac{d \log Z}{d\beta} = -\langle E\rangle$; measure at some $\beta_k$ and integrate. Statistical error small, but the quadrature errs too.
# * **BAR** (C. H. Bennett, 1976): uses samples from *both* ends of a step, with the weights that make the variance smallest.
# * **MBAR** (M. R. Shirts, J. D. Chodera, 2008): all samples in all states at once; BAR for many.
#
# **Predict:** the same 13 × 400 samples for all. Rank their errors.

# %%
betas = np.linspace(0.0, 0.6, 13)
exact = np.array([log_z(beta) - log_z(0.0) for beta in betas])


def estimates(seed, count=400):
    """log Z(0.6)/Z(0) by four estimators from the same samples, and what MBAR says of its error."""
    rng = np.random.default_rng(seed)
    samples = [draw(beta, count, rng) for beta in betas]
    jumps = sum(float(logmeanexp(-(b1 - b0) * x)) for b0, b1, x in zip(betas, betas[1:], samples, strict=False))
    ti = thermodynamic_integration(
        betas, [x.mean() for x in samples], [x.std(ddof=1) / np.sqrt(count) for x in samples]
    )
    pairs = [
        bar((b1 - b0) * x0, -(b1 - b0) * x1).delta_f
        for b0, b1, x0, x1 in zip(betas, betas[1:], samples, samples[1:], strict=False)
    ]
    all_at_once = mbar(betas[:, None] * np.concatenate(samples)[None, :], [count] * len(betas))
    return jumps, -ti.delta_f, -sum(pairs), -(all_at_once.f_k[-1] - all_at_once.f_k[0]), all_at_once


results = [estimates(seed) for seed in range(100)]
errors = np.array([row[:4] for row in results], dtype=float) - exact[-1]
names = ("jumps", "TI", "BAR", "MBAR")

fig, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.6), width_ratios=(1.2, 1))
left.axhline(0.0, color="0.6", linewidth=0.8)
for k in range(4):
    left.plot(k + np.linspace(-0.3, 0.3, 100), errors[:, k], "os^D"[k], markersize=2.5, color=f"C{k}")
left.set(ylabel=r"Error of $\log Z(0.6)/Z(0)$", title="100 repetitions")
left.set_xticks(range(4), labels=names)
plot_overlap(
    results[0][4].overlap[:9, :9] / results[0][4].overlap[:9, :9].sum(axis=1, keepdims=True),
    labels=[f"{b:g}" for b in betas[:9].round(2)],
    ax=right,
)
right.grid(visible=False)
plt.show()
for k, name in enumerate(names):
    print(f"{name:6} bias {errors[:, k].mean():7.3f}   scatter {errors[:, k].std(ddof=1):.3f} (+- 7 %)")
said = [float(row[4].df_k[-1]) for row in results]
print(f"MBAR says of itself: {np.mean(said):.3f}")

# %%
# Exercise 2 (medium). Write BAR. With equally many samples from both ends, Bennett's estimate is the root df of
#     sum over forward of 1 / (1 + exp(w_F - df))  =  sum over reverse of 1 / (1 + exp(w_R + df)),
# where w_F = u1 - u0 on samples of state 0, w_R = u0 - u1 on samples of state 1. scipy.special.expit(x) is 1 / (1 + exp(-x)).


def bennett(w_F, w_R):
    return ...


# %% tags=["check"]
check.bennett(bennett)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# The left side rises with df and the right side falls, so the root is unique.
#
# ```python
# from scipy.optimize import brentq
# from scipy.special import expit
#
#
# def bennett(w_F, w_R):
#     def imbalance(df):
#         return np.sum(expit(df - w_F)) - np.sum(expit(-df - w_R))
#
#     low, high = min(w_F.min(), -w_R.max()) - 1, max(w_F.max(), -w_R.min()) + 1
#     return brentq(imbalance, low, high)
# ```
#
# </details>

# %% [markdown]
# ## Why the harmonic mean fails
#
# Evidence in Bayesian statistics is a partition function, $Z = \int L\,\pi$, prior at "$\beta = 0$", posterior at "$\beta = 1$". One identity is dangerously
# handy: $1/Z = \langle 1/L \rangle_{\text{posterior}}$. It needs only the posterior samples everyone has; it is the single jump from above, backwards, and
# R. Neal called it the worst Monte Carlo method ever.
#
# Twenty data points with unit noise and unknown mean, prior $N(0, s^2)$: $Z$ is known exactly. A wider prior must cost evidence, $\log Z \to -\log s$.
#
# **Predict:** how will the harmonic mean depend on $s$? (Its samples come from the posterior, which hardly knows $s$.)

# %%
data = 0.5 + np.random.default_rng(20).normal(size=20)


def log_likelihood(mu):
    return -0.5 * np.sum((data[:, None] - mu) ** 2, axis=0) - 10 * np.log(2 * np.pi)


def power_posterior(beta, s, count, rng):
    """Exact samples of the mean under prior x likelihood^beta."""
    precision = 1 / s**2 + 20 * beta
    return rng.normal(beta * data.sum() / precision, precision**-0.5, count)


def exact_evidence(s):
    covariance = np.eye(20) + s**2
    return -0.5 * (data @ np.linalg.solve(covariance, data) + np.linalg.slogdet(2 * np.pi * covariance)[1])


widths = np.geomspace(0.3, 1000.0, 12)
stones = np.linspace(0, 1, 17) ** 5
rng = np.random.default_rng(3)
harmonic, stepping = [], []
for s in widths:
    harmonic.append([-logmeanexp(-log_likelihood(power_posterior(1.0, s, 4000, rng))) for _ in range(10)])
    found = stepping_stone([log_likelihood(power_posterior(b, s, 250, rng)) for b in stones[:-1]], stones)
    stepping.append((found.log_evidence, found.error))
stepping = np.array(stepping)

fig, ax = plt.subplots(figsize=(6.8, 3.8))
ax.semilogx(widths, [exact_evidence(s) for s in widths], label="exact")
ax.errorbar(
    widths, stepping[:, 0], stepping[:, 1], fmt="o", color="C1", capsize=2, label="stepping stone, 16 × 250 samples"
)
ax.plot(widths, harmonic, "x", color="C2", markersize=4, alpha=0.6)
ax.plot([], [], "x", color="C2", label="harmonic mean, 4000 samples, 10 times")
ax.set(xlabel="Width $s$ of the prior", ylabel="Log evidence")
ax.legend()
plt.show()

# %% [markdown]
# The crosses agree with each other and are wrong: up to six nats, a factor of several hundred in favour of vague models. $1/L$ has infinite
# variance: what would bring the average down are samples so rare that none is ever drawn.

# %%
# Exercise 3 (medium). Diagnose it. For s = 100, draw 4000 posterior samples and compute the weights 1/L of the harmonic mean. Then, for the
# right answer, the posterior would have to visit |mu| of order s. Give the number of posterior samples needed, on average, to see ONE
# with mu more than 3 away from the posterior mean (posterior standard deviation: 1/sqrt(20)).

samples_needed = ...

# %% tags=["check"]
check.samples_needed(samples_needed)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# Three is 13.4 standard deviations.
#
# ```python
# from scipy.stats import norm
#
# samples_needed = 1 / (2 * norm.sf(3 / 20**-0.5))
# ```
#
# And 3 is still nothing against 100. No computer will ever draw the samples that make the harmonic mean right.
#
# </details>

# %%
# Exercise 4 (open). You may draw 3000 samples in all, equally many at each of the temperatures you choose: give the list of betas, rising from 0 to
# 0.6, so that MBAR's own error of log Z(0.6)/Z(0) is below 0.310. Evenly spaced ones will not do. Where should they be denser?

my_betas = ...

# %% tags=["check"]
check.budget(my_betas)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# The distance between two states is $\Delta\beta\,\sigma_E$, in widths of the energy at that temperature; put equally many of those between
# neighbours. The total, $\int \sigma_E\, d\beta = 16.6$, is the *thermodynamic length* of the way: heat capacity is a metric, and no method
# gets below length/$\sqrt{3000}$ = 0.302.
#
# ```python
# fine = np.linspace(0.0, 0.6, 301)
# sigma = [np.sqrt(float(solve(levels, 1 / b).heat_capacity)) / b if b else np.sqrt(512.0) for b in fine]
# length = np.concatenate([[0.0], np.cumsum(0.5 * (np.array(sigma[1:]) + np.array(sigma[:-1])) * np.diff(fine))])
# my_betas = np.interp(np.linspace(0.0, length[-1], 16), length, fine)
# ```
#
# </details>

# %% [markdown]
# ## What to take with you
#
# * Ratios between states that overlap; never one jump, never backwards from the posterior.
# * MBAR wrings the most out of given samples and tells its error; look at the overlap matrix before you believe it.
# * Real samples are correlated: thin by $2\tau_{int}$ first (notebook 8).
#
# **Further:** `statmech.estimators` also has WHAM, histogram reweighting and annealed importance; the same functions take energies from GROMACS or
# any other program, as `u_kn`.
