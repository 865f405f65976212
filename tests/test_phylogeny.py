"""Trees of sequences: held against sums over all ancestors, mpmath, the elimination engine and published programs."""

from __future__ import annotations

import gzip
import itertools
import json
import math
import random

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp

from statmech.errors import ConvergenceError, FileFormatError, InputError
from statmech.inference.phylogeny import (
    CFN,
    GTR,
    HKY85,
    JC69,
    K80,
    Alignment,
    Gamma,
    Reversible,
    Tree,
    branch_length_gradient,
    joint_ancestors,
    log_likelihood,
    marginal_ancestors,
    optimise_branch_lengths,
    parse_newick,
    read_alignment,
    read_tree,
    site_network,
)
from statmech.inference.phylogeny.transition_probabilities import transition_probabilities
from statmech.lattices import graph
from statmech.models.ising import Ising
from statmech.solve import compute
from statmech.variable_elimination import Eliminator

SETS = {"A": "A", "C": "C", "G": "G", "T": "T", "R": "AG", "Y": "CT", "W": "AT", "B": "CGT", "N": "ACGT", "-": "ACGT"}
MODEL = GTR([1.5, 4.0, 0.8, 1.2, 5.0, 1.0], [0.37, 0.17, 0.21, 0.25])


# Oracles: plain sums, nothing of the package but the numbers in its arguments ---------------------------------------


def exact_rates(model):
    """Q in mpmath from exchangeabilities and frequencies."""
    pi = [mp.mpf(float(x)) for x in model.frequencies]
    r = [[mp.mpf(float(x)) for x in row] for row in model.exchangeabilities]
    n = len(pi)
    pi = [x / mp.fsum(pi) for x in pi]
    q = mp.matrix(n, n)
    for i, j in itertools.permutations(range(n), 2):
        q[i, j] = r[i][j] * pi[j]
    for i in range(n):
        q[i, i] = -mp.fsum(q[i, j] for j in range(n) if j != i)
    mean = -mp.fsum(pi[i] * q[i, i] for i in range(n))
    return q / mean, pi


class Exact:
    """Pruning and enumeration of one tree in mpmath."""

    def __init__(self, tree, model, rates=(1.0,), weights=(1.0,)):
        self.tree, self.model, self.moved = tree, model, {}
        self.q, self.pi = exact_rates(model)
        self.rates, self.weights = [mp.mpf(float(r)) for r in rates], [mp.mpf(float(w)) for w in weights]
        self.below = {v: np.flatnonzero(tree.parents == v).tolist() for v in range(tree.size)}
        self.cache = {}

    def p(self, node, rate):
        key = mp.mpf(float(self.tree.lengths[node])) + self.moved.get(node, 0), rate
        if key not in self.cache:
            matrix = mp.expm(self.q * (key[0] * rate))
            self.cache[key] = [[matrix[i, j] for j in range(len(self.pi))] for i in range(len(self.pi))]
        return self.cache[key]

    def allowed(self, column, node):
        sets = (
            SETS if self.model.alphabet == "ACGT" else {c: c for c in self.model.alphabet} | {"-": self.model.alphabet}
        )
        return [self.model.alphabet.index(s) for s in sets[column[self.tree.names[node]]]]

    def likelihood(self, column):
        states = range(len(self.pi))
        total = mp.mpf(0)
        for rate, weight in zip(self.rates, self.weights, strict=True):
            part = {}
            for v in reversed(range(self.tree.size)):
                if self.below[v]:
                    part[v] = [mp.mpf(1)] * len(self.pi)
                    for w in self.below[v]:
                        p = self.p(w, rate)
                        part[v] = [part[v][i] * mp.fdot(p[i], part[w]) for i in states]
                else:
                    seen = self.allowed(column, v)
                    part[v] = [mp.mpf(i in seen) for i in states]
            total += weight * mp.fdot(self.pi, part[0])
        return total

    def configurations(self, column):
        """(log-free weight, category, states of the inner nodes) of every configuration."""
        inner = [v for v in range(self.tree.size) if self.below[v]]
        for c, rate in enumerate(self.rates):
            for states in itertools.product(range(len(self.pi)), repeat=len(inner)):
                at = dict(zip(inner, states, strict=True))
                weight = self.weights[c] * self.pi[at[0]]
                for v in range(1, self.tree.size):
                    row = self.p(v, rate)[at[int(self.tree.parents[v])]]
                    weight *= row[at[v]] if v in at else mp.fsum(row[j] for j in self.allowed(column, v))
                yield weight, c, states


def random_tree(rng, leaves, unary=False, zero=False):
    """A tree with binary, larger and (if wanted) single-child nodes."""
    parents, open_leaves = [-1, 0, 0], [1, 2]
    while len(open_leaves) < leaves:
        node = open_leaves.pop(rng.integers(len(open_leaves)))
        count = min(int(rng.integers(2, 4)), leaves - len(open_leaves))
        if unary and rng.random() < 0.3:
            count = 1
        for _ in range(max(count, 1)):
            open_leaves.append(len(parents))
            parents.append(node)
    lengths = rng.gamma(1.0, 0.3, len(parents))
    if zero:
        lengths[rng.random(len(parents)) < 0.1] = 0.0
    names = [f"t{v}" if v in open_leaves else None for v in range(len(parents))]
    return Tree(parents, lengths, names)


def random_alignment(rng, tree, sites, alphabet="ACGT", symbols="ACGTACGTACGTRYWBN-"):
    return Alignment.from_sequences(
        {name: "".join(rng.choice(list(symbols), sites)) for name in tree.leaf_names}, alphabet
    )


def evolve(rng, tree, model, sites):
    """Sequences that have evolved along the tree."""
    p = transition_probabilities(model.rate_matrix, tree.lengths)
    states = np.zeros((tree.size, sites), dtype=int)
    states[0] = rng.choice(4, sites, p=model.frequencies)
    for v in range(1, tree.size):
        edges = np.cumsum(p[v][states[tree.parents[v]]], axis=1)[:, :3]
        states[v] = (rng.random(sites)[:, None] > edges).sum(axis=1)
    return Alignment.from_sequences({tree.names[v]: "".join("ACGT"[s] for s in states[v]) for v in tree.leaves})


def columns(alignment):
    return [{name: alignment.sequence(name)[s] for name in alignment.names} for s in range(alignment.sites)]


@pytest.fixture(autouse=True)
def fifty_digits():
    with mp.workdps(50):
        yield


# The figures that must be met ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", ["JC69", "GTR+G4"])
def test_brca1_equals_what_three_programs_agree_on(data, case):
    reference = json.loads((data / "reference" / "phylo.json").read_text())
    parameters = reference["parameters"]
    tree = read_tree(data / "phylo" / "brca1_55.nwk")
    alignment = read_alignment(data / "phylo" / "brca1_55.phy")
    model = GTR(parameters["gtr_rates_AC_AG_AT_CG_CT_GT"], parameters["pi_ACGT"]["brca1_55"])
    gamma = Gamma(parameters["alpha"], parameters["ncat"])
    found = log_likelihood(tree, alignment, JC69()) if case == "JC69" else log_likelihood(tree, alignment, model, gamma)
    # 1e-9 absolute is the agreement of the programs; our own rounding is 1e-15 of each of 3009 sites
    assert abs(found - reference["results"][f"brca1_55/{case}"]["log_likelihood"]) < 1e-9


def test_two_thousand_taxa_are_finite_and_equal_an_mpmath_pruning():
    rng = np.random.default_rng(7)
    leaves = 2000
    parents, open_leaves = [-1, 0, 0], [1, 2]
    while len(open_leaves) < leaves:
        k = rng.integers(len(open_leaves))
        node, open_leaves[k] = open_leaves[k], len(parents)
        open_leaves.append(len(parents) + 1)
        parents += [node, node]
    lengths = rng.choice([0.01, 0.05, 0.1, 0.3], len(parents))  # few, for mpmath's sake
    gone = set(open_leaves)
    tree = Tree(parents, lengths, [f"t{v}" if v in gone else None for v in range(len(parents))])
    alignment = evolve(rng, tree, MODEL, 100)
    gamma = Gamma(0.7, 2)
    sites = log_likelihood(tree, alignment, MODEL, gamma, per_site=True)
    assert np.all(np.isfinite(sites))
    assert sites.min() < -800  # without scaling it would be 0: e^-745 is the smallest number
    exact = Exact(tree, MODEL, gamma.rates, gamma.weights)
    for s in (int(sites.argmin()), 50):
        column = {name: chr(alignment.characters[i, s]) for i, name in enumerate(alignment.names)}
        # 4000 branches, each product rounded a few times
        assert abs(sites[s] - float(mp.log(exact.likelihood(column)))) < 1e-15 * 4000 * 4


# Against the sum over all ancestors ---------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_every_quantity_equals_the_sum_over_all_ancestors(seed):
    rng = np.random.default_rng(seed)
    tree = random_tree(rng, 5, unary=seed % 2 == 1)
    while tree.inner.size > 5:
        tree = random_tree(rng, 5, unary=True)
    gamma = [None, Gamma(0.6, 2), Gamma(1.3, 2, "median", 0.2), Gamma(np.inf, invariant=0.3)][seed % 4]
    model = [MODEL, HKY85(3.0, [0.1, 0.2, 0.3, 0.4]), K80(2.5), JC69()][seed // 2 % 4]
    alignment = random_alignment(rng, tree, 2)
    rates, weights = (gamma or Gamma(np.inf)).rates, (gamma or Gamma(np.inf)).weights
    exact = Exact(tree, model, rates, weights)
    sites = log_likelihood(tree, alignment, model, gamma, per_site=True)
    marginal = marginal_ancestors(tree, alignment, model, gamma)
    joint = joint_ancestors(tree, alignment, model, gamma)
    for s, column in enumerate(columns(alignment)):
        table = list(exact.configurations(column))
        total = mp.fsum(w for w, _, _ in table)
        assert abs(float(mp.log(total)) - sites[s]) < 1e-13 * 10
        scores = [float(mp.log(w)) for w, _, _ in table]
        for tau in (0.05, 0.7, 3.0):
            soft = max(scores) + tau * math.log(math.fsum(math.exp((x - max(scores)) / tau) for x in scores))
            found = log_likelihood(tree, alignment, model, gamma, per_site=True, tau=tau)[s]
            assert abs(soft - found) < 1e-12
        for i, node in enumerate(marginal.nodes):
            posterior = [mp.fsum(w for w, _, x in table if x[i] == a) / total for a in range(4)]
            assert np.allclose(marginal.at(int(node))[s], np.array(posterior, dtype=float), rtol=0, atol=1e-14)
        best = max(w for w, _, _ in table)
        assert abs(joint.scores[s] - float(mp.log(best))) < 1e-13 * 10
        mine = (int(joint.categories[s]), tuple(joint.states[:, s].tolist()))
        assert abs(next(w for w, c, x in table if (c, x) == mine) / best - 1) < 1e-12  # it, or a tie


@pytest.mark.parametrize("gamma", [None, Gamma(0.4, 3, invariant=0.1)], ids=["equal", "gamma+I"])
def test_gradient_equals_the_derivative_of_the_exact_likelihood(gamma):
    rng = np.random.default_rng(5)
    tree = random_tree(rng, 6, unary=True)
    alignment = random_alignment(rng, tree, 2)
    given = gamma or Gamma(np.inf)
    found = branch_length_gradient(tree, alignment, MODEL, gamma)
    assert found.log_likelihood == log_likelihood(tree, alignment, MODEL, gamma)
    assert found.gradient[0] == 0

    oracle = Exact(tree, MODEL, given.rates, given.weights)

    def exact(node, shift):
        oracle.moved = {node: shift}
        return mp.fsum(mp.log(oracle.likelihood(column)) for column in columns(alignment))

    for node in range(1, tree.size):
        h = mp.mpf(10) ** -15  # central difference at 50 digits: error 1e-30
        slope = float((exact(node, h) - exact(node, -h)) / (2 * h))
        assert math.isclose(found.gradient[node], slope, rel_tol=1e-12, abs_tol=1e-12)


def test_probabilities_of_all_possible_columns_sum_to_one():
    tree = parse_newick("((a:0.3,b:0.1):0.2,(c:0.7,d:0.4):0.05);")
    everything = list(itertools.product("ACGT", repeat=4))
    sequences = {name: "".join(column[i] for column in everything) for i, name in enumerate("abcd")}
    sites = log_likelihood(tree, Alignment.from_sequences(sequences), MODEL, Gamma(0.5, invariant=0.1), per_site=True)
    assert abs(math.fsum(np.exp(sites)) - 1) < 1e-14


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.0, 1.0))
def test_the_place_of_the_root_does_not_matter(seed, share):
    """Felsenstein's pulley principle: only the sum of the two lengths at the root counts."""
    rng = np.random.default_rng(seed)
    tree = random_tree(rng, 5)
    first, second = tree.children[:2]
    lengths = tree.lengths.copy()
    total = lengths[first] + lengths[second]
    lengths[first], lengths[second] = share * total, (1 - share) * total
    alignment = random_alignment(rng, tree, 4)
    a, b = (log_likelihood(t, alignment, MODEL, 0.5) for t in (tree, tree.with_lengths(lengths)))
    assert math.isclose(a, b, rel_tol=1e-13)


def test_a_taxon_of_gaps_alone_changes_nothing():
    rng = np.random.default_rng(3)
    tree = parse_newick("((a:0.3,b:0.1):0.2,c:0.7);")
    more = parse_newick("((a:0.3,(b:0.05,gaps:9.0):0.05):0.2,c:0.7);")
    alignment = random_alignment(rng, tree, 20)
    sequences = {name: alignment.sequence(name) for name in alignment.names} | {"gaps": "-N?-" * 5}
    padded = Alignment.from_sequences(sequences)
    a, b = log_likelihood(tree, alignment, MODEL), log_likelihood(more, padded, MODEL)
    assert math.isclose(a, b, rel_tol=1e-14)
    nothing = Alignment.from_sequences(dict.fromkeys("abc", "NN--"))
    assert abs(log_likelihood(tree, nothing, MODEL, 0.5)) < 1e-14


def test_a_single_taxon_has_the_frequencies():
    alignment = Alignment.from_sequences({"a": "ACRN"})
    sites = log_likelihood(parse_newick("a;"), alignment, MODEL, per_site=True)
    assert np.allclose(sites, np.log([0.37, 0.17, 0.58, 1.0]), rtol=0, atol=1e-15)
    assert branch_length_gradient(parse_newick("a;"), alignment, MODEL).gradient.tolist() == [0.0]
    assert marginal_ancestors(parse_newick("a;"), alignment, MODEL).nodes.size == 0


# The same sum elsewhere: elimination, Ising -------------------------------------------------------------------------


@pytest.mark.parametrize("tau", [1.0, 0.25, 4.0])
def test_the_elimination_engine_agrees_at_any_temperature(tau):
    rng = np.random.default_rng(11)
    tree = random_tree(rng, 12)
    alignment = random_alignment(rng, tree, 2)
    sites = log_likelihood(tree, alignment, MODEL, per_site=True, tau=tau)
    ancestors = joint_ancestors(tree, alignment, MODEL)
    for s in range(alignment.sites):
        engine = Eliminator(site_network(tree, alignment, MODEL, s))
        got = engine.cumulants([tau])
        assert math.isclose(tau * float(got.log_z[0]) - float(got.reference[0]), sites[s], rel_tol=1e-12)
        assert math.isclose(-engine.ground_state().energy, ancestors.scores[s], rel_tol=1e-13)
        if tau == 1.0:
            probabilities = engine.marginals(1.0).states.reshape(-1, 4)
            mine = marginal_ancestors(tree, alignment, MODEL)
            assert np.allclose(probabilities, mine.probabilities[:, mine.of_site[s]], rtol=0, atol=1e-13)


def test_the_symmetric_two_state_model_is_the_ising_model_on_the_tree():
    """Inner nodes are spins, branches couplings artanh exp(-2 t), leaves fields; temperature tau."""
    rng = np.random.default_rng(2)
    tree = random_tree(rng, 20)
    alignment = random_alignment(rng, tree, 1, "01", "01")
    spin = {name: 1 if alignment.sequence(name) == "1" else -1 for name in alignment.names}
    coupling = np.arctanh(np.exp(-2 * tree.lengths[1:]))
    number = {int(v): i for i, v in enumerate(tree.inner)}
    edges, couplings, field = [], [], np.zeros(len(number))
    for v in range(1, tree.size):
        above = number[int(tree.parents[v])]
        if v in number:
            edges.append((above, number[v]))
            couplings.append(coupling[v - 1])
        else:
            field[above] += coupling[v - 1] * spin[tree.names[v]]
    model = Ising(graph(edges), couplings, field)
    constant = -math.log(2) - np.sum(np.log(2 * np.cosh(coupling)))
    for tau in (1.0, 0.2, 5.0):
        free_energy = compute(model, [tau]).thermodynamics.free_energy[0]
        assert math.isclose(log_likelihood(tree, alignment, CFN(), tau=tau), constant - free_energy, rel_tol=1e-12)
    best = joint_ancestors(tree, alignment, CFN())
    assert math.isclose(best.scores[0], constant - model.energy(2 * best.states[:, 0] - 1), rel_tol=1e-12)
    assert math.isclose(log_likelihood(tree, alignment, CFN(), tau=0.0), best.scores[0], rel_tol=1e-15)
    means = Eliminator(model.network()).marginals(1.0).means(np.tile([-1.0, 1.0], len(number)))
    marginal = marginal_ancestors(tree, alignment, CFN()).probabilities[:, 0]
    assert np.allclose(marginal @ [-1.0, 1.0], means, rtol=0, atol=1e-13)


def test_the_soft_maximum_lies_between_the_best_ancestors_and_tau_log_of_their_number():
    rng = np.random.default_rng(4)
    tree = random_tree(rng, 15)
    alignment = random_alignment(rng, tree, 10)
    best = log_likelihood(tree, alignment, MODEL, 0.5, tau=0.0)
    configurations = alignment.sites * (tree.inner.size * math.log(4) + math.log(4))
    last = best
    for tau in (1e-4, 0.1, 1.0, 10.0):
        value = log_likelihood(tree, alignment, MODEL, 0.5, tau=tau)
        assert best - 1e-12 <= last <= value <= best + tau * configurations
        last = value


# Numbers at the edge ------------------------------------------------------------------------------------------------


def test_polytomies_of_identical_sequences_keep_what_scaling_alone_would_lose():
    """100 leaves of A, then 100 of C on branches of 1e-9: both states of the centre are 1e-900, and equally good."""
    names = [f"a{i}" for i in range(100)] + [f"c{i}" for i in range(100)]
    tree = parse_newick("(" + ",".join(f"{name}:1e-9" for name in names) + ",far:0.5);")
    alignment = Alignment.from_sequences({n: {"a": "A", "c": "C", "f": "G"}[n[0]] for n in [*names, "far"]})
    exact = Exact(tree, MODEL)
    total = exact.likelihood(columns(alignment)[0])
    assert total < mpmath.mpf(10) ** -800
    assert abs(log_likelihood(tree, alignment, MODEL) - float(mp.log(total))) < 2e-12  # 4 ulp
    posterior = marginal_ancestors(tree, alignment, MODEL).at(0)[0]
    weights = [w / total for w, _, _ in exact.configurations(columns(alignment)[0])]
    assert np.allclose(posterior, np.array(weights, dtype=float), rtol=0, atol=1e-11)
    gradient = branch_length_gradient(tree, alignment, MODEL).gradient
    p = transition_probabilities(MODEL.rate_matrix, [1e-9])[0]
    ratio = (MODEL.rate_matrix @ p) / p
    slope = sum(float(w) * ratio[state, 0] for w, state in zip(weights, range(4), strict=True))
    assert math.isclose(gradient[1], slope, rel_tol=1e-9)


def test_a_hundred_thousand_logarithms_add_up_without_loss():
    """The logarithms of a caterpillar at tau = 1 + 2e-16 against scaled products; plain adding loses 3e-7."""
    depth = 100_000
    parents = [-1, *(np.repeat(np.arange(depth) * 2 - 1, 2).clip(0))]
    names = [None, *(None if i % 2 == 0 and i < 2 * depth - 2 else f"t{i}" for i in range(2 * depth))]
    tree = Tree(parents, np.full(2 * depth + 1, 1e-3), names)
    characters = np.full((depth + 1, 1), ord("A"))
    characters[::7] = ord("C")
    alignment = Alignment(tree.leaf_names, characters)
    fast, logs = (log_likelihood(tree, alignment, MODEL, tau=tau) for tau in (1.0, 1 + 2.3e-16))
    assert fast < -1e5
    # 1e5 nodes on either way, each rounded a few times to 1e-16, and d/dtau of the sum times 2e-16
    assert abs(fast - logs) < 5e-10


def test_branches_of_1e_minus_200_go_through_logarithms():
    tree = parse_newick("(a:1e-200,b:1e-200);")
    alignment = Alignment.from_sequences({"a": "AA", "b": "AC"})
    sites = log_likelihood(tree, alignment, JC69(), per_site=True)
    # P(A -> C) = t / 3 with t = 2e-200 in all
    assert np.allclose(sites, [math.log(0.25), math.log(0.25 / 3) + math.log(2e-200)], rtol=1e-15, atol=0)
    # d log t / dt = 1 / 2e-200 for the second site, -1 for the first
    assert np.allclose(branch_length_gradient(tree, alignment, JC69()).gradient[1:], 0.5e200, rtol=1e-12)


def test_impossible_data_have_log_likelihood_minus_infinity_and_no_gradient():
    tree = parse_newick("((a:0,b:0):0.1,c:0.2);")
    fine, not_fine = ({"a": "AA", "b": f"A{s}", "c": "AG"} for s in "AC")
    assert math.isfinite(log_likelihood(tree, Alignment.from_sequences(fine), JC69()))
    impossible = Alignment.from_sequences(not_fine)
    assert log_likelihood(tree, impossible, JC69(), per_site=True).tolist()[1] == -math.inf
    assert log_likelihood(tree, impossible, JC69()) == -math.inf
    for function in (branch_length_gradient, marginal_ancestors, joint_ancestors):
        with pytest.raises(InputError, match="site 2 of the alignment has probability 0"):
            function(tree, impossible, JC69())


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(1e-6, 1e6), min_size=6, max_size=6),
    st.lists(st.floats(0.01, 1.0), min_size=4, max_size=4),
    st.floats(-15, 3),
)
def test_transition_probabilities_are_right_to_rounding_in_every_entry(rates, weights, exponent):
    model, t = GTR(rates, np.array(weights) / sum(weights)), 10.0**exponent
    q, _ = exact_rates(model)
    with mp.workdps(60):
        wanted = mp.expm(q * mp.mpf(t), method="taylor")
    found = transition_probabilities(model.rate_matrix, [t])[0]
    fastest = float(np.abs(model.rate_matrix).max())
    tolerance = 2.3e-16 * (40 + 16 * max(0.0, math.log2(fastest * t)))  # as stated in the module, twice
    for i, j in itertools.product(range(4), repeat=2):
        assert math.isclose(found[i, j], float(wanted[i, j]), rel_tol=tolerance)


def test_very_long_branches_forget_everything():
    alignment = Alignment.from_sequences({"a": "ACGT", "b": "TGCA"})
    long = log_likelihood(parse_newick("(a:1e200,b:3);"), alignment, MODEL)
    assert math.isclose(long, 2 * math.fsum(np.log(MODEL.frequencies)), rel_tol=1e-12)


@pytest.mark.parametrize("average", ["mean", "median"])
@pytest.mark.parametrize("shape", [0.05, 0.5, 1.0, 7.0, 200.0])
def test_gamma_rates_equal_the_integrals_of_the_distribution(shape, average):
    def below(a, x):
        return mp.gammainc(a, 0, x, regularized=True)

    def quantile(probability, near):
        return mp.findroot(lambda x: below(shape, mp.exp(x)) - probability, mp.log(near), tol=1e-60)

    from scipy.special import gammaincinv

    k = 4
    if average == "median":
        rates = [mp.exp(quantile(mp.mpf(2 * i + 1) / 8, gammaincinv(shape, (2 * i + 1) / 8))) for i in range(k)]
        rates = [k * r / mp.fsum(rates) for r in rates]
    else:
        cuts = [mp.exp(quantile(mp.mpf(i) / k, gammaincinv(shape, i / k))) for i in range(1, k)]
        share = [mp.mpf(0), *(below(shape + mp.mpf(1), x) for x in cuts), mp.mpf(1)]
        rates = [k * (b - a) for a, b in itertools.pairwise(share)]
    found = Gamma(shape, k, average).rates
    # SciPy's incomplete gamma functions are good to about 1e-14 and 1e-13 at large shape
    assert np.allclose(found, np.array(rates, dtype=float), rtol=2e-12, atol=0)
    assert abs(found.mean() - 1) < 1e-14


def test_invariant_sites_have_rate_zero_and_the_mean_rate_stays_one():
    gamma = Gamma(0.5, 4, invariant=0.3)
    assert gamma.rates[-1] == 0
    assert abs(gamma.rates @ gamma.weights - 1) < 1e-15


# Optimisation -------------------------------------------------------------------------------------------------------


def test_optimised_lengths_of_a_simulated_tree_are_a_maximum():
    rng = np.random.default_rng(1)
    tree = random_tree(rng, 8)
    alignment = evolve(rng, tree, MODEL, 400)
    tree = tree.with_lengths(np.full(tree.size, 0.1))
    best = optimise_branch_lengths(tree, alignment, MODEL, 0.5)
    assert best.log_likelihood == log_likelihood(best.tree, alignment, MODEL, 0.5)
    assert best.log_likelihood > log_likelihood(tree, alignment, MODEL, 0.5) + 1
    for factor in (0.99, 1.01):
        for node in range(1, tree.size):
            lengths = best.tree.lengths.copy()
            lengths[node] *= factor
            assert log_likelihood(tree.with_lengths(lengths), alignment, MODEL, 0.5) < best.log_likelihood + 1e-9
    assert best.tree.lengths.max() < 10


def test_optimisation_stopped_early_raises_with_the_best_tree_so_far():
    rng = np.random.default_rng(1)
    tree = random_tree(rng, 8)
    alignment = evolve(rng, tree, MODEL, 100)
    with pytest.raises(ConvergenceError, match="residual") as caught:
        optimise_branch_lengths(tree, alignment, MODEL, max_evaluations=2)
    assert caught.value.partial.log_likelihood > log_likelihood(tree, alignment, MODEL)


# Files --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1:1: no tree"),
        ("(a:1,b:1)", "1:10: the tree does not end with ';'"),
        ("(a:1,b:1;", "1:9: .*parenthesis is still open"),
        ("(a:1,b:1));", "1:10: .*closes nothing"),
        ("(a:1,\n b);", "2:2: the branch to 'b' has no length"),
        ("(a:1,\nb:-1);", "2:3: expected a finite branch length"),
        ("(a:1,b:1e999);", "1:8: expected a finite branch length"),
        ("(a:1,b:nan);", "1:8: expected a branch length"),
        ("(a:1,b:__import__('os'));", "1:8: expected a branch length"),
        ("(a:1,b:);", "1:8: expected a branch length"),
        ("(a:1,a:2);", "1:6: a second leaf is called 'a'"),
        ("(a:1,,b:2);", "1:6: expected a name"),
        ("(a:1,'b:2);", "1:6: the quote that begins here"),
        ("(a:1,[b:2);", "1:6: the comment that begins here"),
        ("(a:1,b c:2);", "1:8: expected ',' or"),
        ("(a:1,b:2);(c:1,d:1);", "1:11: .*one tree per file"),
        ("();", "1:2: expected a name"),
        ("a]b;", "1:2: expected a name"),
        ("(a:1,'':2);", "1:6: expected a name; got ''"),
    ],
)
def test_a_malformed_tree_is_refused_with_its_place(text, message):
    with pytest.raises(FileFormatError, match=message):
        parse_newick(text)


def test_newick_text_reads_back_to_the_same_tree(tmp_path):
    text = "(('it''s a':0.1[comment],b_c:2e-3)x:.5,\n(d:1.,e:0)'in (ner)':1e-300)root:3;"
    tree = parse_newick(text)
    assert tree.leaf_names == ("it's a", "b_c", "d", "e")
    assert tree.names[tree.inner[2]] == "in (ner)"
    again = parse_newick(tree.newick())
    assert again.names == tree.names
    assert again.lengths[1:].tolist() == tree.lengths[1:].tolist()
    assert sorted(tree.lengths.tolist()) == [0.0, 1e-300, 2e-3, 0.1, 0.5, 1.0, 3.0]
    assert again.newick() == tree.newick()
    file = tmp_path / "tree.nwk.gz"
    file.write_bytes(gzip.compress(text.encode()))
    assert read_tree(file).newick() == tree.newick()
    (tmp_path / "bad.nwk").write_text("(a:1,\n,b:1);")
    with pytest.raises(FileFormatError, match=r"bad\.nwk:2:1"):
        read_tree(tmp_path / "bad.nwk")


def test_a_tree_a_hundred_thousand_deep_needs_no_recursion():
    depth = 100_000
    text = "(" * depth + "t:1e-6" + "".join(f",u{i}:1e-6):1e-6" for i in range(depth)) + ";"
    tree = parse_newick(text)
    assert tree.leaves.size == depth + 1
    assert parse_newick(tree.newick()).newick() == tree.newick()
    alignment = Alignment(tree.leaf_names, np.full((depth + 1, 2), ord("A")))
    assert math.isfinite(log_likelihood(tree, alignment, JC69()))
    with pytest.raises(FileFormatError):
        parse_newick("(" * depth)


FASTA = ">human Homo sapiens\nACGT\nACG\n>mouse\nACGTNNR\n"
SEQUENTIAL = "2 7\nhuman ACGT\nACG\nmouse ACG TNN\nR\n"
INTERLEAVED = " 2 7\nhuman  ACGT\nmouse  acgt\n\nACG\nNNR\n"


@pytest.mark.parametrize("text", [FASTA, SEQUENTIAL, INTERLEAVED, FASTA.replace("\n", "\r\n")])
def test_every_format_gives_the_same_alignment(tmp_path, text):
    file = tmp_path / "alignment"
    file.write_bytes(text.encode())
    alignment = read_alignment(file)
    assert {name: alignment.sequence(name) for name in alignment.names} == {"human": "ACGTACG", "mouse": "ACGTNNR"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ": no sequences: the file is empty"),
        ("#NEXUS\n", ":1:1: .*NEXUS"),
        ("ACGT\n", ":1:1: expected '>'"),
        (">a\nACGT\n>b\nACZT\n", ":4:3: expected one of .*; got 'Z'"),
        (">a\nACGT\n>b\nAC.T\n", ":4:3: .*write out"),
        (">a\nACGT\n>b\nACG\n", ":3:1: sequence 'b' has 3 sites, 'a' has 4"),
        (">a\nACGT\n>a\nACGT\n", ":3:1: a second sequence is called 'a'"),
        (">a\n>b\nACGT\n", ":1:1: sequence 'a' is empty"),
        (">\nACGT\n", ":1:2: expected a name"),
        ("2 4\na ACGT\nb ACG\n", ":3:1: sequence 'b' has 3 sites; expected 4"),
        ("2 4\na ACGT\n", ":2:1: "),
        ("2 4\na ACGT\nb ACGTA\n", ":3:1: sequence 'b' has 5 sites; expected 4"),
        ("2 4\na AC\nb AC\nGT\nGZ\n", ":5:2: .*got 'Z'"),
        ("0 4\n", ":1:1: expected at least one taxon"),
        ("999999999 999999999\na ACGT\n", ":2:1: "),
    ],
)
def test_a_malformed_alignment_is_refused_with_its_place(tmp_path, text, message):
    file = tmp_path / "alignment.txt"
    file.write_text(text)
    with pytest.raises(FileFormatError, match="alignment.txt" + message):
        read_alignment(file)


def test_phylip_that_can_be_read_in_two_ways_is_refused(tmp_path):
    file = tmp_path / "two.phy"
    file.write_text("2 4\nx AC\nC A\nG T\nCCC\n")
    with pytest.raises(FileFormatError, match=r"two\.phy:1:1: can be read as sequential and as interleaved"):
        read_alignment(file)
    sequential, interleaved = (read_alignment(file, f"phylip-{kind}") for kind in ("sequential", "interleaved"))
    assert (sequential.sequence("x"), sequential.sequence("G")) == ("ACCA", "TCCC")
    assert (interleaved.sequence("x"), interleaved.sequence("C")) == ("ACGT", "ACCC")


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(["newick", FASTA, SEQUENTIAL, INTERLEAVED]))
def test_a_damaged_file_is_read_or_refused_and_nothing_else(tmp_path_factory, seed, text):
    source = random.Random(seed)
    newick = text == "newick"
    characters = list("((human:0.1,chimp:0.2)[x]'a b':0.05,mouse:1e-3);" if newick else text)
    for _ in range(source.randint(1, 5)):
        place = source.randrange(len(characters))
        what = source.choice(["drop", "double", "change"])
        if what == "drop" and len(characters) > 1:
            del characters[place]
        elif what == "double":
            characters.insert(place, characters[place])
        else:
            characters[place] = source.choice("()[]:;,'>ACGTN-.\n\t 019eé\0")
    damaged = "".join(characters)
    file = tmp_path_factory.mktemp("fuzz") / "file"
    file.write_text(damaged, encoding="utf-8", newline="")
    try:
        result = read_tree(file) if newick else read_alignment(file)
    except FileFormatError as problem:
        assert str(file) in str(problem)  # noqa: PT017 (reading it is no mistake either)
    else:
        assert isinstance(result, Tree if newick else Alignment)


# Arguments ----------------------------------------------------------------------------------------------------------


def test_wrong_arguments_are_named():
    tree = parse_newick("(a:0.1,b:0.1);")
    alignment = Alignment.from_sequences({"a": "A", "b": "C"})
    with pytest.raises(InputError, match="missing: b; not in the tree: z"):
        log_likelihood(tree, Alignment.from_sequences({"a": "A", "z": "C"}), JC69())
    with pytest.raises(InputError, match="take"):
        log_likelihood(tree, Alignment.from_sequences({"a": "A", "b": "C", "z": "C"}), JC69())
    with pytest.raises(InputError, match="read_tree"):
        log_likelihood("(a:0.1,b:0.1);", alignment, JC69())
    with pytest.raises(InputError, match="alphabet '01'"):
        log_likelihood(tree, alignment, CFN())
    with pytest.raises(InputError, match=r"tau: .*got -1"):
        log_likelihood(tree, alignment, JC69(), tau=-1)
    with pytest.raises(InputError, match="sum 1"):
        HKY85(2.0, [0.3, 0.3, 0.3, 0.3])
    with pytest.raises(InputError, match="kappa"):
        K80(0.0)
    with pytest.raises(InputError, match="six numbers"):
        GTR([1, 2, 3], [0.25] * 4)
    with pytest.raises(InputError, match="symmetric"):
        Reversible("AB", [[0, 1], [2, 0]], [0.5, 0.5])
    with pytest.raises(InputError, match="shape"):
        Gamma(0.0)
    with pytest.raises(InputError, match="too small"):
        log_likelihood(tree, alignment, JC69(), Gamma(1e-5, average="median"))
    for shape in ("a", True, 1e13, math.nan):
        with pytest.raises(InputError, match="shape"):
            Gamma(shape)
    with pytest.raises(InputError, match=r"gamma: .*got True"):  # per_site in the place of gamma
        log_likelihood(tree, alignment, JC69(), True)
    with pytest.raises(InputError, match="invariant"):
        Gamma(1.0, invariant=1.0)
    with pytest.raises(InputError, match="align them"):
        Alignment.from_sequences({"a": "AC", "b": "A"})
    with pytest.raises(InputError, match="got 'Z'"):
        Alignment.from_sequences({"a": "AZ"})


def test_the_order_of_the_sequences_does_not_matter_and_nothing_is_changed():
    rng = np.random.default_rng(8)
    tree = random_tree(rng, 6)
    alignment = random_alignment(rng, tree, 10)
    before = tree.newick(), alignment.characters.copy()
    shuffled = alignment.take(alignment.names[::-1])
    a, b = (log_likelihood(tree, x, MODEL, 0.5, per_site=True) for x in (alignment, shuffled))
    assert np.allclose(a, b, rtol=1e-15)
    assert before[0] == tree.newick()
    assert np.array_equal(before[1], alignment.characters)
    assert not tree.lengths.flags.writeable
    assert not alignment.characters.flags.writeable
