"""The file of a journal: SQLite beside the results, one row for each finished unit.

Only the driver writes. A row that was committed survives whatever happens to the process; what is being written when
it dies is rolled back at the next opening. Each row carries a checksum, which SQLite does not have: one that was
damaged on the disk counts as not there. The journal is locked as long as a run has it open.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Final

from statmech.errors import ResultsError

__all__ = ["SCHEMA_VERSION", "Database", "journal_path"]

SCHEMA_VERSION: Final = 2
"""Raised when rows of before must not be used: another layout, or other numbers from the same parameters."""

_SEAL_BYTES: Final = 8

_TABLES = """
create table if not exists about (name text primary key, value text) without rowid;
create table if not exists structure (id integer primary key, digest blob unique, text text);
create table if not exists unit (key text primary key, structure integer, data blob) without rowid;
create table if not exists progress (key text primary key, text text, data blob) without rowid;
"""


def journal_path(output: Path) -> Path:
    """Where the journal of a results file is.

    Examples
    --------
    >>> journal_path(Path("results/a.h5")).name
    'a.h5.journal'
    """
    target = Path(os.path.realpath(output))
    return target.with_name(f"{target.name}.journal")


class Database:
    """An open journal; a context manager that keeps the file.

    Parameters
    ----------
    path : Path
        SQLite file; made where there is none.

    Raises
    ------
    ResultsError
        If another run has it open (with what is known of that run), or it cannot be opened, or is no journal, or
        was written by a newer version.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Database(Path(folder, "a.journal")) as journal:
    ...     journal.add([("key", "structure", b"data")])
    ...     list(journal.units(["key", "other"])), len(journal)
    ([('key', 'structure', b'data')], 1)
    """

    def __init__(self, path: Path) -> None:
        self.path, self._owner = path, path.with_name(f"{path.name}.owner")
        self._structures: dict[str, int] = {}
        self._db: sqlite3.Connection | None = None
        try:
            self._db = sqlite3.connect(path, timeout=0.0, isolation_level=None, check_same_thread=False)
            self._db.execute("pragma locking_mode = exclusive")
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = normal")
            self._db.execute("begin exclusive")  # the lock is taken here, and kept
            for table in _TABLES.strip().split("\n"):
                self._db.execute(table)
            version = _version(self.about("schema"))
            self.note("schema", str(SCHEMA_VERSION))
            self._db.execute("commit")
            found = self._db.execute("select text, id from structure")
            self._structures = {
                blake2b(str(text).encode(), digest_size=16).hexdigest(): number for text, number in found
            }
        except (sqlite3.Error, ResultsError) as problem:
            if self._db is not None:
                self._db.close()
            raise (self._explained(problem) if isinstance(problem, sqlite3.Error) else problem) from problem
        if version > SCHEMA_VERSION:
            self.close()
            raise ResultsError(
                f"{path}: written by a newer statmech; upgrade it, or give --fresh to discard the journal"
            )
        with contextlib.suppress(OSError):  # for messages only
            now = datetime.now(UTC).isoformat(timespec="seconds")
            about = {"process": os.getpid(), "host": socket.gethostname(), "since": now}
            self._owner.write_text(json.dumps(about))

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        """Number of finished units."""
        with self._errors():
            return int(self._connection.execute("select count(*) from unit").fetchone()[0])

    def empty(self) -> bool:
        """Whether there is neither a finished unit nor progress of one; False where that cannot be told."""
        try:
            query = "select exists (select 1 from unit) or exists (select 1 from progress)"
            return not self._connection.execute(query).fetchone()[0]
        except (sqlite3.Error, ResultsError):
            return False

    def about(self, name: str) -> str | None:
        """What was noted under a name."""
        with self._errors():
            row = self._connection.execute("select value from about where name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def note(self, name: str, value: str) -> None:
        """Note a text under a name."""
        with self._errors():
            self._connection.execute("insert or replace into about values (?, ?)", (name, value))

    def add(self, rows: Iterable[tuple[str, str, bytes]], done: Iterable[str] = ()) -> None:
        """Finished units: key, structure and data of each; and keys whose progress is of no use any more."""
        with self._errors(), self._transaction() as db:
            for key, text, data in rows:
                sealed = _seal(key, text, data) + data
                db.execute("insert or replace into unit values (?, ?, ?)", (key, self._structure(db, text), sealed))
            db.executemany("delete from progress where key = ?", ((key,) for key in done))

    def units(self, keys: Iterable[str]) -> Iterator[tuple[str, str, bytes]]:
        """Key, structure and data of those of the keys that are finished, and whole."""
        db = self._connection
        query = (
            "select structure.text, unit.data from unit join structure on structure.id = unit.structure where key = ?"
        )
        with self._errors():
            for key in keys:
                row = _whole(key, db.execute(query, (key,)).fetchone())
                if row is not None:
                    yield key, *row

    def keep(self, key: str, text: str, data: bytes) -> None:
        """How far a long unit is."""
        with self._errors():
            sealed = _seal(key, text, data) + data
            self._connection.execute("insert or replace into progress values (?, ?, ?)", (key, text, sealed))

    def progress(self, key: str) -> tuple[str, bytes] | None:
        """What was kept under a key, where it is whole."""
        with self._errors():
            row = self._connection.execute("select text, data from progress where key = ?", (key,)).fetchone()
        return _whole(key, row)

    def clear(self) -> None:
        """Discard everything."""
        with self._errors(), self._transaction() as db:
            for table in ("unit", "progress", "structure"):
                db.execute(f"delete from {table}")  # noqa: S608  names from this line
            self._structures.clear()

    def check(self) -> None:
        """See that the file is still where it was.

        Raises
        ------
        ResultsError
            If the folder was deleted or the file was replaced: rows would go nowhere.
        """
        if not os.access(self.path, os.F_OK):
            raise ResultsError(f"{self.path}: the journal is gone; was the folder deleted or moved during the run?")

    def flush(self) -> None:
        """Bring the rows into the file itself and onto the disk."""
        with self._errors():
            self._connection.execute("pragma wal_checkpoint(passive)")

    def close(self, discard: bool = False) -> None:
        """Give up the lock; with ``discard``, delete the file."""
        if self._db is None:
            return
        db, self._db = self._db, None
        with contextlib.suppress(OSError):
            self._owner.unlink(missing_ok=True)
        with contextlib.suppress(sqlite3.Error):
            db.close()
        if discard:
            for name in ("", "-wal", "-shm"):
                with contextlib.suppress(OSError):
                    self.path.with_name(self.path.name + name).unlink(missing_ok=True)

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._db is None:
            raise ResultsError(f"{self.path}: the journal is closed")
        return self._db

    def _structure(self, db: sqlite3.Connection, text: str) -> int:
        digest = blake2b(text.encode(), digest_size=16).hexdigest()
        if digest not in self._structures:
            number = db.execute("insert into structure (digest, text) values (?, ?)", (digest, text)).lastrowid
            self._structures[digest] = int(number or 0)
        return self._structures[digest]

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        db, known = self._connection, dict(self._structures)
        try:
            db.execute("begin")  # inside: a signal may come right behind it; left open, it bars the checkpoint
            yield db
            db.execute("commit")
        except BaseException:
            self._structures = known
            with contextlib.suppress(sqlite3.Error):
                db.execute("rollback")
            raise

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as problem:
            raise self._explained(problem) from problem

    def _explained(self, problem: sqlite3.Error) -> ResultsError:
        words = str(problem)
        if "locked" in words or "busy" in words:
            return ResultsError(
                f"{self.path}: another run is writing there{self._holder()}; wait, or choose another output"
            )
        if "full" in words:
            words = "the disk is full; free some space and run again: finished points are kept"
        elif "readonly" not in words and "unable to open" not in words:
            words = f"is no journal of a run, or damaged ({words}); --fresh discards it and begins anew"
        else:
            words = f"cannot be written ({words}); change the permissions of its folder, or choose another output"
        return ResultsError(f"{self.path}: {words}")

    def _holder(self) -> str:
        try:
            about = json.loads(self._owner.read_text())
            return f" (process {about['process']} on {about['host']}, since {about['since']})"
        except (OSError, ValueError, KeyError, TypeError):
            return ""


def _seal(key: str, text: str, data: bytes) -> bytes:
    """Checksum of a row."""
    return blake2b(b"\0".join((key.encode(), text.encode(), data)), digest_size=_SEAL_BYTES).digest()


def _whole(key: str, row: tuple[object, object] | None) -> tuple[str, bytes] | None:
    """Structure and data of a row with the checksum it was written with, else None."""
    if row is None or not isinstance(row[0], str) or not isinstance(row[1], bytes):
        return None
    seal, data = row[1][:_SEAL_BYTES], row[1][_SEAL_BYTES:]
    return (row[0], data) if seal == _seal(key, row[0], data) else None


def _version(text: str | None) -> int:
    if text is not None and not text.isdecimal():
        raise ResultsError(f"the version of the journal is {text[:20]!r}; --fresh discards it and begins anew")
    return SCHEMA_VERSION if text is None else int(text[:9])
