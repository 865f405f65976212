"""Mutated files for every parser: ``python tests/fuzzing.py TARGET COUNT SEED FOLDER [DATA]``.

A parser may accept a case or refuse it with an error of this package, within five seconds. Anything else ends the
process, with the case left in FOLDER; so does a crash of the interpreter.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import signal
import sys
import time
import warnings
from pathlib import Path

SECONDS = 5
YAML = [
    "title: T\nmodel:\n  kind: ising\n  lattice: {kind: square, shape: [4, 4], periodic: true}\n  coupling: 1.0\n"
    "sweep:\n  temperature: {linspace: [1.5, 3.5, 5]}\n  model.field: [0.0, 0.1]\nmethod: auto\noutput: x.h5\n",
    "model: {kind: two_level, gap: 1.0, degeneracies: [1, 3]}\nsweep: {temperature: [0.5, .inf]}\n"
    "units: {energy: cm-1, output: molar}\n",
    "model: {kind: potts, states: 3, lattice: {kind: graph, edges: [[0, 1], [1, 2]]}, coupling: [1.0, -1e-3]}\n"
    "sweep: {temperature: {geomspace: [0.1, 10, 4]}, model.states: [2, 3]}\nmethod: {kind: enumeration}\n",
]
TEXTS = {
    "delimited": ["energy [cm-1],g\n0,1\n5.5,3\n1e2,5\n", "energy_K g\n0.0 1\n3.5 3\n10 5\n", "E [K];g\n0;1\n2.5;3\n"],
    "exomol": ["1 0.000000 1 0.0 0 e\n2 3.845033 3 1.0 0 f\n3 11.534920 5 2.0 0 e\n"],
    "nist": [
        'Configuration\tTerm\tJ\tPrefix\tLevel (cm-1)\tSuffix\n"3s"\t"2S"\t"1/2"\t""\t"0.0000"\t""\n'
        '"3p"\t"2P*"\t"1/2,3/2"\t"["\t"16956.17"\t"]?"\n"Na II"\t"Limit"\t"---"\t""\t"41449.451"\t""\n'
    ],
    "newick": ["((A:0.1,B:0.2)x:0.3,(C:0.4,'d e':1e-3)[note]:0.5);\n", "(A,(B,C));", "((((a))));"],
    "alignment": [
        ">a\nACGT-N\n>b\nACGTRY\n",
        " 2 6\na         ACGTAC\nb         ACG-AC\n",
        "#NEXUS\nbegin data;\ndimensions ntax=2 nchar=4;\nformat datatype=dna;\nmatrix\na ACGT\nb AC-T\n;\nend;\n",
    ],
    "table": ["100 1.5\n200 2.5\n300 3.7\n", "T Q\n 1.0 1.0\n 2.0 1.25\n"],
    "phonons": [
        "q_x,q_y,q_z,weight,f\n0,0,0,1,0.0\n0.5,0,0,2,3.1\n",
        "mesh: [1, 1, 1]\nnqpoint: 1\nphonon:\n- weight: 1\n",
    ],
    "molecule": ["name,mass\nH2O,18.0\n"],
    "qchem": [" Entering Gaussian System\n SCF Done:  E(RB3LYP) =  -76.4\n Frequencies --   1600.0  3600.0  3700.0\n"],
}
# target -> patterns of real files below the data folder
REAL = {
    "exomol": ["exomol/*Yadin.states", "exomol/*Li2015.states.bz2"],
    "nist": ["atomic/nist_levels_H_I.tsv", "atomic/nist_levels_Ca_II.tsv", "atomic/nist_levels_Na_I.tsv"],
    "newick": ["phylo/*.nwk"],
    "alignment": ["phylo/*.phy"],
    "phonons": ["phonons/nacl*"],
    "molecule": ["molecules/*.csv"],
    "qchem": ["qchem/*.log", "qchem/*.out"],
}
ENDINGS = {
    "delimited": ".csv",
    "yaml": ".yaml",
    "results": ".h5",
    "arrays": ".npz",
    "newick": ".nwk",
    "exomol": ".states",
    "qchem": ".log",
}
TARGETS = ("yaml", "results", "journal", "arrays", *TEXTS)
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
    """One to eight changes to a file: bytes, tokens, pieces of itself or of another, numbers, its end."""
    data = bytearray(rng.choice(seeds))
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
    return bytes(data)


def seeds_of(target, data):
    """Files to begin with: small ones, and the first 8 kB of real ones where these are."""
    found = [text.encode() for text in TEXTS.get(target, [])]
    if target == "yaml":
        found = [text.encode() for text in YAML]
    if target in ("results", "journal"):
        found = [_results(target)]
    if target == "arrays":
        import numpy as np

        for save in (np.savez, np.savez_compressed):
            image = io.BytesIO()
            save(image, energies=np.array([0.0, 1.0, 5.0]), degeneracies=np.array([1.0, 3.0, 5.0]))
            found.append(image.getvalue())
        found.append(b'{"energies": [0.0, 1.5], "degeneracies": [1, 3]}')
    for pattern in REAL.get(target, []) if data else []:
        for path in sorted(Path(data).glob(pattern)):
            content = path.read_bytes()
            found.append(content if content[:4] in (b"\x89HDF", b"BZh9") else content[:8000])
    return found


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
        return lambda path: quiet("show", "--json", str(path))
    if target == "journal":
        from statmech.run import run

        def resumed(path):
            (path.parent / "y.h5.journal").write_bytes(path.read_bytes())
            run(
                {"model": {"kind": "two_level", "gap": 1.0}, "sweep": {"temperature": [1.0, 2.0]}},
                output=path.parent / "y.h5",
            )

        return resumed
    if target in ("delimited", "exomol", "nist", "arrays"):
        from statmech.readers import read_levels

        return read_levels
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
    if target == "molecule":
        from statmech.readers.molecule_table import read_molecule

        return lambda path: read_molecule(path, "H2O")
    from statmech.readers.quantum_chemistry import read_quantum_chemistry

    return read_quantum_chemistry


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
