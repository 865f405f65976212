"""A results file opens everywhere, comes back as it went in, and is never half a file."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from statmech.dataset import Axis, Solution, assemble
from statmech.errors import ResultsError, StatmechError
from statmech.levels import EnergyLevels
from statmech.results import (
    SCHEMA_VERSION,
    check_writable,
    open_results,
    read_stored_levels,
    write_results,
    write_stored_levels,
)
from statmech.summation import sum_levels
from statmech.thermodynamics import thermodynamics

TEMPERATURES = [0.0, 0.5, 1.0, 2.0, np.inf]


def spin_pairs(couplings: list[float], fields: list[float], temperatures: list[float], **solution: object) -> list:
    """Solutions, one per coupling, each over fields and temperatures: two spins, summed by the engine."""
    found = []
    for coupling in couplings:
        levels = EnergyLevels([-coupling, coupling, -coupling], [1, 2, 1], observables={"magnetization": [2.0, 0, -2]})
        result = thermodynamics(sum_levels(levels, temperatures, fields=fields))
        found.append(Solution(result, "level_sum", "levels are few", 1e-12, "reduced", sites=2, symbol="J", **solution))
    return found


def sweep() -> xr.Dataset:
    """Three dimensions, one with text labels and sizes, T = 0 and inf, errors, status."""
    axes = [
        Axis("shape", [[4, 4], [8, 8]], "model.lattice.shape"),
        Axis("field", [0.0, 0.1, 0.2], "model.field", role="field"),
        Axis("temperature", TEMPERATURES, "temperature", role="temperature"),
    ]
    error = np.full((3, len(TEMPERATURES)), 0.01)
    status = np.arange(15, dtype=np.int8).reshape(3, 5) % 2
    solutions = spin_pairs([1.0, 2.0], [0.0, 0.1, 0.2], TEMPERATURES, errors={"heat_capacity": error}, status=status)
    dataset = assemble(
        solutions, axes, attributes={"title": "β J sweep", "config": "model:\n  kind: ising\n"}
    ).dataset()
    dataset.coords["sites"] = ("shape", [16, 64], {"long_name": "Number of sites"})
    return dataset


def curve() -> xr.Dataset:
    return sweep().isel(shape=0, field=0, drop=True)


def point() -> xr.Dataset:
    return curve().isel(temperature=2)


def plane() -> xr.Dataset:
    return sweep().isel(shape=1, drop=True)


DATASETS = {"scalars": point, "curve": curve, "plane": plane, "sweep": sweep}
each_dataset = pytest.mark.parametrize("make", DATASETS.values(), ids=DATASETS)


def header(command: list[str]) -> str:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed (Debian: netcdf-bin, hdf5-tools)")
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@each_dataset
def test_what_was_written_comes_back_identical(make, tmp_path):
    dataset = make()
    before = dataset.copy(deep=True)
    write_results(dataset, tmp_path / "r.h5", reproducible=True)
    xr.testing.assert_identical(open_results(tmp_path / "r.h5"), dataset)
    xr.testing.assert_identical(dataset, before)  # and the writer left its argument alone


@each_dataset
def test_all_readers_agree_on_names_units_and_dimensions(make, tmp_path):
    dataset = make()
    path = write_results(dataset, tmp_path / "r.h5")
    expected = {name: (v.dims, v.attrs.get("units")) for name, v in dataset.variables.items()}
    with xr.open_dataset(path) as opened:
        assert {name: (v.dims, v.attrs.get("units")) for name, v in opened.variables.items()} == expected
        for name in dataset.variables:
            np.testing.assert_array_equal(opened[name].values, dataset[name].values)
    with h5py.File(path, "r") as file:
        found = {}
        for name, node in file.items():
            attached = tuple(Path(scale[0].name).name for scale in node.dims if len(scale))
            found[name] = (attached or dataset[name].dims, node.attrs.get("units"))  # none at a scale itself
        assert found == expected
    with netCDF4.Dataset(path) as file:
        assert {n: (v.dimensions, getattr(v, "units", None)) for n, v in file.variables.items()} == expected
        assert not any(dim.isunlimited() for dim in file.dimensions.values())
    text = header(["ncdump", "-h", str(path)])
    for name, (dims, units) in expected.items():
        kind = r"(double|int64|byte|string)"
        assert re.search(rf"\t{kind} {name}{re.escape('(' + ', '.join(dims) + ')') if dims else ''} ;", text), name
        assert units is None or f'{name}:units = "{units}"' in text
    text = header(["h5dump", "-H", str(path)])
    assert all(f'DATASET "{name}"' in text for name in expected)


def test_scale_of_every_axis_is_attached_in_plain_h5py(tmp_path):
    path = write_results(sweep(), tmp_path / "r.h5")
    with h5py.File(path, "r") as file:
        np.testing.assert_array_equal(file["heat_capacity"].dims[2][0][()], TEMPERATURES)
        assert file["shape"].asstr()[()].tolist() == ["4x4", "8x8"]


def test_floats_have_no_fill_value_and_status_keeps_its_flags(tmp_path):
    path = write_results(sweep(), tmp_path / "r.h5")
    with h5py.File(path, "r") as file:
        assert all("_FillValue" not in node.attrs for node in file.values())
        assert file["status"].dtype == np.int8
        assert file["status"].attrs["flag_masks"].dtype == np.int8
        assert file["status"].attrs["flag_masks"].tolist() == [1, 2, 4, 8, 16, 32, 64]
        assert len(file["status"].attrs["flag_meanings"].split()) == 7
    back = open_results(path)
    assert back.status.dtype == np.int8
    xr.testing.assert_identical(back.status, sweep().status)


def test_non_finite_temperatures_and_values_survive(tmp_path):
    dataset = xr.Dataset({"x": ("temperature", [np.nan, -np.inf, 1.0])}, {"temperature": [0.0, np.inf, np.nan]})
    write_results(dataset, tmp_path / "r.h5", reproducible=True)
    xr.testing.assert_identical(open_results(tmp_path / "r.h5"), dataset)


def test_viewer_attributes_are_in_the_file_and_not_in_the_dataset(tmp_path):
    path = write_results(sweep(), tmp_path / "r.h5")
    with h5py.File(path, "r") as file:
        attributes = dict(file.attrs)
        assert attributes["NX_class"] == "NXdata"
        assert attributes["signal"] == "heat_capacity"
        assert list(attributes["axes"]) == [".", "field", "temperature"]  # a viewer refuses a text axis
        assert {"log_z", "entropy"} <= set(attributes["auxiliary_signals"])
        assert not any(name.endswith("_errors") for name in attributes["auxiliary_signals"])
        assert "heat_capacity_errors" in file  # the NeXus name for error bars
        for name in (attributes["signal"], *attributes["auxiliary_signals"]):
            assert file[name].shape == file["heat_capacity"].shape
    assert not {"NX_class", "signal", "axes", "auxiliary_signals"} & open_results(path).attrs.keys()


def test_scalars_are_no_nexus_plot(tmp_path):
    path = write_results(point(), tmp_path / "r.h5")
    with h5py.File(path, "r") as file:
        assert "NX_class" not in file.attrs  # H5Web answers a scalar signal with an error page


def test_reproducible_files_are_equal_byte_by_byte_across_processes(tmp_path):
    samples = xr.Dataset({"energy": (("temperature", "step"), np.arange(15.0).reshape(5, 3))}, curve().coords)
    dataset = sweep()
    coords = {name: dataset.coords[name] for name in ("temperature", "sites", "field", "shape")}  # not the order read
    dataset = xr.Dataset(dict(dataset.data_vars), coords, dataset.attrs)
    write_results(dataset, tmp_path / "r.h5", reproducible=True, samples=samples)
    script = (
        "import sys; from statmech.results import open_results, write_results;"
        "write_results(open_results(sys.argv[1]), sys.argv[2], reproducible=True,"
        " samples=open_results(sys.argv[1], 'samples'))"
    )
    subprocess.run([sys.executable, "-c", script, tmp_path / "r.h5", tmp_path / "again.h5"], check=True)
    write_results(dataset, tmp_path / "second.h5", reproducible=True, samples=samples)
    first = (tmp_path / "r.h5").read_bytes()
    assert first == (tmp_path / "second.h5").read_bytes()
    assert first == (tmp_path / "again.h5").read_bytes()


def test_time_of_writing_is_kept_by_a_rewrite_and_dropped_when_reproducible(tmp_path):
    path = write_results(curve().assign_attrs(created="2001-01-01T00:00:00+00:00"), tmp_path / "r.h5")
    assert open_results(path).attrs["created"] == "2001-01-01T00:00:00+00:00"
    assert "created" in open_results(write_results(curve(), path)).attrs
    assert "created" not in open_results(write_results(open_results(path), path, reproducible=True)).attrs


def test_samples_are_a_group_with_their_own_coordinates(tmp_path):
    samples = xr.Dataset(
        {"energy": (("temperature", "step"), np.arange(6.0).reshape(2, 3))},
        {"temperature": ("temperature", [1.0, 2.0], {"units": "K"})},
        {"seed": 1},
    )
    path = write_results(sweep(), tmp_path / "r.h5", samples=samples)  # five temperatures above, two here
    xr.testing.assert_identical(open_results(path, "samples"), samples)
    xr.testing.assert_identical(open_results(path).drop_attrs(), sweep().drop_attrs())
    with xr.open_dataset(path, group="samples") as opened:
        xr.testing.assert_equal(opened.load(), samples)
    with pytest.raises(ResultsError, match="no group 'traces'"):
        open_results(path, "traces")


def test_the_c_library_can_append(tmp_path):
    path = write_results(sweep(), tmp_path / "r.h5")
    with netCDF4.Dataset(path, "a") as file:
        file.createVariable("extra", "f8", ("temperature",))[:] = np.arange(5.0)
        file.note = "added"
    again = open_results(path)
    assert again.attrs["note"] == "added"
    np.testing.assert_array_equal(again["extra"], np.arange(5.0))
    np.testing.assert_array_equal(again["entropy"], sweep()["entropy"])


def test_only_large_numeric_variables_are_compressed_and_checked(tmp_path):
    big = np.linspace(0, 1, 20_000)
    dataset = xr.Dataset({"big": ("z", big), "small": ("y", big[:100]), "text": ("z", [f"{x:.9f}" for x in big])})
    path = write_results(dataset, tmp_path / "r.h5")
    with h5py.File(path, "r") as file:
        assert (file["big"].compression, file["big"].compression_opts) == ("gzip", 4)
        assert file["big"].shuffle
        assert file["big"].fletcher32
        assert file["small"].chunks is None
        assert not file["text"].fletcher32
    image = bytearray(path.read_bytes())
    with h5py.File(path, "r") as file:
        where = file["big"].id.get_chunk_info(0).byte_offset
    image[where + 100] ^= 1  # one bit flipped on the disk is noticed
    path.write_bytes(image)
    with pytest.raises(ResultsError, match="damaged"):
        open_results(path)


@pytest.mark.parametrize(
    "value", ["", "β\nx", ["one"], ["a", "b"], 3, -(2**63), 1.5, np.nan, [1.5, 2.5], "x" * 200_000]
)
def test_attributes_of_the_allowed_types_come_back(value, tmp_path):
    back = open_results(write_results(curve().assign_attrs(it=value), tmp_path / "r.h5")).attrs["it"]
    np.testing.assert_array_equal(back, value)
    assert type(back) is type(value) or isinstance(back, np.ndarray)


BAD_ATTRIBUTES = {
    "none": None,
    "numpy text": np.str_("a"),
    "text array": np.array(["a", "b"]),
    "mixed": ["a", 1],
    "empty": [],
    "no": False,
    "complex": 1j,
    "big": 2**63,
    "matrix": np.eye(2),
    "half": np.float16(1),
    "long double": np.longdouble(1),
    "nul": "a\0b",
    "surrogate": "\udc80",
    "lengthy": np.zeros(10_000),
    "dict": {"a": 1},
    "ragged": [[1], [1, 2]],
}


def test_every_bad_attribute_and_variable_is_named_at_once_and_nothing_is_written(tmp_path):
    dataset = curve().assign(
        half=("z", np.zeros(2, np.float16)),
        longer=("z", np.zeros(2, np.longdouble)),
        waves=("z", np.zeros(2, complex)),
        gaps=("z", np.array(["a", None], dtype=object)),
        when=("z", np.zeros(2), {"units": "days since 1970-01-01"}),
        lasted=("z", np.zeros(2), {"units": "seconds"}),
        scaled=("z", np.zeros(2), {"scale_factor": 2.0}),
        nothing=("void", np.zeros(0)),
    )
    dataset[" a/b"] = 1.0
    dataset.attrs |= BAD_ATTRIBUTES | {"axes": "temperature", "signal": "x", "coordinates": "y"}
    path = tmp_path / "r.h5"
    with pytest.raises(ResultsError) as caught:
        write_results(dataset, path)
    message = str(caught.value)
    names = ["half", "longer", "waves", "gaps", "when.units", "lasted.units", "void", "' a/b'"]
    names += ["attribute scaled.scale_factor", *(f"attribute {name}" for name in [*BAD_ATTRIBUTES, "axes", "signal"])]
    assert [name for name in names if name not in message] == []
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=40, deadline=None)
@given(
    values=hnp.arrays(
        st.sampled_from([np.float32, np.float64, np.int8, np.int16, np.int32, np.int64, np.bool_]),
        hnp.array_shapes(max_dims=3, max_side=4),
    ),
    text=st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")),
    words=st.lists(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")), min_size=1),
)
def test_any_allowed_array_and_text_comes_back(values, text, words, tmp_path_factory):
    dims = [f"axis_{k}" for k in range(values.ndim)]
    dataset = xr.Dataset({"x": (dims, values), "words": ("word", words)}, attrs={"text": text, "words": words})
    path = write_results(dataset, tmp_path_factory.mktemp("any") / "r.h5", reproducible=True)
    xr.testing.assert_identical(open_results(path), dataset)
    assert open_results(path)["x"].dtype == values.dtype


def test_a_lazy_dataset_and_a_dask_client_do_not_matter(tmp_path, monkeypatch):
    import xarray.backends.writers as writers

    monkeypatch.setattr(writers, "get_dask_scheduler", lambda *_: "distributed", raising=False)
    path = write_results(sweep(), tmp_path / "r.h5", reproducible=True)
    with xr.open_dataset(path, cache=False, engine="h5netcdf") as lazy:
        again = write_results(lazy.drop_attrs(deep=False), tmp_path / "again.h5", reproducible=True)
    xr.testing.assert_equal(open_results(again), sweep())


# ---- the file on the disk


def old_file(folder: Path) -> tuple[Path, bytes]:
    path = write_results(curve().assign_attrs(title="old"), folder / "r.h5")
    return path, path.read_bytes()


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_full_disk_at_any_step_leaves_the_old_file(step, tmp_path, monkeypatch):
    path, before = old_file(tmp_path)

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    if step == "write":
        monkeypatch.setattr(os, "fdopen", full)
    elif step == "fsync":
        monkeypatch.setattr(os, "fsync", full)
    else:
        monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ResultsError, match=r"disk is full; free some space.*older file is unchanged"):
        write_results(sweep(), path)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_limit_on_the_file_size_leaves_the_old_file(tmp_path):
    resource = pytest.importorskip("resource")
    path, before = old_file(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))
    try:
        with pytest.raises(ResultsError, match="older file is unchanged"):
            write_results(sweep(), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupt_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path, before = old_file(tmp_path)

    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_results(sweep(), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_killed_while_writing_the_file_is_always_whole(tmp_path):
    path = tmp_path / "r.h5"
    script = (
        "import sys, numpy as np, xarray as xr; from statmech.results import write_results; k = 0\n"
        "while True:\n"
        "    k += 1; ds = xr.Dataset({'x': ('z', np.full(100_000, float(k)))}, attrs={'k': k})\n"
        "    write_results(ds, sys.argv[1])\n"
        "    print(k, flush=True)"
    )
    with subprocess.Popen([sys.executable, "-c", script, path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "1\n"
        seen = []
        while len(seen) < 20:  # read while it is replaced again and again
            dataset = open_results(path)
            assert np.all(dataset["x"] == dataset.attrs["k"])
            seen.append(dataset.attrs["k"])
        time.sleep(0.013)
        process.kill()
    assert seen == sorted(seen)
    dataset = open_results(path)
    assert np.all(dataset["x"] == dataset.attrs["k"])


def test_what_a_killed_writer_left_is_swept_away_later(tmp_path):
    stale, fresh = tmp_path / ".r.h5.0123abcd.part", tmp_path / ".r.h5.4567cdef.part"
    stale.touch()
    fresh.touch()
    os.utime(stale, (0, 0))
    write_results(curve(), tmp_path / "r.h5")
    assert not stale.exists()
    assert fresh.exists()  # may belong to somebody who is writing now


def test_a_reader_in_the_middle_keeps_what_it_opened(tmp_path):
    path, _ = old_file(tmp_path)
    with xr.open_dataset(path) as opened:
        write_results(sweep(), path)
        assert opened.attrs["title"] == "old"
        np.testing.assert_array_equal(opened["entropy"], curve()["entropy"])
    assert open_results(path).attrs["title"] == "β J sweep"


def test_a_link_stays_a_link_and_new_files_obey_the_umask(tmp_path):
    path, _ = old_file(tmp_path)
    (tmp_path / "latest.h5").symlink_to(path)
    write_results(sweep(), tmp_path / "latest.h5")
    assert (tmp_path / "latest.h5").is_symlink()
    assert open_results(path).attrs["title"] == "β J sweep"
    (tmp_path / "plain").touch()
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("attempt", [check_writable, lambda path: write_results(curve(), path)])
def test_places_that_cannot_be_written_are_explained(attempt, tmp_path):
    with pytest.raises(ResultsError, match=r"folder .*missing' does not exist; create it"):
        attempt(tmp_path / "missing" / "r.h5")
    with pytest.raises(ResultsError, match="is a folder or device"):
        attempt(tmp_path)
    with pytest.raises(ResultsError, match="name is too long"):
        attempt(tmp_path / ("x" * 250))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.EACCES, "folder .* cannot be written; change its permissions"),
        (errno.EROFS, "file system is read-only"),
        (errno.EDQUOT, "quota is used up"),
        (errno.EIO, "could not be written"),
    ],
)
def test_refusals_of_the_system_say_what_to_do(number, advice, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(ResultsError, match=advice):
        check_writable(tmp_path / "r.h5")
    with pytest.raises(ResultsError, match=advice) as caught:
        write_results(curve(), tmp_path / "r.h5")
    assert "unchanged" not in str(caught.value)  # there was none


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_file_or_folder_is_left_alone(tmp_path):
    path, before = old_file(tmp_path)
    path.chmod(0o444)
    with pytest.raises(ResultsError, match="read-only; make it writable"):
        write_results(sweep(), path)
    tmp_path.chmod(0o555)
    with pytest.raises(ResultsError, match="cannot be written"):
        write_results(sweep(), tmp_path / "other.h5")
    tmp_path.chmod(0o755)
    assert path.read_bytes() == before


def test_checking_a_place_leaves_no_trace(tmp_path):
    path, before = old_file(tmp_path)
    check_writable(path)
    check_writable(tmp_path / "new.h5")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


# ---- files that are not what they should be


def test_files_that_are_no_results_say_what_they_are(tmp_path):
    def refused(name: str, content: bytes | None, match: str) -> None:
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(ResultsError, match=match) as caught:
            open_results(tmp_path / name)
        assert name in str(caught.value)

    whole = write_results(sweep(), tmp_path / "r.h5").read_bytes()
    refused("missing.h5", None, "no such file")
    refused("empty.h5", b"", "not an HDF5 file .it is empty")
    refused("table.csv", b"T,C\n1,2\n", "not an HDF5 file .it starts with b'T,C")
    refused("short.h5", whole[:200], "damaged")
    for part in (0.3, 0.6, 0.9, 0.999):
        refused("cut.h5", whole[: int(len(whole) * part)], "damaged")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1.0
    refused("other.h5", None, "not written by statmech")
    (tmp_path / "folder").mkdir()
    refused("folder", None, "is a folder")
    with h5py.File(tmp_path / "newer.h5", "w") as file:
        file.attrs["statmech_schema"] = SCHEMA_VERSION + 1
    refused("newer.h5", None, rf"newer statmech .layout {SCHEMA_VERSION + 1}.*upgrade")
    with pytest.raises(OSError, match="no such file"):
        open_results(tmp_path / "missing.h5")
    assert issubclass(ResultsError, StatmechError)


# ---- levels


@pytest.mark.parametrize(
    "levels",
    [
        EnergyLevels([0.0, 3.845], [1, 3], unit="cm-1", notes={"source": "HITRAN", "skipped": "β"}),
        EnergyLevels([0.0, 1.0, 2.0], [1, 2**200, 0], observables={"magnetization": [1.0, -1.0, 0.0]}, sites=16),
        EnergyLevels([0.0, 1.0], [0.5, 1.5], offset=-1e9),
        EnergyLevels([0.0, 1.0], log_degeneracies=[0.0, 1e6], unit="K"),
        EnergyLevels([1.0, 0.0]),
    ],
    ids=["molecule", "big integers", "weights", "logarithms", "plain"],
)
def test_levels_come_back_with_every_digit(levels, tmp_path):
    path = write_stored_levels(levels, tmp_path / "levels.h5")
    again = read_stored_levels(path)
    assert again.exact_degeneracies == levels.exact_degeneracies
    np.testing.assert_array_equal(again.energies, levels.energies)
    np.testing.assert_array_equal(again.log_g, levels.log_g)
    assert (again.unit, again.offset, again.sites) == (levels.unit, levels.offset, levels.sites)
    assert dict(again.notes) == dict(levels.notes)
    assert {k: v.tolist() for k, v in again.observables.items()} == {
        k: v.tolist() for k, v in levels.observables.items()
    }
    header(["ncdump", "-h", str(path)])


def test_levels_and_results_are_told_apart(tmp_path):
    with pytest.raises(ResultsError, match="no energy levels but results"):
        read_stored_levels(write_results(curve(), tmp_path / "r.h5"))


def test_importing_results_loads_neither_xarray_nor_hdf5():
    script = "import sys, json, statmech.results; print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", script], check=True, capture_output=True).stdout)
    assert not {"xarray", "h5py", "h5netcdf", "pandas", "netCDF4", "dask", "scipy"} & set(loaded)


def test_data_and_configurations_are_never_replaced(tmp_path):
    for name, content in (("a.yaml", b"model: 1\n"), ("short", b"x"), ("levels.npy", b"\x93NUMPY\x01\x00")):
        path = tmp_path / name
        path.write_bytes(content)
        for attempt in (lambda path=path: write_results(curve(), path), lambda path=path: check_writable(path)):
            with pytest.raises(ResultsError, match="is no results file"):
                attempt()
        assert path.read_bytes() == content
    (tmp_path / "empty").touch()
    write_results(curve(), tmp_path / "empty")
    write_results(curve(), tmp_path / "empty")


@pytest.mark.parametrize("text", ["{damaged", "[1]", 3])
def test_a_damaged_attribute_is_a_damaged_file(tmp_path, text):
    path = write_results(xr.Dataset({"log_z": ("temperature", [0.5])}, attrs={"versions": "{}"}), tmp_path / "a.h5")
    with h5py.File(path, "a") as file:
        file.attrs["versions"] = text
    with pytest.raises(ResultsError, match=r"the file is damaged .attribute 'versions' holds no JSON object"):
        open_results(path)
