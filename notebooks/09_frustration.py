# %% [markdown]
# # 9 · Frustration: what is left at absolute zero
#
# Three antiferromagnetic spins on a triangle: the first points up, the second down, and the third cannot please both. Not
# one bond too few, one wish too many. Such *frustrated* systems have many ground states, a residual entropy, and, with
# random bonds, they are the hardest optimisation problems that physics has to offer: spin glasses.
#
# The third law is not broken by any of this. $S(0) = \log g_0$; it is only that $g_0$ can be exponentially large.

# %%
import matplotlib.pyplot as plt
import numpy as np
from checks import frustration as check

import statmech
from statmech import Ising, ground_state, lattices

# %matplotlib inline
plt.style.use("notebook.mplstyle")

# %% [markdown]
# ## One triangle, six ways
#
# **Predict:** of the 8 states of three spins with $J = -1$ on every bond, how many are ground states, with which energy?

# %%
triangle = Ising(lattices.graph([(0, 1), (1, 2), (2, 0)]), coupling=-1.0)
one = ground_state(triangle)
print(f"E0 = {one.energy}, {one.degeneracy} ground states, one of them {one.configuration}")

# %%
# Exercise 1 (easy). A plaquette is frustrated if no state satisfies all its bonds. Write a function that tells from the
# couplings around a closed loop (a list of +1 and -1) whether it is.


def frustrated(couplings):
    return ...


# %% tags=["check"]
check.frustrated(frustrated)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# Walk around the loop and turn the spin at every negative bond: you must come back to the spin you started from.
#
# ```python
# def frustrated(couplings):
#     return bool(np.prod(couplings) < 0)
# ```
#
# (G. Toulouse, 1977.) Only the product matters: turning a spin and the sign of all its bonds changes nothing.
#
# </details>

# %% [markdown]
# ## Antiferromagnets, from happy to hopeless
#
# `configs/ising_frustrated.yaml` solves three infinite lattices exactly: square (no loop of odd length: nothing is
# frustrated), triangular and kagome (triangles everywhere; on the kagome lattice they only share corners).
#
# **Predict:** three entropy curves. Which start from zero? Which lattices will have a phase transition?

# %%
names = ["square", "triangular", "kagome"]
ds = statmech.run("../configs/ising_frustrated.yaml").assign_coords(lattice=names)

fig, (left, right) = plt.subplots(1, 2, figsize=(8.2, 3.4))
for name, dashes in zip(names, ("-", "--", "-."), strict=True):
    left.plot(ds.temperature, ds.entropy.sel(lattice=name), dashes, label=name)
    right.plot(ds.temperature, ds.heat_capacity.sel(lattice=name), dashes, label=name)
left.axhline(np.log(2), color="0.6", linewidth=0.8)
left.annotate(r"$\log 2$", (5.0, np.log(2)), (0, 3), textcoords="offset points", ha="right")
left.set(xlabel="Temperature ($|J|$)", ylabel="Entropy per site ($k_B$)", ylim=(0, 0.76))
right.set(xlabel="Temperature ($|J|$)", ylabel="Heat capacity per site ($k_B$)", ylim=(0, 1.6))
right.legend()
plt.show()
for name in names:
    print(f"{name:10}  S(0) = {float(ds.entropy.sel(lattice=name, temperature=0.0)):.7f} per site")

# %% [markdown]
# G. H. Wannier found 0.3230659 for the triangular lattice in 1950 (his abstract prints 0.3383; an arithmetic slip that took 23
# years to be corrected). More than 46 % of all the entropy of the spins is left at $T = 0$: this magnet is a liquid to the end.
#
# ## How Linus Pauling counted
#
# For ice, Pauling (1935) guessed the residual entropy in two lines. All $2^N$ states, times the fraction that is allowed, for
# each constraint as if it were independent. For a triangle, 6 of 8 states are ground states, so
#
# $$ W \approx 2^N \Big(\frac{6}{8}\Big)^{\text{number of triangles}} . $$

# %%
# Exercise 2 (medium). Give Pauling's estimate of S(0)/N for the kagome lattice (2 triangles for 3 sites) and for the
# triangular lattice (2 triangles for 1 site). Compare with the exact values above: where does it work, and why?

pauling_kagome, pauling_triangular = ..., ...

# %% tags=["check"]
check.pauling(pauling_kagome, pauling_triangular)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# pauling_kagome = np.log(2) + 2 / 3 * np.log(6 / 8)
# pauling_triangular = np.log(2) + 2 * np.log(6 / 8)
# ```
#
# Kagome: 0.5014 against 0.5018. Its triangles touch at corners only and loops of them are long, so the constraints *are* nearly
# independent. Triangular: 0.118 against 0.323, useless: neighbouring triangles share a bond.
#
# </details>

# %% [markdown]
# ## Residual entropy by counting
#
# Where no closed form is known one counts ground states of finite pieces, exactly, and extrapolates. `ground_state` gives the
# degeneracy as an integer. For tori whose side is a multiple of 3 (others are forced to carry a defect):

# %%
counted = {L: ground_state(Ising(lattices.triangular(L, L), coupling=-1.0)).degeneracy for L in (3, 6)}
counted[9] = 547003370634  # ground_state gives this one too, in some seconds
for L, count in counted.items():
    print(f"{L} x {L}: {count:14} ground states, S(0)/N = {np.log(count) / L**2:.6f}")

# %%
# Exercise 3 (medium). The values approach the limit as S(L) = S + c/L^2. Use L = 6 and L = 9 to eliminate c. You should come
# within 0.0005 of Wannier.

extrapolated = ...

# %% tags=["check"]
check.wannier(extrapolated)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# s6, s9 = (np.log(counted[L]) / L**2 for L in (6, 9))
# extrapolated = (81 * s9 - 36 * s6) / (81 - 36)
# ```
#
# </details>

# %% [markdown]
# ## Random bonds: a spin glass
#
# Now let chance set the signs: $J = \pm1$ with equal probability. Half of all plaquettes are frustrated, in no order. The figure
# shows one realisation and one of its ground states; shaded plaquettes are frustrated, thick bonds are unhappy ones.
#
# **Predict:** how many unhappy bonds must every frustrated plaquette have at least? Must every unhappy bond touch a frustrated
# plaquette?

# %%
from statmech.config import load

config = load("../configs/ising_glass.yaml", ["model.lattice.shape=[10, 10]", "model.coupling.seed=4"])
glass = config.model({"model.coupling.seed": 4})
ground = ground_state(glass)
spins, J = np.asarray(ground.configuration), glass.couplings
bonds, places = glass.lattice.bonds, glass.lattice.positions

happy = J * spins[bonds[:, 0]] * spins[bonds[:, 1]] > 0
coupling_of = {tuple(sorted(bond)): value for bond, value in zip(bonds.tolist(), J.tolist(), strict=True)}

fig, ax = plt.subplots(figsize=(5.4, 5.2))
for x in range(9):
    for y in range(9):
        corners = [10 * x + y, 10 * x + y + 1, 10 * x + y + 11, 10 * x + y + 10]
        loop = [coupling_of[tuple(sorted(pair))] for pair in zip(corners, corners[1:] + corners[:1], strict=True)]
        if np.prod(loop) < 0:
            ax.fill(*places[corners].T, color="0.86", zorder=0)
for bond, value, pleased in zip(bonds, J, happy, strict=True):
    look = {"color": "0.45", "linewidth": 1.0} if pleased else {"color": "C5", "linewidth": 3.5}
    ax.plot(*places[bond].T, "-" if value > 0 else ":", zorder=1, **look)
ax.scatter(*places.T, s=70, c=np.where(spins > 0, "#004488", "white"), edgecolors="#004488", zorder=2)
ax.set(aspect="equal", title="Up: filled. Full bonds +1, dotted bonds -1, thick: unhappy")
ax.set_axis_off()
plt.show()
print(f"E0 = {ground.energy:.0f} of {-len(J)} if all bonds were happy; {ground.degeneracy} ground states")

# %% [markdown]
# Step from plaquette to plaquette across the unhappy bonds: they pair up the frustrated plaquettes (or lead out of the
# square) along paths that are as short as possible in sum: the ground state of a planar
# spin glass is a *matching* problem. That is why `statmech` solves planar glasses exactly, and why in three dimensions nobody can.
#
# ## Averages over the disorder
#
# One realisation says little. `configs/ising_glass.yaml` sweeps over seeds as one axis, so the average over disorder is
# `mean("seed")`, and its error bar comes from the scatter.

# %%
glasses = statmech.run(
    "../configs/ising_glass.yaml",
    overrides=["model.lattice.shape=[10, 10]", "sweep.temperature={linspace: [0, 3, 31]}"],
    output="results/ising_glass_10.h5",
)
glasses = glasses[["internal_energy", "entropy", "heat_capacity"]]
mean, error = glasses.mean("seed"), glasses.std("seed", ddof=1) / np.sqrt(glasses.sizes["seed"])

fig, (left, right) = plt.subplots(1, 2, figsize=(8.2, 3.3))
for ax, name, label in (
    (left, "entropy", "Entropy per site ($k_B$)"),
    (right, "heat_capacity", "Heat capacity per site ($k_B$)"),
):
    ax.plot(glasses.temperature, glasses[name], color="0.8", linewidth=0.7, zorder=1)
    ax.errorbar(mean.temperature, mean[name], error[name], fmt="o-", markersize=3, linewidth=1, capsize=2, zorder=2)
    ax.set(xlabel="Temperature", ylabel=label)
left.set_title("20 glasses (grey) and their mean", loc="left")
plt.show()
print(
    f"S(0)/N = {float(mean.entropy[0]):.4f} +- {float(error.entropy[0]):.4f},  E0/N = {float(mean.internal_energy[0]):.4f} +- {float(error.internal_energy[0]):.4f}"
)

# %% [markdown]
# No peak sharpens as the glass grows: in two dimensions it freezes at $T = 0$ only. Its residual entropy comes from spins and
# clusters that are free to turn, because their bonds cancel.

# %%
# Exercise 4 (open). Be the enemy of order. Choose the 24 bonds (each +1 or -1) of an open 4 x 4 square so that it has as many
# ground states as you can. `lattices.square(4, 4, periodic=False)` has its bonds in `.bonds`; there are only 2^9 patterns of
# frustrated plaquettes that matter. More than 100 ground states, please. The ferromagnet has 2.

bonds_of_mine = ...  # 24 numbers, +1 or -1

# %% tags=["check"]
check.enemy_of_order(bonds_of_mine)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# Going through all $2^9$ patterns finds the best, 192 ground states, for frustrated plaquettes like the black fields of a
# chessboard; frustrating all nine gives only 64. A bond in row $x$ ends up negative where an odd number of plaquettes before it
# are frustrated:
#
# ```python
# square = lattices.square(4, 4, periodic=False)
# bonds_of_mine = np.ones(24)
# for k, (a, b) in enumerate(square.bonds.tolist()):
#     if b == a + 4:  # from row x = a // 4 to the next one, in column y = a % 4
#         x, y = divmod(a, 4)
#         bonds_of_mine[k] = np.prod([-1 if (x + c) % 2 == 0 else 1 for c in range(y)])
# ```
#
# </details>

# %% [markdown]
# ## What to take with you
#
# * Frustration is a property of loops: a negative product of couplings.
# * $S(0) = \log g_0$, exactly, as an integer if you like; Pauling's guess is good where constraints do not overlap.
# * Disorder is one more axis of a sweep. Averages come with the scatter of realisations as their error.
#
# **Further:** `statmech run configs/ising_glass.yaml --set model.lattice.shape=[16,16]`; Gaussian couplings
# (`random: gaussian`) have a single pair of ground states: what happens to $S(0)$?
