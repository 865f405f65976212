"""Lattices: counts, neighbours, colourings and messages, each against a second way of getting it."""

from __future__ import annotations

import copy
import itertools
import pickle
import pkgutil
import re
import subprocess
import sys
from collections import Counter, deque

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statmech import lattices
from statmech.errors import InputError, ResourceError, StatmechError
from statmech.lattices import KINDS, make

# family: (dimension, sites per cell, bonds per cell, coordination)
TILED = {
    "chain": (1, 1, 1, 2),
    "square": (2, 1, 2, 4),
    "triangular": (2, 1, 3, 6),
    "honeycomb": (2, 2, 3, 3),
    "kagome": (2, 3, 6, 4),
    "cubic": (3, 1, 3, 6),
    "bcc": (3, 1, 4, 8),
    "fcc": (3, 1, 6, 12),
    "hypercubic": (4, 1, 4, 8),
}
WITH_CLOSED_FORM = ("chain", "square", "triangular", "honeycomb", "kagome")
# bonds lost per open direction pair are easiest stated as the full closed formula
OPEN_BONDS = {
    "chain": lambda a: a - 1,
    "square": lambda a, b: (a - 1) * b + a * (b - 1),
    "triangular": lambda a, b: 3 * a * b - 2 * a - 2 * b + 1,
    "honeycomb": lambda a, b: 3 * a * b - a - b,
    "kagome": lambda a, b: 6 * a * b - 2 * a - 2 * b + 1,
    "cubic": lambda a, b, c: 3 * a * b * c - a * b - b * c - a * c,
    "bcc": lambda a, b, c: 3 * a * b * c - a * b - b * c - a * c + (a - 1) * (b - 1) * (c - 1),
    "fcc": lambda a, b, c: (
        3 * a * b * c - a * b - b * c - a * c
        + (a - 1) * (b - 1) * c + (a - 1) * b * (c - 1) + a * (b - 1) * (c - 1)
    ),
    "hypercubic": lambda a, b, c, d: 4 * a * b * c * d - b * c * d - a * c * d - a * b * d - a * b * c,
}  # fmt: skip


def plain(value):
    """An id without memory addresses: the workers of pytest-xdist must collect the same names."""
    return re.sub(r" at 0x[0-9a-f]+", "", str(value))


def shape_of(kind, *, low=3):
    return tuple(low + axis % 3 for axis in range(TILED[kind][0]))


def multigraph(lattice):
    network = nx.MultiGraph()
    network.add_nodes_from(range(lattice.sites))
    network.add_edges_from(map(tuple, lattice.bonds.tolist()))
    return network


def pairs_at_distance_one(lattice):
    """Nearest neighbours by brute force over all pairs of positions."""
    places = lattice.positions.tolist()
    close = set()
    for i, j in itertools.combinations(range(len(places)), 2):
        squared = sum((a - b) ** 2 for a, b in zip(places[i], places[j], strict=True))
        assert squared > 0.99, "no two sites are nearer than neighbours"
        if squared < 1.01:  # the next shell of every family is at >= 4/3 (bcc)
            close.add((i, j))
    return close


def coloured_by_walking(lattice):
    """Two-colouring by plain breadth-first search, or None."""
    around = [[] for _ in range(lattice.sites)]
    for i, j in lattice.bonds.tolist():
        around[i].append(j)
        around[j].append(i)
    colour = [None] * lattice.sites
    for start in range(lattice.sites):
        if colour[start] is not None:
            continue
        colour[start], queue = 0, deque([start])
        while queue:
            site = queue.popleft()
            for other in around[site]:
                if colour[other] is None:
                    colour[other] = 1 - colour[site]
                    queue.append(other)
                elif colour[other] == colour[site]:
                    return None
    return colour


# --- counts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", TILED)
def test_torus_has_the_textbook_number_of_sites_and_bonds_and_is_regular(kind):
    dimension, per_cell, bonds_per_cell, coordination = TILED[kind]
    shape = shape_of(kind)
    lattice = make(kind, shape=shape)
    cells = np.prod(shape)
    assert (lattice.kind, lattice.shape, lattice.periodic) == (kind, shape, (True,) * dimension)
    assert lattice.sites == per_cell * cells
    assert lattice.bond_count == len(lattice.bonds) == len(lattice.bond_kind) == bonds_per_cell * cells
    assert lattice.coordination == coordination
    assert lattice.degrees.tolist() == [coordination] * lattice.sites
    assert lattice.bonds_per_site == coordination / 2
    assert lattice.dimension == dimension
    assert lattice.positions.shape == (lattice.sites, dimension)


@pytest.mark.parametrize("kind", TILED)
@pytest.mark.parametrize("low", [1, 2, 3])
def test_open_lattice_has_the_textbook_number_of_bonds(kind, low):
    shape = shape_of(kind, low=low)
    lattice = make(kind, shape=shape, periodic=False)
    assert lattice.bond_count == len(lattice.bonds) == OPEN_BONDS[kind](*shape)


@given(data=st.data(), kind=st.sampled_from(sorted(TILED)))
@settings(max_examples=60, deadline=None)
def test_bond_count_needs_no_arrays_yet_agrees_with_them(data, kind):
    dimension = TILED[kind][0]
    shape = data.draw(st.lists(st.integers(1, 4), min_size=dimension, max_size=dimension))
    periodic = data.draw(st.lists(st.booleans(), min_size=dimension, max_size=dimension))
    lattice = make(kind, shape=shape, periodic=periodic)
    assert lattice.bond_count == len(lattice.bonds) == len(lattice.bond_kind)
    assert lattice.degrees.sum() == 2 * lattice.bond_count
    assert lattice.sites == len(lattice.positions)
    found = coloured_by_walking(lattice)
    assert lattice.bipartite == (found is not None)
    if found is not None:
        assert lattice.sublattice.tolist() == found


@pytest.mark.parametrize("kind", TILED)
def test_each_bond_appears_once(kind):
    for periodic in (True, False):
        lattice = make(kind, shape=shape_of(kind), periodic=periodic)
        assert set(Counter(tuple(sorted(bond)) for bond in lattice.bonds.tolist()).values()) == {1}


def test_length_two_doubles_bonds_and_length_one_makes_self_loops():
    assert lattices.chain(2).bonds.tolist() == [[0, 1], [1, 0]]
    assert lattices.chain(1).bonds.tolist() == [[0, 0]]
    assert lattices.chain(1, periodic=False).bonds.shape == (0, 2)
    assert lattices.square(2, 2).bond_count == 8
    assert lattices.square(2, 2, periodic=False).bond_count == 4
    doubled = Counter(tuple(sorted(bond)) for bond in lattices.square(2, 2).bonds.tolist())
    assert doubled == {(0, 1): 2, (0, 2): 2, (1, 3): 2, (2, 3): 2}
    assert lattices.square(1, 3).bonds.tolist() == [[0, 0], [0, 1], [1, 1], [1, 2], [2, 2], [2, 0]]
    assert lattices.square(3, 1, periodic=(True, False)).bonds.tolist() == [[0, 1], [1, 2], [2, 0]]


@pytest.mark.parametrize("kind", TILED)
@pytest.mark.parametrize("size", [1, 2])
def test_tiny_tori_keep_every_bond_of_the_cell(kind, size):
    dimension, per_cell, bonds_per_cell, coordination = TILED[kind]
    lattice = make(kind, shape=[size] * dimension)
    assert lattice.bond_count == bonds_per_cell * size**dimension
    assert lattice.degrees.tolist() == [coordination] * per_cell * size**dimension


def test_periodic_can_differ_by_direction():
    tube = lattices.square(3, 4, periodic=[True, False])
    assert tube.bond_count == 3 * 4 + 3 * 3
    assert Counter(tube.bond_kind.tolist()) == {0: 12, 1: 9}


# --- geometry ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", TILED)
def test_bonds_of_an_open_lattice_are_its_nearest_neighbours_in_space(kind):
    lattice = make(kind, shape=shape_of(kind, low=2 if kind == "hypercubic" else 3), periodic=False)
    assert {tuple(sorted(bond)) for bond in lattice.bonds.tolist()} == pairs_at_distance_one(lattice)


@pytest.mark.parametrize("kind", TILED)
def test_bonds_of_an_open_lattice_have_length_one_and_one_direction_per_kind(kind):
    lattice = make(kind, shape=shape_of(kind), periodic=False)
    along = lattice.positions[lattice.bonds[:, 1]] - lattice.positions[lattice.bonds[:, 0]]
    # coordinates are below 10, so their differences are good to 10 eps
    np.testing.assert_allclose(np.linalg.norm(along, axis=1), 1.0, rtol=0, atol=1e-14)
    for kind_of_bond in range(lattice.bond_kind.max() + 1):
        steps = along[lattice.bond_kind == kind_of_bond]
        parallel = np.abs(steps @ steps[0])
        np.testing.assert_allclose(parallel, 1.0, rtol=0, atol=1e-13)


@pytest.mark.parametrize("kind", TILED)
def test_torus_looks_the_same_from_every_cell(kind):
    shape = shape_of(kind)
    lattice = make(kind, shape=shape)
    per_cell = TILED[kind][1]
    reference = Counter(
        zip(map(tuple, np.sort(lattice.bonds, axis=1).tolist()), lattice.bond_kind.tolist(), strict=True)
    )
    sites = np.arange(lattice.sites).reshape(*shape, per_cell)
    for axis in range(len(shape)):
        moved = np.roll(sites, 1, axis=axis).ravel()[lattice.bonds]
        assert (
            Counter(zip(map(tuple, np.sort(moved, axis=1).tolist()), lattice.bond_kind.tolist(), strict=True))
            == reference
        )


@pytest.mark.parametrize("kind", TILED)
def test_torus_bonds_close_over_the_lattice_vectors(kind):
    """Second method for periodic bonds: the shortest image of each has length 1."""
    shape = shape_of(kind)
    lattice = make(kind, shape=shape)
    step = lattice.positions[lattice.bonds[:, 1]] - lattice.positions[lattice.bonds[:, 0]]
    images = np.array(list(itertools.product([-1, 0, 1], repeat=len(shape)))) * np.array(shape) @ lattice.cell_vectors
    lengths = np.linalg.norm(step[:, None, :] + images[None, :, :], axis=2).min(axis=1)
    np.testing.assert_allclose(lengths, 1.0, rtol=0, atol=1e-13)  # sums of a few terms below 20


def test_sites_are_numbered_row_major_over_cells_then_the_basis():
    square = lattices.square(3, 4)
    assert square.positions[1 * 4 + 2].tolist() == [1.0, 2.0]
    kagome = lattices.kagome(2, 3)
    np.testing.assert_array_equal(kagome.positions[3 * (1 * 3 + 2)], [1, 2] @ kagome.cell_vectors)


@pytest.mark.parametrize("kind", TILED)
def test_bonds_come_site_by_site(kind):
    for periodic in (True, False):
        lattice = make(kind, shape=shape_of(kind), periodic=periodic)
        assert (np.diff(lattice.bonds[:, 0]) >= 0).all()


def test_bond_order_is_as_documented():
    assert lattices.square(2, 3).bonds.tolist()[:4] == [[0, 3], [0, 1], [1, 4], [1, 2]]
    assert lattices.triangular(3, 3).bonds.tolist()[:3] == [[0, 3], [0, 1], [0, 5]]
    assert lattices.honeycomb(2, 3).bonds.tolist()[:3] == [[0, 1], [1, 6], [1, 2]]
    assert lattices.kagome(3, 3).bonds.tolist()[:6] == [[0, 1], [0, 2], [1, 9], [1, 2], [1, 17], [2, 3]]
    assert lattices.kagome(3, 3).bond_kind.tolist()[:6] == [0, 1, 0, 2, 2, 1]
    assert lattices.cubic(3, 3, 3).bonds.tolist()[:3] == [[0, 9], [0, 3], [0, 1]]
    assert lattices.bcc(3, 3, 3).bonds.tolist()[:4] == [[0, 9], [0, 3], [0, 1], [0, 13]]
    assert lattices.fcc(3, 3, 3).bonds.tolist()[:6] == [[0, 9], [0, 3], [0, 1], [0, 15], [0, 11], [0, 5]]


# --- against networkx -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lattices.chain(7), nx.cycle_graph(7)),
        (lattices.chain(7, periodic=False), nx.path_graph(7)),
        (lattices.square(3, 4), nx.grid_graph((4, 3), periodic=True)),
        (lattices.square(3, 4, periodic=False), nx.grid_graph((4, 3))),
        (lattices.cubic(3, 2, 4, periodic=False), nx.grid_graph((4, 2, 3))),
        (lattices.hypercubic(2, 2, 2, 2, periodic=False), nx.hypercube_graph(4)),
        (lattices.hypercubic(3, 4), nx.grid_graph((4, 3), periodic=True)),
        (lattices.complete(6), nx.complete_graph(6)),
        (lattices.tree(branching=3, depth=3), nx.balanced_tree(3, 3)),
        (lattices.tree(3, 1), nx.star_graph(3)),
        (lattices.tree(2, 3), nx.path_graph(7)),
    ],
    ids=plain,
)
def test_lattice_is_the_graph_that_networkx_calls_by_that_name(ours, theirs):
    assert nx.is_isomorphic(multigraph(ours), nx.MultiGraph(theirs))


def test_interior_of_the_honeycomb_is_networkx_hexagons():
    """Open patches differ in shape (parallelogram against brick wall), so compare what lies within 4 steps."""
    ours = lattices.honeycomb(9, 9, periodic=False)
    theirs = nx.hexagonal_lattice_graph(9, 9)
    centre = min(theirs, key=lambda n: sum((a - b) ** 2 for a, b in zip(theirs.nodes[n]["pos"], (7, 8), strict=True)))
    mine = nx.ego_graph(nx.Graph(multigraph(ours)), 2 * (4 * 9 + 4), radius=4)
    assert nx.is_isomorphic(mine, nx.ego_graph(theirs, centre, radius=4))


def test_interior_of_the_triangular_lattice_is_networkx_triangles():
    ours = lattices.triangular(9, 9, periodic=False)
    theirs = nx.triangular_lattice_graph(10, 18)
    mine = nx.ego_graph(nx.Graph(multigraph(ours)), 4 * 9 + 4, radius=3)
    assert nx.is_isomorphic(mine, nx.ego_graph(theirs, (4, 5), radius=3))


def test_kagome_is_the_line_graph_of_the_honeycomb():
    for size in (3, 4):
        line = nx.line_graph(nx.Graph(multigraph(lattices.honeycomb(size, size))))
        assert nx.is_isomorphic(nx.Graph(multigraph(lattices.kagome(size, size))), line)


def test_triangular_torus_is_the_dual_of_the_honeycomb_torus():
    """Faces of the honeycomb are triangular sites: each hexagon shares an edge with six others."""
    honeycomb = lattices.honeycomb(4, 4)
    at = {}
    for site, (i, j) in enumerate(itertools.product(range(4), repeat=2)):
        # hexagon (i, j): its six corners are B(i, j), A and B around the plaquette up-right of A(i, j)
        a = lambda x, y: 2 * ((x % 4) * 4 + y % 4)  # noqa: E731
        at[site] = {a(i, j) + 1, a(i + 1, j), a(i + 1, j) + 1, a(i, j + 1), a(i, j + 1) + 1, a(i + 1, j + 1)}
        ring = nx.Graph(multigraph(honeycomb)).subgraph(at[site])
        assert nx.is_isomorphic(ring, nx.cycle_graph(6))
    dual = nx.Graph((s, t) for s, t in itertools.combinations(at, 2) if len(at[s] & at[t]) == 2)
    assert nx.is_isomorphic(dual, nx.Graph(multigraph(lattices.triangular(4, 4))))


# --- two colours ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lattice", "expected"),
    [
        (lattices.chain(6), True),
        (lattices.chain(5), False),
        (lattices.chain(1), False),
        (lattices.chain(2), True),
        (lattices.square(4, 4), True),
        (lattices.square(4, 3), False),
        (lattices.square(4, 3, periodic=(True, False)), True),
        (lattices.square(5, 3, periodic=False), True),
        (lattices.square(4, 1), False),
        (lattices.honeycomb(3, 3), True),
        (lattices.triangular(4, 4), False),
        (lattices.kagome(2, 2), False),
        (lattices.cubic(2, 4, 4), True),
        (lattices.bcc(4, 4, 4), True),
        (lattices.bcc(3, 4, 4), False),
        (lattices.bcc(3, 3, 3, periodic=False), True),
        (lattices.fcc(4, 4, 4), False),
        (lattices.complete(2), True),
        (lattices.complete(3), False),
        (lattices.tree(4, 3), True),
        (lattices.graph([[0, 0]]), False),
        (lattices.graph([], sites=3), True),
        (lattices.chain("infinite"), True),
        (lattices.square("infinite"), True),
        (lattices.honeycomb("infinite"), True),
        (lattices.triangular("infinite"), False),
        (lattices.kagome("infinite"), False),
    ],
    ids=plain,
)
def test_bipartite_as_known(lattice, expected):
    assert lattice.bipartite is expected


@given(
    sites=st.integers(1, 9),
    edges=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=14),
)
@settings(max_examples=150, deadline=None)
def test_colouring_and_neighbours_of_any_multigraph_agree_with_a_walk(sites, edges):
    edges = [edge for edge in edges if max(edge) < sites]
    lattice = lattices.graph(edges, sites=sites)
    found = coloured_by_walking(lattice)
    assert lattice.bipartite == (found is not None)
    if found is None:
        with pytest.raises(InputError, match="not bipartite"):
            _ = lattice.sublattice
    else:
        assert lattice.sublattice.tolist() == found
    around = [[] for _ in range(sites)]
    for k, (i, j) in enumerate(edges):
        around[i].append((j, k))
        around[j].append((i, k))
    indptr, indices, bond_index = lattice.neighbours()
    assert [
        list(zip(indices[a:b].tolist(), bond_index[a:b].tolist(), strict=True))
        for a, b in itertools.pairwise(indptr.tolist())
    ] == around
    assert lattice.degrees.tolist() == [len(ends) for ends in around]


# --- infinite ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", WITH_CLOSED_FORM)
def test_infinite_lattice_holds_one_cell_and_says_so(kind):
    dimension, per_cell, bonds_per_cell, coordination = TILED[kind]
    lattice = make(kind, shape="infinite")
    assert lattice == KINDS[kind]("infinite")
    assert lattice.infinite
    assert (lattice.shape, lattice.periodic, lattice.dimension) == ((), (), dimension)
    assert (lattice.sites, lattice.bond_count, lattice.coordination) == (per_cell, bonds_per_cell, coordination)
    assert lattice.bonds_per_site == coordination / 2
    assert len(lattice.bonds) == bonds_per_cell
    assert sorted(set(lattice.bond_kind.tolist())) == list(range({"chain": 1, "square": 2}.get(kind, 3)))
    assert "infinite" in repr(lattice)
    assert not make(kind, shape=[4] * dimension).infinite


# --- trees, complete graphs, graphs -----------------------------------------------------------------------


@pytest.mark.parametrize("coordination", [2, 3, 4, 7])
@pytest.mark.parametrize("depth", [0, 1, 2, 4])
def test_cayley_tree_has_z_bonds_at_every_inner_site(coordination, depth):
    lattice = lattices.tree(coordination, depth)
    shells = [1] + [coordination * (coordination - 1) ** k for k in range(depth)]
    assert lattice.sites == sum(shells)
    assert lattice.bond_count == lattice.sites - 1
    inner = lattice.sites - shells[-1]
    assert lattice.degrees.tolist() == [coordination] * inner + [1 if depth else 0] * shells[-1]
    assert nx.is_tree(multigraph(lattice))
    assert (lattice.bonds[:, 1] == np.arange(1, lattice.sites)).all(), "bond i leads to site i + 1"
    away = nx.single_source_shortest_path_length(multigraph(lattice), 0)
    assert lattice.bond_kind.tolist() == [away[parent] for parent in lattice.bonds[:, 0].tolist()]


def test_complete_graph_lists_pairs_in_order_and_only_on_demand():
    assert lattices.complete(5).bonds.tolist() == [list(pair) for pair in itertools.combinations(range(5), 2)]
    assert lattices.complete(1).bond_count == 0
    large = lattices.complete(10**6)
    assert large.bond_count == 10**6 * (10**6 - 1) // 2
    assert large.coordination == 10**6 - 1
    with pytest.raises(ResourceError, match="499999500000 bonds take 7451 GiB"):
        _ = large.bonds


def test_a_tree_that_memory_cannot_hold_is_refused_at_once():
    for too_large in ({"coordination": 3, "depth": 28}, {"coordination": 2, "depth": 10**9}):
        with pytest.raises(ResourceError, match="2\\^28 bonds"):
            lattices.tree(**too_large)


def test_graph_keeps_edges_as_given():
    lattice = lattices.graph(((2, 0), (0, 2), (1, 1)), sites=4)
    assert lattice.bonds.tolist() == [[2, 0], [0, 2], [1, 1]]
    assert lattice.degrees.tolist() == [2, 2, 2, 0]
    assert lattice.coordination == 2
    assert lattice == lattices.graph(np.array([[2, 0], [0, 2], [1, 1]], dtype=np.uint8), sites=4)
    assert lattice == lattices.graph(iter([(2, 0), (0, 2), (1, 1)]), sites=4)
    assert lattice != lattices.graph([[0, 2], [0, 2], [1, 1]], sites=4)
    assert lattices.graph([[0, 1]], positions=[[0, 0], [3, 4]]).positions.tolist() == [[0, 0], [3, 4]]


def test_graph_does_not_hold_on_to_the_arrays_it_was_given():
    edges = np.array([[0, 1], [1, 2]])
    lattice = lattices.graph(edges)
    edges[0, 0] = 2
    assert lattice.bonds.tolist() == [[0, 1], [1, 2]]


def test_networkx_nodes_are_numbered_in_sorted_order_and_kept_as_labels():
    network = nx.Graph([("c", "a"), ("b", "c")])
    lattice = lattices.graph(network)
    assert lattice.labels == ("a", "b", "c")
    named = [[lattice.labels[i], lattice.labels[j]] for i, j in lattice.bonds.tolist()]
    assert named == [list(edge) for edge in network.edges()]


def test_networkx_nodes_that_cannot_be_sorted_keep_their_order():
    assert lattices.graph(nx.Graph([("a", 1), (1, (0, 0))])).labels == ("a", 1, (0, 0))


def test_networkx_nodes_that_are_site_numbers_need_no_labels():
    assert lattices.graph(nx.cycle_graph(4)).labels == ()


def test_networkx_multigraph_isolated_nodes_and_drawing_survive():
    network = nx.MultiGraph([(0, 1), (0, 1), (1, 1)])
    network.add_node(2)
    lattice = lattices.graph(network)
    assert lattice.degrees.tolist() == [2, 4, 0]
    hexagon = nx.hexagonal_lattice_graph(1, 1)
    drawn = lattices.graph(hexagon)
    assert drawn.positions.tolist() == [list(hexagon.nodes[node]["pos"]) for node in drawn.labels]


# --- values -----------------------------------------------------------------------------------------------

EXAMPLES = [
    lattices.kagome(3, 3, periodic=(True, False)),
    lattices.square("infinite"),
    lattices.tree(3, 2),
    lattices.complete(5),
    lattices.graph(nx.Graph([("a", "b")])),
]


@pytest.mark.parametrize("lattice", EXAMPLES, ids=plain)
def test_lattice_is_a_read_only_value_that_survives_pickling(lattice):
    arrays = (lattice.bonds, lattice.bond_kind, lattice.positions, lattice.degrees, *lattice.neighbours())
    for again in (pickle.loads(pickle.dumps(lattice)), copy.deepcopy(lattice), copy.copy(lattice)):
        assert again == lattice
        assert hash(again) == hash(lattice)
        assert again.labels == lattice.labels
        np.testing.assert_array_equal(again.bonds, lattice.bonds)
        assert not again.bonds.flags.writeable
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    with pytest.raises(AttributeError):
        lattice.kind = "other"


def test_lattices_key_a_cache_by_value():
    cache = {lattices.square(4, 4): 1, lattices.square(4, 4, periodic=False): 2, lattices.graph([[0, 1]]): 3}
    assert cache[lattices.square(4, 4)] == 1
    assert cache[lattices.square(4, 4, periodic=(False, False))] == 2
    assert cache[lattices.graph([(0, 1)])] == 3
    assert lattices.square(4, 4) != lattices.hypercubic(4, 4)
    assert lattices.graph([[0, 1]]) != lattices.graph([[0, 1]], sites=3)
    assert lattices.graph([[0, 1]]) != lattices.graph([[0, 1]], positions=[[0, 0], [1, 0]])
    assert lattices.square(4, 4) != "square"


def test_a_pickled_torus_is_a_few_numbers():
    lattice = lattices.square(300, 300)
    assert len(lattice.bonds) == 180_000
    assert len(pickle.dumps(lattice)) < 1000


def test_repr_is_one_short_line():
    assert repr(lattices.square(4, 4)) == "<Lattice square 4x4, periodic: 16 sites, 32 bonds>"
    assert repr(lattices.square("infinite")) == "<Lattice square infinite: 1 sites, 2 bonds per cell>"
    assert all(len(repr(lattice)) < 90 for lattice in EXAMPLES)


# --- size and speed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("lattice", [lattices.square(1000, 1000), lattices.cubic(64, 64, 64)], ids=plain)
def test_large_lattices_have_all_their_bonds(lattice):
    assert len(lattice.bonds) == lattice.bond_count
    assert len(lattice.bond_kind) == lattice.bond_count
    assert len(lattice.positions) == lattice.sites


def test_a_torus_for_a_closed_form_costs_nothing_until_its_bonds_are_asked_for():
    lattice = lattices.square(40_000, 40_000)
    assert lattice.bond_count == 2 * 40_000**2
    with pytest.raises(ResourceError, match="48 GiB; use a smaller size"):
        _ = lattice.bonds


def test_import_loads_numpy_and_nothing_heavier():
    heavy = ("scipy", "networkx", "numba", "matplotlib", "pandas")
    code = f"import sys, statmech.lattices as l; l.square(4, 4).bonds; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


# --- make and messages ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"kind": "square", "shape": [16, 16], "periodic": True}, lattices.square(16, 16)),
        ({"kind": "square", "shape": (3, 4), "periodic": [True, False]}, lattices.square(3, 4, periodic=(True, False))),
        ({"kind": "square", "Lx": 3, "Ly": 4}, lattices.square(3, 4)),
        ({"kind": "chain", "shape": 8}, lattices.chain(8)),
        ({"kind": "chain", "shape": [8], "periodic": False}, lattices.chain(8, periodic=False)),
        ({"kind": "chain", "shape": "infinite"}, lattices.chain("infinite")),
        ({"kind": "cubic", "shape": np.array([2, 3, 4])}, lattices.cubic(2, 3, 4)),
        ({"kind": "hypercubic", "shape": [2, 3, 4, 5]}, lattices.hypercubic(2, 3, 4, 5)),
        ({"kind": "hypercubic", "shape": 5}, lattices.hypercubic(5)),
        ({"kind": "graph", "edges": [[0, 1], [1, 2]]}, lattices.graph([[0, 1], [1, 2]])),
        ({"kind": "graph", "edges": [[0, 1]], "sites": 4}, lattices.graph([[0, 1]], sites=4)),
        ({"kind": "complete", "n": 6}, lattices.complete(6)),
        ({"kind": "tree", "coordination": 3, "depth": 2}, lattices.tree(3, 2)),
        ({"kind": "tree", "branching": 2, "depth": 2}, lattices.tree(branching=2, depth=2)),
    ],
    ids=plain,
)
def test_make_reads_what_a_configuration_says(config, expected):
    assert make(**config) == expected


def test_no_submodule_can_take_the_place_of_a_family():
    """Whoever imports a submodule by its path (pytest does) binds its name in the package."""
    submodules = {module.name for module in pkgutil.iter_modules(lattices.__path__)}
    assert len(submodules) > len(KINDS)
    assert not submodules & {*KINDS, "make"}


def test_kinds_lists_every_family_by_the_name_of_its_function():
    assert set(KINDS) == {*TILED, "complete", "tree", "graph"}
    assert all(getattr(lattices, name) is family for name, family in KINDS.items())


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"kind": "sqare", "shape": [4, 4]}, r"kind: .*got 'sqare'; did you mean 'square'"),
        ({"kind": 3}, r"kind: expected one of chain, .*, got 3"),
        ({"kind": ["square"]}, r"kind: expected one of .*, got \['square'\]"),
        ({"kind": "square"}, r"square: shape: missing; expected shape, Lx, Ly"),
        ({"kind": "hypercubic"}, r"hypercubic: expected at least one size, got none"),
        ({"kind": "square", "shape": 4}, r"square: shape: expected 2 sizes \(Lx, Ly\), got 4"),
        ({"kind": "square", "shape": [4, 4, 4]}, r"expected 2 sizes \(Lx, Ly\), got \[4, 4, 4\]"),
        ({"kind": "square", "shape": []}, r"expected 2 sizes \(Lx, Ly\), got \[\]"),
        ({"kind": "square", "shape": [4, 0]}, r"square: Ly: expected at least 1, got 0"),
        ({"kind": "square", "shape": [-4, 4]}, r"square: Lx: expected at least 1, got -4"),
        ({"kind": "square", "shape": [4.0, 4]}, r"square: Lx: expected an integer, got 4.0 \(float\)"),
        ({"kind": "square", "shape": [4, True]}, r"square: Ly: expected an integer, got True \(bool\)"),
        ({"kind": "square", "shape": [4, None]}, r"square: expected 2 sizes \(Lx, Ly\), got \[4\]"),
        ({"kind": "square", "shape": [4, "infinite"]}, r"square: 'infinite' stands alone"),
        ({"kind": "square", "shape": "infinte"}, r"got 'infinte'; did you mean 'infinite'"),
        ({"kind": "square", "shape": {"x": 4}}, r"shape: expected an integer per direction or 'infinite'"),
        ({"kind": "square", "shape": "infinite", "periodic": False}, r"an infinite lattice has no boundary, got False"),
        ({"kind": "cubic", "shape": "infinite"}, r"cubic: .*closed forms exist for chain, square"),
        ({"kind": "hypercubic", "shape": "infinite"}, r"hypercubic: .*closed forms exist for chain, square"),
        ({"kind": "hypercubic", "shape": [3, 3, 3, "4"]}, r"hypercubic: L4: expected an integer, got '4' \(str\)"),
        ({"kind": "square", "shape": [4, 4], "periodic": "no"}, r"periodic: expected true or false, .*got 'no'"),
        ({"kind": "square", "shape": [4, 4], "periodic": [True, 1]}, r"periodic: expected true or false"),
        ({"kind": "square", "shape": [4, 4], "periodic": [True]}, r"periodic: expected one per direction \(2\)"),
        ({"kind": "square", "shape": [4, 4], "Lx": 4}, r"expected shape or Lx, Ly, got both"),
        ({"kind": "square", "shape": [4, 4], "edges": [[0, 1]]}, r"square: unknown parameter 'edges'"),
        ({"kind": "square", "shape": [4, 4], "priodic": True}, r"unknown parameter 'priodic'.*mean 'periodic'"),
        ({"kind": "square", "shape": [10**6, 10**6]}, r"at most 2\^31 sites, got 1000000000000"),
        ({"kind": "graph"}, r"graph: edges: missing"),
        ({"kind": "graph", "edges": [[0, 1]], "shape": [2]}, r"graph: shape: a graph has none, got \[2\]"),
        ({"kind": "graph", "edges": [[0, 1]], "periodic": False}, r"graph: periodic: a graph has no directions"),
        ({"kind": "graph", "edges": []}, r"an empty list says nothing about the sites"),
        ({"kind": "graph", "edges": [[0, -1]]}, r"from 0 to 2\^31 - 1, got \[0, -1\] in edge 0"),
        ({"kind": "graph", "edges": [[0, 1], [1, 2.0]]}, r"edge 1: expected an integer, got 2.0 \(float\)"),
        ({"kind": "graph", "edges": [[0, 1], [1]]}, r"two site numbers, got \[1\] in edge 1"),
        ({"kind": "graph", "edges": [[0, 1, 2]]}, r"two site numbers, got \[0, 1, 2\] in edge 0"),
        ({"kind": "graph", "edges": [[False, True]]}, r"edge 0: expected an integer, got False \(bool\)"),
        ({"kind": "graph", "edges": [["a", "b"]]}, r"edge 0: expected an integer, got 'a' \(str\)"),
        ({"kind": "graph", "edges": [[0, 10**30]]}, r"below 2\^31|from 0 to 2\^31 - 1"),
        ({"kind": "graph", "edges": [[0, 2**40]]}, r"from 0 to 2\^31 - 1"),
        ({"kind": "graph", "edges": "edges.txt"}, r"expected pairs of site numbers like .*got 'edges.txt'"),
        ({"kind": "graph", "edges": 7}, r"expected pairs of site numbers like .*got 7"),
        ({"kind": "graph", "edges": [[0, 5]], "sites": 3}, r"sites from 0 to 2, got \[0, 5\] in edge 0"),
        ({"kind": "graph", "edges": [[0, 1]], "sites": 2.0}, r"graph: sites: expected an integer, got 2.0"),
        ({"kind": "graph", "edges": [[0, 1]], "positions": [[0, 0]]}, r"positions: expected 2 finite rows"),
        ({"kind": "graph", "edges": nx.DiGraph([(0, 1)])}, r"undirected graph, got a directed one"),
        ({"kind": "graph", "edges": nx.Graph()}, r"a graph with nodes"),
        ({"kind": "graph", "edges": nx.Graph([(0, 1)]), "sites": 2}, r"has its own nodes, got 2"),
        ({"kind": "complete"}, r"complete: n: missing"),
        ({"kind": "complete", "n": 0}, r"complete: n: expected at least 1, got 0"),
        ({"kind": "complete", "shape": 4}, r"complete: shape: a complete has none, got 4; it takes n"),
        ({"kind": "complete", "n": 2**32}, r"at most 2\^31 sites"),
        ({"kind": "tree", "depth": 2}, r"one of coordination .* and branching"),
        ({"kind": "tree", "coordination": 3, "branching": 2, "depth": 2}, r"got coordination=3, branching=2"),
        ({"kind": "tree", "coordination": 3}, r"tree: depth: expected an integer, got None"),
        ({"kind": "tree", "coordination": 1, "depth": 2}, r"tree: coordination: expected at least 2, got 1"),
        ({"kind": "tree", "coordination": 3, "depth": -1}, r"tree: depth: expected at least 0, got -1"),
        ({"kind": "tree", "coordination": 3, "depth": 10**9}, r"tree: expected at most 2\^31 sites"),
        (
            {"kind": "tree", "coordination": 2, "depth": 2**31},
            r"tree: expected at most 2\^31 sites, got at least 4294967297",
        ),
    ],
    ids=plain,
)
def test_a_mistake_is_refused_with_the_parameter_what_was_expected_and_what_came(config, message):
    with pytest.raises(InputError, match=message) as caught:
        make(**config)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, StatmechError)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("kind", [kind for kind in TILED if kind not in ("chain", "hypercubic")])
def test_a_forgotten_size_is_a_message_not_a_typeerror(kind):
    with pytest.raises(InputError, match=rf"{kind}: expected \d sizes \(Lx, Ly.*\), got \[4\]"):
        KINDS[kind](4)
    if kind not in WITH_CLOSED_FORM:
        with pytest.raises(InputError, match="closed forms exist"):
            KINDS[kind]("infinite")


def test_hypercubic_takes_sizes_or_a_shape_but_not_both():
    assert lattices.hypercubic(shape=[3, 3]) == lattices.hypercubic(3, 3)
    with pytest.raises(InputError, match="got both"):
        lattices.hypercubic(3, shape=[3])
    with pytest.raises(InputError, match="expected a list of sizes, got 3"):
        lattices.hypercubic(shape=3)
