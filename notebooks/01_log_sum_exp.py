# %% [markdown]
# # 1 · The log-sum-exp trick
#
# Statistical mechanics is one sum,
#
# $$ F(T) = -T \log \sum_i g_i\, e^{-E_i/T}, $$
#
# and machine learning, phylogenetics and speech recognition all do the same sum under other names. On paper it is
# harmless. On a computer it fails for the first real spectrum you try. This notebook shows where it breaks, the one
# idea that mends it, and what that idea *means*: temperature is softness.
#
# Cells that begin with `# Exercise` are yours: replace the `...` and run the check below it. A check never scolds, it
# hints; a solution is folded under each. Before every figure, stop and predict what you will see.

# %%
import matplotlib.pyplot as plt
import numpy as np
from checks import log_sum_exp as check

import statmech
from statmech import EnergyLevels, logsumexp, softmax, solve

# %matplotlib inline
plt.style.use("notebook.mplstyle")

# %% [markdown]
# ## Two walls
#
# A 64-bit float reaches from about $10^{-308}$ to $10^{308}$. That sounds generous.
#
# **Predict:** which of these four exponentials survive?

# %%
with np.errstate(over="ignore"):
    for x in (709.0, 710.0, -708.0, -746.0):
        print(f"exp({x:6}) = {np.exp(x)}")

# %% [markdown]
# The walls stand at $x \approx 710$ and $x \approx -745$. Now take three levels one unit apart, at $T = 1$, and move
# the zero of energy. Nothing physical depends on that zero. The formula as it is written does:

# %%
levels = np.array([0.0, 1.0, 2.0])
with np.errstate(over="ignore", divide="ignore"):
    for zero in (0.0, 1000.0, -1000.0):
        energies = levels + zero
        plain = -np.log(np.sum(np.exp(-energies)))
        print(
            f"zero at {zero:7}:  F - zero = {plain - zero:8.4f} as written,  {-logsumexp(-energies) - zero:8.4f} shifted"
        )

# %% [markdown]
# An electronic energy of $-113$ hartree at room temperature is $E/k_BT \approx -120\,000$. A $32\times32$ Ising model
# has $\log Z = 941$, so $Z$ itself is no float. We never need $Z$: we need $\log Z$.
#
# ## The trick
#
# Pull the largest term out of the sum. With $m = \max_i x_i$,
#
# $$ \log \sum_i e^{x_i} = m + \log \sum_i e^{x_i - m} . $$
#
# Now every exponent is $\le 0$, so nothing overflows; one term is exactly $1$, so the sum is at least 1 and its logarithm
# is safe; and a term that underflows to 0 was smaller than the last digit anyway.

# %%
# Exercise 1 (easy). Write log sum exp so that it survives any offset, for a one-dimensional array x.


def stable_logsumexp(x):
    return ...


# %% tags=["check"]
check.stable(stable_logsumexp)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def stable_logsumexp(x):
#     m = np.max(x)
#     if not np.isfinite(m):  # all -inf: an empty sum, whose logarithm is -inf; inf - inf would be nan
#         return m
#     return m + np.log(np.sum(np.exp(x - m)))
# ```
#
# </details>

# %% [markdown]
# ## A maximum with rounded corners
#
# Give the sum a temperature, $\mathrm{LSE}_\tau(x) = \tau \log \sum_i e^{x_i/\tau}$. Then $F = -\mathrm{LSE}_T(-E)$
# exactly. At least one term is $e^{m/\tau}$ and none of the $n$ terms is larger, so
#
# $$ \max_i x_i \;\le\; \mathrm{LSE}_\tau(x) \;\le\; \max_i x_i + \tau \log n : $$
#
# log-sum-exp is a *soft maximum*, and the free energy a *soft minimum* of the energies. The slack, $\tau\log n$, is
# entropy: at most $\log n$, when all $n$ terms count alike.
#
# **Predict:** the left figure draws $\mathrm{LSE}_\tau$ of the two numbers $+x$ and $-x$, two levels that cross. What is
# the curve for $\tau = 0$? Where do the other curves lie, and how far above it at $x = 0$? In the right figure, what do
# the probabilities $p_i \propto e^{x_i/\tau}$ become for $\tau \to 0$ and for $\tau \to \infty$?

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(8.0, 3.4))
x = np.linspace(-1.5, 1.5, 301)
for tau, dashes in zip((0.0, 0.25, 0.5, 1.0), ("-", "--", "-.", ":"), strict=True):
    left.plot(x, [logsumexp([a, -a], tau=tau) for a in x], dashes, label=rf"$\tau$ = {tau:g}")
left.set(xlabel="$x$", ylabel=r"LSE$_\tau(x, -x)$", title="Temperature rounds the corner")
left.legend()

numbers = np.array([1.0, 2.0, 4.0])
taus = np.geomspace(0.1, 100.0, 200)
shares = np.array([softmax(numbers, tau=tau) for tau in taus])
for k, dashes in enumerate(("-", "--", "-.")):
    right.semilogx(taus, shares[:, k], dashes)
    right.annotate(
        f"$x$ = {numbers[k]:g}",
        (0.11, shares[0, k]),
        (0, 5 + 10 * (k == 1) - 17 * (k == 2)),
        textcoords="offset points",
    )
right.axhline(1 / 3, color="0.6", linewidth=0.8)
right.set(xlabel=r"$\tau$", ylabel="softmax", title="Cold: the largest takes all. Hot: equal shares")
plt.show()

# %% [markdown]
# ## Its slope is the Boltzmann distribution
#
# Differentiate: $\partial\, \mathrm{LSE}_\tau / \partial x_i = e^{x_i/\tau} / \sum_j e^{x_j/\tau}$. The gradient of log-sum-exp is
# softmax; in physics, $p_i = \partial F/\partial E_i$. Pushing a level up costs free energy in proportion to how often the
# system is there. The second derivative is $-(\delta_{ij} p_i - p_i p_j)/T$, a covariance: response and fluctuation are
# one matrix. Believe nothing, difference it:

# %%
step = 1e-5
tau = 0.7
gradient = [
    (logsumexp(numbers + step * e, tau=tau) - logsumexp(numbers - step * e, tau=tau)) / (2 * step) for e in np.eye(3)
]
print("finite differences", np.round(gradient, 9))
print("softmax           ", np.round(softmax(numbers, tau=tau), 9))

# %%
# Exercise 2 (medium). At which tau does softmax([1, 2, 4]) give exactly 90 % to the largest?

tau_90 = ...

# %% tags=["check"]
check.ninety_percent(tau_90)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# The share of the largest falls from 1 to 1/3 as tau grows, so there is one root, and bracketing finds it.
#
# ```python
# from scipy.optimize import brentq
#
# tau_90 = brentq(lambda tau: softmax([1.0, 2.0, 4.0], tau=tau)[2] - 0.9, 0.1, 10.0)
# ```
#
# </details>

# %% [markdown]
# ## What the shift does not save
#
# Subtracting the maximum keeps the sum from overflowing. It does not keep its digits. With levels 0 and 1 at $T = 1/40$,
# $F = -T\log(1 + e^{-40})$; but $1 + e^{-40}$ *is* 1 in float64, so the shifted formula says $F = 0$. All of
# low-temperature physics, every entropy and heat capacity as $T \to 0$, lives in that lost tail.
#
# The cure is to keep the tail apart: $\log(1 + r) = \mathrm{log1p}(r)$ where $r$ is the sum *without* its largest term, and to
# form energies relative to the ground state before anything is subtracted.
#
# **Predict:** how far down will $S = (U - F)/T$ follow the true entropy of two levels before it breaks?

# %%
T = 1.0 / np.linspace(1.0, 80.0, 160)
boltzmann = np.exp(-1.0 / T)
U, F = boltzmann / (1.0 + boltzmann), -T * np.log(1.0 + boltzmann)
offset = -100.0  # the zero of energy as many programs have it: far away
textbook = ((U + offset) - (F + offset)) / T

two = EnergyLevels([offset, offset + 1.0])
ds = solve(two, temperature=T)

fig, ax = plt.subplots()
ax.semilogy(1 / T, ds.entropy, "-", label="statmech, the same levels")
ax.semilogy(1 / T, np.where(textbook > 0, textbook, np.nan), ".", label="$(U - F)/T$ with energies near $-100$")
ax.set(xlabel="$1/T$", ylabel="Entropy ($k_B$)", title="Two levels on the way to absolute zero")
ax.legend()
plt.show()
print(f"zero or negative: {np.sum(textbook <= 0)} of the {T.size} textbook values")
print(f"and at T = 1/650 statmech still says S = {float(solve(two, 1 / 650).entropy):.6g}")

# %%
# Exercise 3 (medium). A file has more levels than fit in memory, so it is read in pieces. Each piece is summarised as
# a pair (m, s) with sum exp(x) = s exp(m), m the maximum of the piece. Write the law that merges two pairs into the
# pair of both pieces together. An empty piece is (-inf, 0.0).


def merge(first, second):
    return ...


# %% tags=["check"]
check.merging(merge)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def merge(first, second):
#     (m1, s1), (m2, s2) = first, second
#     if s1 == 0.0:
#         return second
#     if s2 == 0.0:
#         return first
#     m = max(m1, m2)
#     return m, s1 * np.exp(m1 - m) + s2 * np.exp(m2 - m)
# ```
#
# The law is associative: any tree of merges gives the same sum. That is how `statmech` adds up chunks of a file, workers
# of a cluster and subsystems of a mixture; it carries mean and covariance of the energy along in the same way.
#
# </details>

# %%
# Exercise 4 (open). Find three finite numbers for which even the shifted formula, m + log(sum(exp(x - m))), has a relative
# error above 1 % while logsumexp(x) has every digit. There are many; think about when a sum's logarithm is tiny.

treacherous = [..., ..., ...]

# %% tags=["check"]
check.treacherous(treacherous)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# The maximum has to be 0, or the result is not small; and the others so low that adding them to 1 loses them.
#
# ```python
# treacherous = [0.0, -40.0, -41.0]
# ```
#
# </details>

# %% [markdown]
# ## The same sum, from a file
#
# Everything above is what the command line does. The run below is `statmech run configs/co_levels.yaml`: carbon monoxide
# by its 3926 rotation-vibration levels, from 1 K to 5000 K. Since $S \le \log n$, the number
# $e^{S/R}$ says how many states the molecule *effectively* uses.
#
# **Predict:** a rotor uses about $T/B$ states, with $B = 1.93\ \mathrm{cm}^{-1} = 2.8$ K. What is the slope of the curve?

# %%
co = statmech.run("../configs/co_levels.yaml")
R = 8.314462618
T = co.temperature.values

fig, ax = plt.subplots()
ax.loglog(T, np.exp(co.entropy / R), label="$e^{S/R}$ of carbon monoxide")
ax.loglog(T, np.e * T / 2.766, "--", color="0.5", label="classical rotor, $e\\,T/B$")
ax.axhline(1.0, color="0.7", linewidth=0.8)
ax.set(xlabel="Temperature (K)", ylabel="Effective number of states", ylim=(0.5, 5e4))
ax.legend()
plt.show()
print(co.attrs["method"], "-", co.attrs["method_reason"])

# %% [markdown]
# ## What to take with you
#
# * Work with $\log Z$, relative to the ground state; never with $Z$.
# * $F$ is a soft minimum: energy at $T = 0$, minus $T$ times a logarithm of a number of states at high $T$.
# * Gradient = Boltzmann probabilities, curvature = fluctuations. Every notebook that follows is one of these three.
#
# **Further:** put your own levels into a CSV with a header `energy [cm-1], g`, copy `configs/co_levels.yaml`, change
# `file:` and run it. Notebook 2 looks at the smallest spectrum there is; notebook 11 meets the same sum in six other fields.
