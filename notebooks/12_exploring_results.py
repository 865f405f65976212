# %% [markdown]
# # 12 · Exploring a result
#
# A calculation that nobody can open in five years is lost. `statmech` writes one HDF5 file per run with everything in it: numbers, units, the
# method and why it was chosen, the configuration, versions. This notebook opens such a file in every way you will need: the command line,
# xarray, plain h5py, figures; and then uses the file to reproduce itself.

# %%
import h5py
import matplotlib.pyplot as plt
import numpy as np
from checks import exploring_results as check

import statmech
from statmech.plots import plot_quantity, plot_thermodynamics

# %matplotlib inline
plt.style.use("notebook.mplstyle")

# %% [markdown]
# ## Make one
#
# In a terminal: `statmech run configs/ising_square.yaml`, a $4\times4$ Ising torus over temperature and field. In a notebook, `%run -m` calls the
# very same program.

# %%
# %run -m statmech run ../configs/ising_square.yaml -o results/tour.h5

# %% [markdown]
# ## Look at it: `statmech show`
#
# **Predict:** which dimensions and variables will it have? Which numbers about the *calculation* would you want to find?

# %%
# %run -m statmech show results/tour.h5

# %% [markdown]
# `statmech show --json` gives the same to a program; `statmech plot` and `statmech report` make figures and one self-contained HTML page.
#
# ## Open it: xarray
#
# A `Dataset` is arrays with names. Dimensions are the axes of the sweep; you select by *value*, not by index.

# %%
ds = statmech.open_results("results/tour.h5")
ds

# %%
at_two = ds.sel(temperature=2.0, method="nearest")
print("C at T = 2 and h = 0, 0.5:", at_two.heat_capacity.values.round(4))
print("units:", ds.entropy.attrs["units"], "|", ds.magnetization.attrs["long_name"])
print(ds[["entropy", "heat_capacity"]].isel(field=0).to_dataframe().iloc[::45])

# %%
# Exercise 1 (easy). At which temperature does the heat capacity at h = 0 have its maximum? Use .sel and .idxmax.

hottest = ...

# %% tags=["check"]
check.maximum(hottest)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# hottest = float(ds.heat_capacity.sel(field=0.0).idxmax("temperature"))
# ```
#
# </details>

# %% [markdown]
# ## Figures
#
# Functions of `statmech.plots` take labels and units from the Dataset. Without being told they put temperature to the right and the other axis
# into the key.

# %%
plot_thermodynamics(ds)

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(8.0, 3.3))
plot_quantity(ds, "magnetization", ax=left)
plot_quantity(ds.isel(temperature=slice(20, None)), "susceptibility", ax=right)
plt.show()

# %% [markdown]
# ## Trust, but differentiate
#
# $C$ was computed from fluctuations. It must equal $dU/dT$, and $S$ must grow by $\int C/T\,dT$. With labelled axes such checks are one line.

# %%
slope = ds.internal_energy.differentiate("temperature", edge_order=2)
gained = (ds.heat_capacity / ds.temperature).cumulative_integrate("temperature")

fig, (left, right) = plt.subplots(1, 2, figsize=(8.0, 3.2))
for k, h in enumerate(ds.field.values):
    left.plot(ds.temperature, ds.heat_capacity.sel(field=h), color=f"C{k}", label=f"$C$, $h$ = {h:g}")
    left.plot(ds.temperature[::6], slope.sel(field=h)[::6], "o", color=f"C{k}", markersize=3)
    right.semilogy(
        ds.temperature[1:], abs((ds.entropy - ds.entropy.isel(temperature=0) - gained).sel(field=h))[1:], color=f"C{k}"
    )
left.set(xlabel="Temperature", ylabel="Heat capacity", title="Lines: $C$. Points: $dU/dT$")
left.legend()
right.set(xlabel="Temperature", ylabel=r"$|S - S_0 - \int C/T\, dT|$", title="Error of the trapezium rule")
plt.show()

# %%
# Exercise 2 (medium). Is the difference between C and dU/dT an error of statmech or of the finite difference? Decide by an
# experiment: run the configuration again with four times as many temperatures and give the factor by which the largest difference
# at h = 0.5 shrinks. (statmech.run("../configs/ising_square.yaml", overrides=["sweep.temperature={linspace: [...]}"]) )

shrinks_by = ...

# %% tags=["check"]
check.finite_difference(shrinks_by)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def largest_difference(result):
#     there = result.sel(field=0.5)
#     slope = there.internal_energy.differentiate("temperature", edge_order=2)
#     return float(abs(slope - there.heat_capacity).max())
#
#
# finer = statmech.run(
#     "../configs/ising_square.yaml", overrides=["sweep.temperature={linspace: [0.5, 5.0, 721]}"], output="results/finer.h5"
# )
# shrinks_by = largest_difference(ds) / largest_difference(finer)
# ```
#
# Central differences err by the square of the step: four times finer, sixteen times better. The error is in the difference; $C$ has 12 digits.
#
# </details>

# %% [markdown]
# ## No statmech at hand: h5py
#
# The file is plain HDF5, compatible with netCDF-4: `ncdump`, `h5dump`, HDFView, MATLAB, Julia, and H5Web in a browser read it. Units and long names are
# attributes; the attributes `NX_class`, `signal` and `axes` tell viewers what to draw.

# %%
with h5py.File("results/tour.h5") as file:
    print({name: item.shape for name, item in file.items()})
    print("signal:", file.attrs["signal"], "| axes:", list(file.attrs["axes"]))
    print("heat capacity in", file["heat_capacity"].attrs["units"])

# %%
# Exercise 3 (medium). Write a reader for people without xarray: from the path of a results file and the name of a variable, return the
# array, its unit (str) and the list of the names of its axes. h5py keeps the axes as dimension scales: `variable.dims[k][0].name`.


def read_variable(path, name):
    return ...


# %% tags=["check"]
check.reader(read_variable)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def read_variable(path, name):
#     with h5py.File(path) as file:
#         variable = file[name]
#         axes = [variable.dims[k][0].name.lstrip("/") for k in range(variable.ndim)]
#         return variable[...], str(variable.attrs["units"]), axes
# ```
#
# </details>

# %% [markdown]
# ## The file knows where it comes from
#
# The attributes hold the text of the configuration, its resolved form and the versions. That is enough to run it again.

# %%
import json

for key in ("method", "method_reason", "exactness", "relative_error_bound", "versions"):
    print(f"{key:22}{ds.attrs[key]}")
again = statmech.run(json.loads(ds.attrs["config_resolved"]), output="results/again.h5")
print("equal to the last bit:", bool(np.array_equal(again.heat_capacity, ds.heat_capacity)))

# %%
# Exercise 4 (open). Take the stored configuration, change it, and make a result of your own: at least three axes of the sweep (for example
# temperature, model.field and model.coupling), at least 1000 points, written to results/mine.h5. Give the path.

mine = ...

# %% tags=["check"]
check.own_result(mine)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# config = json.loads(ds.attrs["config_resolved"])
# config["sweep"] = {"temperature": {"linspace": [0.5, 5.0, 91]}, "model.field": [0.0, 0.2, 1.0], "model.coupling": [-1.0, 0.0, 0.5, 1.0]}
# mine = "results/mine.h5"
# statmech.run(config, output=mine)
# ```
#
# Any dotted path of the model is an axis. A coupling of 0 is a paramagnet: compare its $M$ with $\tanh(h/T)$.
#
# </details>

# %% [markdown]
# ## What to take with you
#
# * One file, self-describing; select by value; check identities in one line.
# * `config_resolved` in the attributes *is* the experiment. Keep the file and you keep the recipe.
#
# **Further:** `ds.to_netcdf`, `ds.to_dataframe().to_csv("table.csv")`; drop the file onto <https://myhdf5.hdfgroup.org>; `pip install jupyterlab-h5web` opens
# it beside this notebook; `statmech report results/tour.h5` for a page to send to somebody.
