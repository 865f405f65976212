"""Likelihoods on phylogenetic trees, beside cogent3 and IQ-TREE."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.side_by_side.base import Absent, Pair, elsewhere
from benchmarks.side_by_side.level_sums import shared_data

AREA = "phylogeny"
IQTREE = """
import json, sys, cogent3, piqtree
p = json.loads(sys.stdin.readline())
alignment = cogent3.make_aligned_seqs(p["sequences"], moltype="dna")
tree = cogent3.make_tree(p["tree"])
for line in sys.stdin:
    print(repr(piqtree.fit_tree(alignment, tree, p["model"], bl_fixed=True, num_threads=1).params["lnL"]), flush=True)
"""
RATES = ("A/C", "A/G", "A/T", "C/G", "C/T")


def _cogent3_function(tree: Any, sequences: dict[str, str], model: Any) -> Any:
    """Their likelihood function of GTR + 4 gamma categories with our tree and parameters; the shape is left free."""
    try:
        import cogent3
    except ImportError:
        raise Absent("cogent3 is not installed") from None
    theirs = cogent3.get_model("GTR", ordered_param="rate", distribution="gamma").make_likelihood_function(
        cogent3.make_tree(tree.newick()), bins=4
    )
    theirs.set_alignment(cogent3.make_aligned_seqs(sequences, moltype="dna"))
    theirs.set_motif_probs(dict(zip("ACGT", model.frequencies, strict=True)))
    rates = model.exchangeabilities
    for name in RATES:
        i, j = ("ACGT".index(letter) for letter in name.split("/"))
        theirs.set_param_rule(name, value=float(rates[i, j] / rates[2, 3]), is_constant=True)
    with theirs.updates_postponed():  # else each of 4000 lengths is a sum of its own
        for node in theirs.tree.preorder():
            if node.parent is not None:
                theirs.set_param_rule("length", edge=node.name, init=float(node.length))
    return theirs


def _sides(tree: Any, alignment: Any, model: Any) -> Any:
    from statmech.inference.phylogeny import Gamma, log_likelihood

    sequences = {name: alignment.sequence(name) for name in alignment.names}
    function = _cogent3_function(tree, sequences, model)
    turn = [0]

    def theirs() -> Any:
        # another shape first, or it answers from its cache; then the one that both are asked for, at half the time each
        turn[0] += 1
        function.set_param_rule("rate_shape", value=0.5 + 1e-12 * turn[0], is_constant=True)
        return function.get_log_likelihood()

    return (lambda: log_likelihood(tree, alignment, model, Gamma(0.5, average="median"))), theirs


def _brca1_problem() -> Any:
    from statmech.inference.phylogeny import GTR, read_alignment, read_tree

    data = shared_data()
    parameters = json.loads((data / "reference" / "phylo.json").read_text())["parameters"]
    model = GTR(parameters["gtr_rates_AC_AG_AT_CG_CT_GT"], parameters["pi_ACGT"]["brca1_55"])
    tree, alignment = read_tree(data / "phylo" / "brca1_55.nwk"), read_alignment(data / "phylo" / "brca1_55.phy")
    return tree, alignment, model


def _brca1() -> Any:
    return _sides(*_brca1_problem())


def _iqtree() -> Any:
    """IQ-TREE through piqtree: one call with every parameter fixed."""
    from statmech.inference.phylogeny import Gamma, log_likelihood

    tree, alignment, model = _brca1_problem()
    rates, frequencies = model.exchangeabilities, model.frequencies
    listed = ",".join(
        repr(float(rates[i, j] / rates[2, 3])) for i, j in ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
    )
    problem = {
        "sequences": {name: alignment.sequence(name) for name in alignment.names},
        "tree": tree.newick(),
        "model": f"GTR{{{listed}}}+F{{{','.join(repr(float(f)) for f in frequencies)}}}+G4{{0.5}}",
    }
    return (lambda: log_likelihood(tree, alignment, model, Gamma(0.5))), elsewhere(IQTREE, json.dumps(problem))


def random_problem(taxa: int, sites: int) -> Any:
    """Tree, alignment and model of random sequences on a random tree."""
    from statmech.inference.phylogeny import GTR, read_alignment, read_tree

    rng = np.random.default_rng(5)
    nodes = [f"t{i}:{rng.exponential(0.1):.6f}" for i in range(taxa)]
    while len(nodes) > 3:
        i, j = sorted(rng.choice(len(nodes), 2, replace=False))
        b, a = nodes.pop(j), nodes.pop(i)
        nodes.append(f"({a},{b}):{rng.exponential(0.1):.6f}")
    folder = Path(tempfile.mkdtemp(prefix="statmech-bench-"))
    (folder / "random.nwk").write_text(f"({','.join(nodes)});")
    letters = np.array(list("ACGT"))
    rows = (f">t{i}\n{''.join(letters[rng.integers(0, 4, sites)])}\n" for i in range(taxa))
    (folder / "random.fasta").write_text("".join(rows))
    model = GTR((1.0, 2.0, 1.0, 1.0, 2.0, 1.0), (0.25, 0.25, 0.25, 0.25))
    return read_tree(folder / "random.nwk"), read_alignment(folder / "random.fasta"), model


def _large() -> Any:
    """2000 taxa x 100 sites: without rescaling the likelihood underflows to 0."""
    return _sides(*random_problem(2000, 100))


def pairs() -> list[Pair]:
    """55 mammals by 3009 sites, and two thousand random taxa."""
    note = "gamma rates by category medians, as cogent3 has them"
    return [
        Pair(AREA, "brca1, 55 taxa, GTR+G4", "cogent3", _brca1, tolerance=1e-10, note=note),
        Pair(
            AREA,
            "brca1, 55 taxa, GTR+G4",
            "IQ-TREE (piqtree)",
            _iqtree,
            tolerance=1e-8,  # it prints four decimals of -80000
            rounds=3,
            quick=False,
            note="theirs is a whole call with all parameters fixed, in a process of its own",
        ),
        Pair(
            AREA, "2000 taxa x 100 sites, GTR+G4", "cogent3", _large, tolerance=1e-10, rounds=3, quick=False, note=note
        ),
    ]
