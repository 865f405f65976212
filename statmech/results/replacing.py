"""A file replaced by a new one, whole or not at all.

A killed writer leaves half a file, and opening a target for writing truncates it before it fails. Here the old file
stays until the new one is complete on the disk.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import secrets
import time
from pathlib import Path

from statmech.errors import ResultsError
from statmech.results.base import MAGIC

__all__ = ["check_writable", "replace"]


def replace(path: Path, content: bytes | memoryview) -> Path:
    """Put new content where the old file was: temporary file, fsync, replace, fsync of the folder.

    Raises
    ------
    ResultsError
        As :func:`check_writable`, or if the disk is full; the old file is then what it was.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     replace(Path(folder, "results.h5"), MAGIC).read_bytes() == MAGIC
    True
    """
    target, part = _target(path)
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
            _sweep(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        if os.name == "posix":  # elsewhere a folder cannot be opened
            folder = os.open(target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except OSError as problem:
        raise _explained(path, target, problem) from problem
    return path


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise now what :func:`~statmech.results.write_results` would raise after hours of work.

    Raises
    ------
    ResultsError
        If the folder is missing or cannot be written, or if the path is no regular file, read-only, or a file
        that is no HDF5: somebody's data or configuration.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     check_writable(f"{folder}/results.h5")  # no news is good news
    """
    path = Path(path)
    target, probe = _target(path)
    try:
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        probe.unlink()
    except OSError as problem:
        raise _explained(path, target, problem) from problem


def _sweep(target: Path) -> None:
    """Delete what writers of this file left that were killed more than an hour ago."""
    for part in target.parent.glob(f".{glob.escape(target.name)}.*.part"):
        with contextlib.suppress(FileNotFoundError):  # another process sweeps too
            if time.time() - part.stat().st_mtime > 3600:
                part.unlink()


def _target(path: Path) -> tuple[Path, Path]:
    """The file behind a symbolic link, and a temporary name beside it."""
    if "\0" in os.fspath(path):
        raise ResultsError(f"output: expected the name of a file; got {os.fspath(path)!r}, with a NUL in it")
    target = Path(os.path.realpath(path))
    if not (os.access(target.parent, os.F_OK) and target.parent.is_dir()):  # pathlib raises where a name is too long
        raise ResultsError(
            f"{path}: the folder {str(path.parent)!r} does not exist; create it (mkdir -p) or choose another output"
        )
    if os.access(target, os.F_OK):
        if not target.is_file():
            raise ResultsError(f"{path}: is a folder or device, expected the name of a file; add a file name")
        if not os.access(target, os.W_OK):
            raise ResultsError(f"{path}: the file is read-only; make it writable (chmod u+w) or choose another output")
        _refuse_foreign(path, target)
    return target, target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")


def _refuse_foreign(path: Path, target: Path) -> None:
    """Results take the place of older results only, never of a configuration or of data."""
    try:
        with target.open("rb") as file:
            head = file.read(8)
    except OSError:
        return  # without permission to read it we cannot know; what cannot be written is told elsewhere
    if head and head != MAGIC:
        raise ResultsError(
            f"{path}: is there already and is no results file (HDF5) but begins with {head!r}; it is left as it is: "
            "choose another name for the output, or remove it first"
        )


def _explained(path: Path, target: Path, problem: OSError) -> ResultsError:
    kept = "; the older file is unchanged" if os.access(target, os.F_OK) else ""
    advice = {
        errno.ENOSPC: "the disk is full; free some space or choose another output",
        errno.EDQUOT: "your disk quota is used up; free some space or choose another output",
        errno.EACCES: f"the folder {str(path.parent)!r} cannot be written; change its permissions or choose another",
        errno.EPERM: f"the folder {str(path.parent)!r} cannot be written; change its permissions or choose another",
        errno.EROFS: "the file system is read-only; choose another output",
        errno.ENAMETOOLONG: "the file name is too long; choose a shorter one",
    }
    return ResultsError(
        f"{path}: {advice.get(problem.errno or 0, f'could not be written: {problem.strerror or problem}')}{kept}"
    )
