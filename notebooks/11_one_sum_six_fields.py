# %% [markdown]
# # 11 · One sum, six fields
#
# $\log\sum\exp$ of scores is the free energy of a spectrum, the likelihood of a hidden Markov chain, the likelihood of an evolutionary tree, the
# evidence of a set of models, the partition function of a Boltzmann machine, and the loss of a classifier. Not by analogy: it is
# the same number, and this notebook checks it to the last digit. Temperature means the same everywhere, too: at $\tau = 1$ the likelihood, as
# $\tau \to 0$ the best path, the best ancestors, the best class.
#
# | field | state | score $-E$ | $\log Z$ is | $\tau \to 0$ |
# |---|---|---|---|---|
# | physics | spins | coupling, field | $-F/T$ | ground state |
# | speech, genes: HMM | hidden path | $\log$ transition, $\log$ emission | log-likelihood | Viterbi path |
# | evolution | ancestors | $\log$ substitution | log-likelihood | best ancestors |
# | model choice | models | $\log$ evidence | $\log$ total evidence | best model |
# | Boltzmann machine | hidden units | weights, biases | $\log Z$ | mode |
# | classifier, attention | classes, keys | logits, similarity | normaliser | argmax |

# %%
import matplotlib.pyplot as plt
import numpy as np
from checks import one_sum_six_fields as check

import statmech
from statmech import logsumexp, softmax, solve
from statmech.config import load
from statmech.inference import hidden_markov, model_averaging, phylogeny
from statmech.inference.contrastive import cross_entropy, info_nce
from statmech.inference.energy_based import RestrictedBoltzmannMachine, to_ising

# %matplotlib inline
plt.style.use("notebook.mplstyle")

# %% [markdown]
# ## 1 and 2: an Ising chain *is* a hidden Markov model
#
# `configs/ising_random_field.yaml` is a chain of 60 spins, each in a random field: field = noisy observation, spin = hidden state, coupling =
# reluctance to change. `from_ising` renames the numbers, nothing else.
#
# **Predict:** which function of hidden Markov models gives the ground state of the chain?

# %%
ds = statmech.run("../configs/ising_random_field.yaml")
chain = load("../configs/ising_random_field.yaml").model()
hmm = hidden_markov.from_ising(chain)  # log initial, log transition, log likelihood

for T in (0.5, 1.0, 3.0):
    as_statistician = hidden_markov.log_likelihood(*hmm, tau=T)
    as_physicist = -float(solve(chain, T).free_energy)
    print(f"tau = {T}: log-likelihood {as_statistician:.12f}   -F {as_physicist:.12f}")
path, score = hidden_markov.viterbi(*hmm)
print(f"Viterbi score {score:.12f}   minus the ground energy {-float(ds.internal_energy.sel(temperature=0.0)):.12f}")

# %% [markdown]
# Between the best path and the average over all paths lies temperature. Speech recognisers tune it by ear ("acoustic scale"); here it
# is a knob.
#
# **Predict:** the posterior of "up" as $\tau$ goes from 0.2 to 5: where is it certain, and where does the certainty go first?

# %%
fig, (top, bottom) = plt.subplots(2, 1, figsize=(7.6, 4.2), sharex=True, height_ratios=(1, 1.5))
top.bar(np.arange(60), chain.fields, color=np.where(chain.fields > 0, "#004488", "#D08700"), width=0.8)
top.set(ylabel="Observation\n(field)")
for tau, dashes in ((0.2, "-"), (1.0, "--"), (5.0, ":")):
    up = hidden_markov.smooth(*hmm, tau=tau)[:, 1]
    bottom.plot(up, dashes, label=rf"posterior, $\tau$ = {tau:g}")
bottom.step(np.arange(60), path, color="0.6", where="mid", linewidth=3, alpha=0.5, label="Viterbi path", zorder=0)
bottom.set(xlabel="Site, or time", ylabel="Probability of up")
fig.legend(*bottom.get_legend_handles_labels(), loc="outside lower center", ncols=4)
plt.show()

# %%
# Exercise 1 (easy). The free energy knows the marginals: <s_i> = d log Z / d h_i (at tau = 1). Show it at site 30 by a finite
# difference: raise that observation, `log_likelihood[30]`, by +-1e-5 for "up" only, difference the log-likelihood, and give the
# probability of "up".

up_at_30 = ...

# %% tags=["check"]
check.gradient(up_at_30)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def shifted(step):
#     initial, transition, likelihood = hmm
#     changed = np.array(likelihood)
#     changed[30, 1] += step
#     return hidden_markov.log_likelihood(initial, transition, changed)
#
#
# up_at_30 = (shifted(1e-5) - shifted(-1e-5)) / 2e-5
# ```
#
# "The gradient of log Z is the posterior" is all there is to forward-backward, to Baum-Welch and to training by back-propagation.
#
# </details>

# %% [markdown]
# ## 3: evolution is an Ising model on a tree
#
# Four species, aligned DNA. The ancestors are unknown, so the likelihood sums over them; Felsenstein's pruning (1981) is a transfer
# matrix on a tree.

# %%
tree = phylogeny.parse_newick("((human:0.05,chimp:0.06):0.1,gorilla:0.15,orangutan:0.3);")
alignment = phylogeny.Alignment.from_sequences(
    {
        "human": "AAGCTTCACCGGCGCAGTCA",
        "chimp": "AAGCTTCACCGGCGCAATTA",
        "gorilla": "AAGCTTCACCGGCGCAGTTG",
        "orangutan": "AAGCTTCACCGGCGCAACCA",
    }
)
for tau in (1.0, 0.0):
    value = phylogeny.log_likelihood(tree, alignment, phylogeny.JC69(), tau=tau)
    print(f"tau = {tau}: {value:.6f}", "(sum over all ancestors)" if tau else "(the best ancestors alone)")

# %%
# Exercise 2 (medium). Be the brute force. The tree has two inner nodes: x, the ancestor of human and chimp, and r, the root. In the
# Jukes-Cantor model a base stays with probability 1/4 + 3/4 e^(-4t/3) along a branch of length t, and becomes each other one with
# 1/4 - 1/4 e^(-4t/3); the root has probability 1/4 for each base. Sum over the 16 ancestors of one column, and add up the logarithms
# of the columns. `columns` are the letters; you need log Z of all 20.

columns = list(
    zip("AAGCTTCACCGGCGCAGTCA", "AAGCTTCACCGGCGCAATTA", "AAGCTTCACCGGCGCAGTTG", "AAGCTTCACCGGCGCAACCA", strict=True)
)
brute_force = ...

# %% tags=["check"]
check.ancestors(brute_force)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def step(a, b, t):
#     return 0.25 + 0.75 * np.exp(-4 * t / 3) if a == b else 0.25 - 0.25 * np.exp(-4 * t / 3)
#
#
# def column_sum(human, chimp, gorilla, orangutan):
#     return sum(
#         0.25
#         * step(r, x, 0.1) * step(x, human, 0.05) * step(x, chimp, 0.06)
#         * step(r, gorilla, 0.15) * step(r, orangutan, 0.3)
#         for r in "ACGT"
#         for x in "ACGT"
#     )
#
#
# brute_force = sum(np.log(column_sum(*column)) for column in columns)
# ```
#
# With 50 species there are $4^{48}$ ancestors in each column. Pruning does it in 48 steps: distributive law, nothing else.
#
# </details>

# %% [markdown]
# ## 4: models have Boltzmann weights
#
# The evidence $Z_k = \int L\,\pi$ of a model is a partition function, and models weigh like states: $w_k \propto e^{\log Z_k}$. Polynomials of
# degree 0 to 7 explain 15 noisy points (normal priors, so every evidence is a Gaussian integral).
#
# **Predict:** the best fit belongs to degree 7. Which degree has the largest evidence?

# %%
rng = np.random.default_rng(7)
x = np.linspace(-1, 1, 15)
y = 1.0 - 2.0 * x + 1.5 * x**2 + 0.3 * rng.normal(size=15)

log_evidence, log_best = [], []
for degree in range(8):
    design = np.vander(x, degree + 1, increasing=True)
    covariance = 0.09 * np.eye(15) + 4.0 * design @ design.T
    log_evidence.append(-0.5 * (y @ np.linalg.solve(covariance, y) + np.linalg.slogdet(2 * np.pi * covariance)[1]))
    residual = y - design @ np.linalg.lstsq(design, y)[0]
    log_best.append(-0.5 * residual @ residual / 0.09 - 7.5 * np.log(2 * np.pi * 0.09))
weights = model_averaging.model_weights(log_evidence).weights

fig, (left, right) = plt.subplots(1, 2, figsize=(8.0, 3.1))
left.plot(range(8), log_best, "s--", color="C1", label="best fit (energy)")
left.plot(range(8), log_evidence, "o-", label="evidence (free energy)")
left.set(xlabel="Degree", ylabel="log", ylim=(-30, 5))
left.legend()
right.bar(range(8), weights)
right.set(xlabel="Degree", ylabel="Weight of the model")
plt.show()

# %% [markdown]
# The best fit is an energy: it can only improve. The evidence is a free energy: the volume of parameters that one did not need costs
# entropy. That is Occam's razor, and no one had to sharpen it by hand.
#
# ## 5: a Boltzmann machine is an Ising model
#
# A restricted Boltzmann machine is a bipartite Ising glass with learnt couplings. Sizes up to 25 or so in one layer are summed exactly.

# %%
machine = RestrictedBoltzmannMachine.random(12, 8, np.random.default_rng(3), scale=1.0)
spins, constant = to_ising(machine)
print(f"log Z as a machine {machine.log_z():.12f}   as spins {constant - float(solve(spins, 1.0).free_energy):.12f}")

# %% [markdown]
# ## 6: classifiers, attention, contrastive learning
#
# A query meets its keys; similarity is minus the energy. The loss $-\log p_t$ is the free energy above that of the right answer. Attention
# returns the thermal average of the values.
#
# **Predict:** what does attention do at $\tau \to 0$, and at $\tau \to \infty$?

# %%
rng = np.random.default_rng(5)
keys = rng.normal(size=(10, 16))
queries = keys + 0.7 * rng.normal(size=(10, 16))
fig, axes = plt.subplots(1, 3, figsize=(8.4, 3.0), sharey=True)
for ax, tau in zip(axes, (0.3, 4.0, 40.0), strict=True):
    shown = ax.imshow(softmax(queries @ keys.T, axis=1, tau=tau), vmin=0, vmax=1)
    ax.set(title=rf"$\tau$ = {tau:g}: InfoNCE {float(info_nce(queries, keys, tau=tau)):.3f}", xlabel="Key")
    ax.grid(visible=False)
axes[0].set_ylabel("Query")
fig.colorbar(shown, ax=axes, label="Attention", shrink=0.8)
plt.show()

logits = np.array([[2.0, 0.5, -1.0]])
print("loss, and the same at an offset of 1e8:", cross_entropy(logits, [0]), cross_entropy(logits + 1e8, [0]))

# %%
# Exercise 3 (medium). Attention as physics: for one query with similarities s to its keys and values v (one number per key), the output is
# <v> at temperature tau. Write it, and also its derivative with respect to tau, WITHOUT a finite difference: it is a covariance.


def attention(s, v, tau):
    """The output, and its derivative with respect to tau."""
    return ..., ...


# %% tags=["check"]
check.attention(attention)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# As $dU/dT = \operatorname{Var}(E)/T^2$, so $d\langle v\rangle/d\tau = -\operatorname{Cov}(v, s)/\tau^2$.
#
# ```python
# def attention(s, v, tau):
#     p = softmax(np.asarray(s), tau=tau)
#     mean = np.sum(p * v)
#     return mean, -np.sum(p * (v - mean) * (s - np.sum(p * s))) / tau**2
# ```
#
# </details>

# %%
# Exercise 4 (open). Find a hidden Markov chain in which the best path is a bad guess: three or more steps, two states or more, where the
# Viterbi path at some step shows a state whose posterior probability is below 0.2. Give (log_initial, log_transition, log_likelihood).

disagreement = ..., ..., ...

# %% tags=["check"]
check.disagreement(disagreement)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# One state on its own is an attractive step on a single good path; its rivals share many paths, each a little worse. State 0 keeps to
# itself, the other nine mix freely: entropy against energy.
#
# ```python
# states = 10
# transition = np.zeros((states, states))
# transition[0, 0] = 1.0
# transition[1:, 1:] = 1.0 / 9
# initial = np.full(states, 0.9 / 9)
# initial[0] = 0.1
# with np.errstate(divide="ignore"):
#     disagreement = np.log(initial), np.log(transition), np.zeros((3, states))
# ```
#
# The single best path is 0-0-0 with probability 0.1, yet 90 % of the probability lies elsewhere. A ground state is not a typical state.
#
# </details>

# %% [markdown]
# ## What to take with you
#
# * Find the states, call the score $-E$, and every tool of statistical mechanics applies; the other way round as well.
# * Sum for likelihoods, maximise for best answers; temperature interpolates. Gradients are probabilities.
#
# **Further:** `statmech.inference` has particle filters, GTR + gamma trees with gradients, Baum-Welch and learning of Boltzmann machines. Notebook 10
# is about sums that one can only sample.
