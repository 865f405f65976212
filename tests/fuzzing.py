"""Mutated files for every parser: ``python tests/fuzzing.py TARGET COUNT SEED FOLDER [DATA]``.

A parser may accept a case or refuse it with an error of this package, within five seconds. Anything else ends the
process, with the case left in FOLDER; so does a crash of the interpreter.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import os
import random
import signal
import sys
import time
import warnings
import zlib
from pathlib import Path

SECONDS = 5
YAML = [
    "title: T\nmodel:\n  kind: ising\n  lattice: {kind: square, shape: [4, 4], periodic: true}\n  coupling: 1.0\n"
    "sweep:\n  temperature: {linspace: [1.5, 3.5, 5]}\n  model.field: [0.0, 0.1]\nmethod: auto\noutput: x.h5\n",
    "model: {kind: two_level, gap: 1.0, degeneracies: [1, 3]}\nsweep: {temperature: [0.5, .inf]}\n"
    "units: {energy: cm-1, output: molar}\n",
    "model: {kind: potts, states: 3, lattice: {kind: graph, edges: [[0, 1], [1, 2]]}, coupling: [1.0, -1e-3]}\n"
    "sweep: {temperature: {geomspace: [0.1, 10, 4]}, model.states: [2, 3]}\nmethod: {kind: enumeration}\n",
    "model: {kind: ising, lattice: {kind: cubic, shape: [2, 2, 2]}, coupling: {random: gaussian, seed: 1}}\n"
    "sweep: {temperature: [1.0, 2.0]}\nmethod: {kind: monte_carlo, algorithm: tempering, seed: 1, sweeps: 1000}\n",
    "model:\n  kind: product\n  parts:\n    - {kind: oscillator, omega: 1.0}\n    - {kind: two_level, gap: 2.0}\n"
    "sweep: {temperature: [1.0]}\n",
]
LOG = """\
 Copyright (c) 1988,1990,1992,1993,1995,1998,2003,2009, Gaussian, Inc.
 Entering Gaussian System, Link 0=g09
 and D. J. Fox, Gaussian, Inc., Wallingford CT, 2009.

 ******************************************
 Gaussian 09:  IA32W-G09RevA.02 11-Jun-2009
                21-Mar-2019
 ******************************************
 Charge =  0 Multiplicity = 1
                         Standard orientation:
 ---------------------------------------------------------------------
 Center     Atomic      Atomic             Coordinates (Angstroms)
 Number     Number       Type             X           Y           Z
 ---------------------------------------------------------------------
      1          8           0        0.000000    0.000000    0.119000
      2          1           0        0.000000    0.757000   -0.476000
      3          1           0        0.000000   -0.757000   -0.476000
 ---------------------------------------------------------------------
 Rotational constants (GHZ):    825.4420000    437.6150000    285.9950000
 SCF Done:  E(RHF) =  -75.5859600000     A.U. after   10 cycles
 Harmonic frequencies (cm**-1), IR intensities (KM/Mole), Raman scattering
 Frequencies --  1650.0000              3700.0000              3800.0000

 Molecular mass:    18.01056 amu.
 Rotational symmetry number  2.
 Rotational constants (GHZ):     825.44200   437.61500   285.99500
 Normal termination of Gaussian 09 at Thu Mar 21 12:59:09 2019.
"""
ATOM = "".join(
    line
    for line in LOG.splitlines(keepends=True)
    if not line.startswith((" Frequencies", " Harmonic", " Rotational", "      2  ", "      3  "))
)
LINEAR = """\
 Entering Gaussian System, Link 0=g09
 and D. J. Fox, Gaussian, Inc., Wallingford CT, 2013.

 ******************************************
 Gaussian 09:  EM64L-G09RevD.01 24-Apr-2013
                17-Mar-2016
 ******************************************
                         Standard orientation:
 ---------------------------------------------------------------------
 Center     Atomic      Atomic             Coordinates (Angstroms)
 Number     Number       Type             X           Y           Z
 ---------------------------------------------------------------------
      1          6           0        0.000000    0.000000   -0.640000
      2          8           0        0.000000    0.000000    0.490000
 ---------------------------------------------------------------------
 Rotational constants (GHZ):      0.0000000     57.5000000     57.5000000
 Harmonic frequencies (cm**-1), IR intensities (KM/Mole), Raman scattering
 Frequencies --   2200.0000

 Molecular mass:    27.99491 amu.
 Rotational symmetry number  1.
 Normal termination of Gaussian 09 at Thu Mar 17 13:22:05 2016.
"""
TEXTS = {
    "delimited": [
        "energy [cm-1],g\n0,1\n5.5,3\n1e2,5\n",
        "energy(K) g\n0.0 1\n3.5 3\n10 5\n",
        "E [K];g\n0;1\n2.5;3\n",
        "# levels\nE (cm-1)\tJ\tunc\n0.0\t1/2\t0.0\n881.0\t3/2\t0.05\n",
    ],
    "exomol": ["1 0.000000 1 0.0 0 e\n2 3.845033 3 1.0 0 f\n3 11.534920 5 2.0 0 e\n"],
    "nist": [
        'Configuration\tTerm\tJ\tPrefix\tLevel (cm-1)\tSuffix\n"3s"\t"2S"\t"1/2"\t""\t"0.0000"\t""\n'
        '"3p"\t"2P*"\t"1/2,3/2"\t"["\t"16956.17"\t"]?"\n"Na II"\t"Limit"\t"---"\t""\t"41449.451"\t""\n'
    ],
    "marvel": ["# v J Ka Kc E unc lines\n0 0 0 0 0.0 0.0 9\n0 1 0 1 23.794361 1e-6 12\n\n1 1 1 1 1631.2 0.00003 4\n"],
    "rule": ["(2*J + 1) * (3 if (Ka + Kc + v) % 2 else 1)", "2*J+1", "4 if 0 < v < 5 and not Ka == Kc else J**2 + 1"],
    "override": [
        "model.gap=2",
        "sweep.temperature=[1, 2.5e-1, .inf]",
        "units={energy: cm-1, output: molar}",
        "title=x",
    ],
    "newick": ["((A:0.1,B:0.2)x:0.3,(C:0.4,'d e':1e-3)[note]:0.5);\n", "(A:1,(B:2,C:.5):1);", "((((a:1):1):1):1,b:2);"],
    "alignment": [
        ">a\nACGT-N\n>b\nACGTRY\n",
        " 2 6\na         ACGTAC\nb         ACG-AC\n",
        "2 8\na  ACGT ACGT\nb  AC-T NNRY\n",
    ],
    "table": ["100 1.5\n200 2.5\n300 3.7\n", "# T Q\n 1.0 1.0\n 2.0 1.25\n"],
    "phonons": [
        "mesh: [1, 1, 2]\nnqpoint: 2\nphonon:\n- q-position: [0.0, 0.0, 0.0]\n  weight: 1\n  band:\n"
        "  - frequency: 0.0\n  - frequency: 3.5\n- q-position: [0.0, 0.0, 0.5]\n  weight: 2\n  band:\n"
        "  - frequency: 1.5\n  - frequency: 3.0\n",
        "# Tetrahedron method\n0.0 0.0\n0.5 1.5\n1.0 0.25\n1.5 0.0\n",
    ],
    "molecule": [
        "# made up\nname,mass_u,geometry,symmetry_number,electronic_degeneracy,rot_constants_cm-1,wavenumbers_cm-1\n"
        "H2O,18.0,nonlinear,2,1,27.9 14.5 9.3,1595 3657 3756\nN2,28.0,linear,2,1,2.0,2330\nAr,39.9,atom,1,1,,\n",
    ],
    "qchem": [LOG, LINEAR, ATOM],
    "numbers": ["1.0 -2.5\n3e-2 4\n", "1\n2\n3\n4\n"],
}
# target -> patterns of real files below the data folder, and how much of each
REAL = {
    "exomol": ["exomol/*Yadin.states", "exomol/*Li2015.states.bz2"],
    "nist": ["atomic/nist_levels_H_I.tsv", "atomic/nist_levels_Ca_II.tsv", "atomic/nist_levels_Na_I.tsv"],
    "newick": ["phylo/*.nwk"],
    "alignment": ["phylo/*.phy"],
    "phonons": ["phonons/*.hdf5", "phonons/*.yaml", "phonons/*.dat"],
    "molecule": ["molecules/*.csv"],
    "qchem": ["qchem/*H2O.log", "qchem/*methane.log"],
}
WHOLE = ("qchem", "newick", "alignment")  # the beginning of one of these is none
ENDINGS = {
    "delimited": ".csv",
    "yaml": ".yaml",
    "results": ".h5",
    "arrays": ".npz",
    "newick": ".nwk",
    "exomol": ".states",
    "qchem": ".log",
}
BINARY = ("results", "journal", "arrays")
TARGETS = ("yaml", *BINARY, "stream", *TEXTS)
TOKENS = [
    token.encode()
    for token in [
        "nan",
        "inf",
        "-inf",
        "1e999",
        "-1",
        "0",
        "1e-320",
        "0x10",
        "!!python/object:os.system",
        "&a",
        "*a",
        "null",
        "true",
        "<<",
        "---",
        "...",
        "-",
        "#",
        "%",
        "1/2",
        "kind",
        "=",
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        ":",
        ",",
        ";",
        "'",
        '"',
        "−",
    ]
]
TOKENS += [b"\t", b"\n", b"\r", b"\0", b"\xff", b"\xef\xbb\xbf", b"9" * 30, b"(" * 2000, b"[" * 2000, b" " * 300]


def mutated(rng, seeds):
    """Half of the cases are changed as a typist or an editor does, so that many are still valid; half by force."""
    data = bytearray(rng.choice(seeds))
    return bytes(touched(rng, data) if rng.random() < 0.5 else damaged(rng, data, seeds))


def touched(rng, data):
    """One small change: a digit, a letter's case, a blank, a line."""
    what = rng.randrange(7)
    if b"\0" in data[:512] or what == 0:  # one digit, or byte
        digits = [k for k in range(len(data)) if 48 <= data[k] < 58]
        if digits and (what < 5 or b"\0" not in data[:512]):
            data[rng.choice(digits)] = rng.randrange(48, 58)
        elif data:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        return data
    lines = data.splitlines(keepends=True) or [b""]
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    if what == 1:
        lines[i], lines[j] = lines[j], lines[i]
    elif what == 2:
        lines[i:i] = [lines[i]]
    elif what == 3:
        del lines[i]
    elif what == 4:
        lines[i] = lines[i].replace(b" ", rng.choice((b"  ", b"\t", b"")), 1)
    elif what == 5:
        lines[i] = lines[i].rstrip() + rng.choice((b"\r\n", b" \n", b"\n\n", b" # note\n"))
    else:
        lines[i] = lines[i].swapcase() if rng.random() < 0.5 else lines[i].replace(b".", b",")
    return b"".join(lines)


def damaged(rng, data, seeds):
    """One to eight changes: bytes, tokens, pieces of itself or of another, numbers, its end."""
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        if not data:
            data += rng.choice(TOKENS)
        i = rng.randrange(len(data))
        j = min(len(data), i + rng.choice((1, 2, 4, 16, 64, 256)))
        what = rng.randrange(9)
        if what == 0:
            data[i] ^= 1 << rng.randrange(8)
        elif what == 1:
            data[i] = rng.randrange(256)
        elif what == 2:
            del data[i:j]
        elif what == 3:
            data[i:i] = rng.choice(TOKENS)
        elif what == 4:
            data[i:j] = rng.choice(TOKENS)
        elif what == 5:
            data[i:i] = data[i:j] * rng.choice((1, 2, 20))
        elif what == 6:
            other = rng.choice(seeds)
            k = rng.randrange(max(1, len(other)))
            data[i:j] = other[k : k + (j - i)]
        elif what == 7:
            del data[i:]
        else:  # a digit, where there is one
            digits = [k for k in range(i, min(len(data), i + 200)) if 48 <= data[k] < 58]
            if digits:
                k = rng.choice(digits)
                data[k : k + 1] = rng.choice((b"0", b"9", b"-3", b"1e9", b".", b"77777777"))
    return data


def seeds_of(target, data):
    """Files to begin with, small ones and real ones (of long ones the first 8 kB); each is accepted as it is."""
    found = [text.encode() for text in TEXTS.get(target, [])]
    if target == "yaml":
        found = [text.encode() for text in YAML]
    elif target in ("results", "journal"):
        found = [_results(target)]
    elif target == "arrays":
        found = _arrays()
    elif target == "stream":
        found = [text.encode() for name in ("delimited", "exomol", "nist") for text in TEXTS[name]]
        found += [bz2.compress(text) for text in found[:4]] + [gzip.compress(text, mtime=0) for text in found[:4]]
    for pattern in REAL.get(target, []) if data else []:
        for path in sorted(Path(data).glob(pattern)):
            content = path.read_bytes()
            if target not in WHOLE and content[:4] not in (b"\x89HDF", b"BZh9"):
                content = _head(content)
            found.append(content)
    return found


def _head(content, size=8000):
    """The first lines; of YAML up to where an entry of the mesh begins."""
    if len(content) <= size:
        return content
    cut = content.rfind(b"\n- q-position", 0, size)
    return content[: (cut if cut > 0 else content.rfind(b"\n", 0, size)) + 1]


def _arrays():
    """Levels as NumPy, zip, HDF5 and JSON files, of all kinds of numbers."""
    import h5py
    import numpy as np

    E, g = np.array([0.0, 1.0, 5.0]), np.array([1, 3, 5])
    found = []
    for array in (E, E.astype(np.float32), np.column_stack([E, g]), np.asfortranarray(np.column_stack([E, g]))):
        found.append(io.BytesIO())
        np.save(found[-1], array)
    for save in (np.savez, np.savez_compressed):
        found.append(io.BytesIO())
        save(found[-1], energies=E, degeneracies=g, unit="cm-1")
    found.append(io.BytesIO())
    np.savez(found[-1], E=E, J=(g - 1) / 2, unc=0.1 * E)
    for options in ({}, {"compression": "gzip", "chunks": (2,)}):
        found.append(io.BytesIO())
        with h5py.File(found[-1], "w") as file:
            file.create_dataset("energies", data=E, **options).attrs["units"] = "cm-1"
            file.create_dataset("degeneracies", data=g.astype(np.uint16), **options)
    texts = [
        '{"energies": [0.0, 1.5], "degeneracies": [1, 3], "unit": "cm-1"}',
        "[0, 1.5, 2e3]",
        '{"E": [1], "g": [2]}',
    ]
    return [image.getvalue() for image in found] + [text.encode() for text in texts]


def _results(target):
    import tempfile

    from statmech.run import run

    journal = sys.modules["statmech.run.journal"]
    journal._KEEP_ABOVE = -1.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.h5")
        run({"model": {"kind": "two_level", "gap": 1.0}, "sweep": {"temperature": [1.0, 2.0]}}, output=path)
        return (path if target == "results" else journal.journal_path(path)).read_bytes()


def runner(target):
    """What a target does with a file."""
    from statmech.cli import main

    def quiet(*arguments):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(list(arguments))
        assert code in (0, 1, 2), code
        assert "Traceback" not in err.getvalue(), err.getvalue()
        assert "fault of statmech" not in err.getvalue(), err.getvalue()
        return code == 0

    if target == "yaml":
        return lambda path: quiet("plan", str(path), "--no-trial")
    if target == "results":
        Path("right.h5").write_bytes(_results(target))
        commands = [("show", "--json"), ("show",), ("diff", "right.h5")]

        def looked_at(path):
            return quiet(*commands[zlib.crc32(path.read_bytes()) % len(commands)], str(path))

        return looked_at
    if target == "journal":
        return _resumed()
    if target == "override":
        Path("base.yaml").write_text(YAML[1].replace("molar", "reduced"))
        return lambda path: quiet("plan", "base.yaml", "--no-trial", "--set=" + path.read_bytes().decode("latin-1"))
    if target == "arrays":
        from statmech.readers import read_levels

        return lambda path: read_levels(path, format="arrays", unit="cm-1")
    if target in ("delimited", "exomol", "nist"):
        from statmech.readers import read_levels

        return read_levels
    if target == "marvel":
        from statmech.readers import read_levels

        return lambda path: read_levels(
            path, format="marvel", columns="v J Ka Kc energy unc lines", degeneracy="2*J + 1 if Ka < 3 else 2"
        )
    if target == "rule":
        from statmech.readers import read_levels

        names = "v J Ka Kc energy unc lines"
        Path("levels.txt").write_text(TEXTS["marvel"][0])
        return lambda path: read_levels(
            "levels.txt", format="marvel", columns=names, degeneracy=path.read_bytes().decode("latin-1")
        )
    if target == "stream":
        return _streamed
    if target == "numbers":
        from statmech.disorder import FileValues

        def numbers(path):
            if path.read_bytes()[:1] in (b"2", b"4"):  # text by its name, an array by its content
                path = path.rename(path.with_suffix(".npy"))
            try:
                return FileValues(path).read()
            finally:
                path.rename(path.with_suffix(".txt"))

        return numbers
    if target == "newick":
        from statmech.inference.phylogeny.newick import read_tree

        return read_tree
    if target == "alignment":
        from statmech.inference.phylogeny.sequence_files import read_alignment

        return read_alignment
    if target == "table":
        from statmech.readers.tables import read_partition_table

        return read_partition_table
    if target == "phonons":
        from statmech.readers.phonons import read_phonons

        return read_phonons
    return _molecule(target == "molecule")


def _molecule(table):
    """Constants that are accepted make a model whose values are numbers."""
    import numpy as np

    from statmech.models.molecule import Molecule
    from statmech.readers.molecule_table import read_molecule
    from statmech.readers.quantum_chemistry import read_quantum_chemistry
    from statmech.solve import solve

    def read(path):
        found = read_molecule(path, "H2O") if table else read_quantum_chemistry(path)
        assert found.mass > 0 or not table, found
        ds = solve(Molecule(file=path, name="H2O" if table else None), [298.15])
        assert all(np.isfinite(ds[name].values).all() for name in ("log_z", "entropy", "heat_capacity")), ds
        return True

    return read


def _resumed():
    """A run that goes on from a damaged journal ends with the right numbers, or not at all."""
    from statmech.results import open_results
    from statmech.run import run

    config = {"model": {"kind": "two_level", "gap": 1.0}, "sweep": {"temperature": [1.0, 2.0]}}
    right = run(config)

    def resumed(path):
        Path("y.h5.journal").write_bytes(path.read_bytes())
        found = run(config, output="y.h5")
        assert all(found[name].equals(right[name]) for name in right.data_vars), "other numbers than without a journal"
        assert open_results("y.h5").sizes == right.sizes

    return resumed


def _streamed(path):
    """In chunks as in one piece: the same levels, or both refused."""
    import numpy as np

    from statmech.errors import StatmechError
    from statmech.readers import iter_levels, read_levels

    try:
        whole = read_levels(path)
    except StatmechError:
        whole = None
    try:
        parts = list(iter_levels(path, chunk_size=2))
    except StatmechError:
        parts = []
    if whole is None:
        # chunks without a populated level are passed over, in one piece there must be one
        assert not parts or sum(len(part) for part in parts) == 0, "read in chunks, but not in one piece"
        return False
    populated = whole.log_g > -np.inf
    got = np.concatenate([part.energies[part.log_g > -np.inf] for part in parts] or [np.empty(0)])
    assert np.array_equal(got, whole.energies[populated]), "other levels in chunks"
    return True


class TooLongError(BaseException):
    """Five seconds are over."""


def fuzz(target, count, seed, folder, data=None):
    """So many cases; returns how many were accepted."""
    from statmech.errors import StatmechError

    def late(signum, frame):
        raise TooLongError

    signal.signal(signal.SIGALRM, late)
    rng = random.Random(f"{target}-{seed}")
    seeds, attempt = seeds_of(target, data), runner(target)
    for content in seeds:
        path = Path(folder, f"case{ENDINGS.get(target, '.txt')}")
        path.write_bytes(content)
        assert attempt(path) is not False, f"a seed is refused: {content[:200]!r}"
    accepted = 0
    warnings.simplefilter("ignore")  # of libraries about odd numbers
    for number in range(count):
        path = Path(folder, f"case{ENDINGS.get(target, '.txt')}")
        path.write_bytes(mutated(rng, seeds))
        begun = time.process_time()
        signal.setitimer(signal.ITIMER_REAL, 20 * SECONDS)  # the machine may be shared; what counts is its own time
        try:
            words = "accepted"
            accepted += attempt(path) is not False
        except StatmechError as refusal:
            words = str(refusal).strip()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        assert words, "a refusal without words"
        assert time.process_time() - begun < SECONDS, f"case {number} took {time.process_time() - begun:.1f} s"
        path.unlink()
    return accepted


if __name__ == "__main__":
    what, many, start, where, *rest = sys.argv[1:]
    os.chdir(where)
    print(f"{what}: {many} cases, {fuzz(what, int(many), int(start), where, *rest)} accepted")
