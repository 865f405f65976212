"""The journal of a run: what is finished, and how far long chains are, so that a run goes on where it was."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from statmech.dataset import Solution
from statmech.errors import ResultsError
from statmech.run.journal.database import SCHEMA_VERSION, Database, journal_path
from statmech.run.journal.records import decode, encode

__all__ = ["SCHEMA_VERSION", "Journal", "journal_path"]

_KEEP_ABOVE: Final = 60.0  # seconds of work: the journal of a shorter run is deleted when it is finished
# Keys of a configuration that change no number of a point, or only which points there are.
_FREE = ("title", "output", "extends", "sweep", "units.output", "units.per")
_SHOWN = 8  # changed keys in a message


class Journal:
    """An open journal of one results file.

    Parameters
    ----------
    output : Path
        The results file; the journal stands beside it.
    config : mapping
        Resolved configuration of this run.
    files : mapping of str to str
        Name of each file that is read -> hash of its content.
    fresh : bool
        Discard what is there.

    Raises
    ------
    ResultsError
        If another run writes there, the file cannot be used, or it is of another configuration: the message says
        which keys changed and what ``fresh`` would discard.
    """

    def __init__(self, output: Path, config: Mapping[str, Any], files: Mapping[str, str], fresh: bool = False) -> None:
        path = journal_path(output)
        self.database = _fresh(path) if fresh else Database(path)
        self.seconds = 0.0
        try:
            identity = {"config": _identity(config), "files": dict(files), "axes": sorted(config.get("sweep", {}))}
            self._compare(self._noted(), identity)
            self.database.note("identity", json.dumps(identity))
        except BaseException:
            self.database.close()
            raise

    def _noted(self) -> Any:
        """Identity of the run before, None where there was none."""
        try:
            self.seconds = float(self.database.about("seconds") or 0.0)
            old = json.loads(self.database.about("identity") or "null")
            if old is not None:
                dict(old["config"]), dict(old["files"]), list(old["axes"])
        except (ValueError, TypeError, KeyError, RecursionError):
            raise ResultsError(
                f"{self.database.path}: what the journal says of its run is damaged; --fresh discards it"
            ) from None
        return old

    def _compare(self, old: Any, new: Mapping[str, Any]) -> None:
        count = len(self.database)
        if old is None or not count:
            return
        swept = {*old["axes"], *new["axes"]}
        lines = []
        for name in dict.fromkeys([*old["config"], *new["config"]]):
            before, after = old["config"].get(name, "not there"), new["config"].get(name, "not there")
            if before != after and not any(name == path or name.startswith(f"{path}.") for path in swept):
                lines.append(f"{name} was {before}, is {after}")
        lines += [
            f"the content of {name} has changed"
            for name, digest in new["files"].items()
            if old["files"].get(name, digest) != digest
        ]
        if lines:
            more = [f"and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
            units = "unit" if count == 1 else "units"
            raise ResultsError(
                f"{self.database.path}: holds {count} finished {units} of another configuration: "
                f"{'; '.join(lines[:_SHOWN] + more)}. Go on with that configuration, choose another output (-o FILE), "
                f"or discard {'them' if count > 1 else 'it'} with --fresh"
            )

    def load(self, keys: Iterable[str]) -> dict[str, Solution]:
        """Key -> solution of those that are finished; a damaged row counts as not finished."""
        found = {}
        for key, text, data in self.database.units(keys):
            with contextlib.suppress(ResultsError):
                value = decode(text, data)
                if isinstance(value, Solution):
                    found[key] = value
        return found

    def add(self, solutions: Mapping[str, Solution], done: Iterable[str] = (), seconds: float = 0.0) -> None:
        """Finished units by key, and keys whose progress is of no use any more."""
        self.seconds += seconds
        self.database.add(((key, *encode(value)) for key, value in solutions.items()), done)

    def keep(self, key: str, value: Any) -> None:
        """The cumulants of a part, or the state of a chain."""
        self.database.keep(key, *encode(value))

    def progress(self, key: str) -> Any:
        """What was kept, None where there is nothing or it is damaged."""
        row = self.database.progress(key)
        if row is not None:
            with contextlib.suppress(ResultsError):
                return decode(*row)
        return None

    def flush(self) -> None:
        """Make sure that the file is there and what was noted is on the disk."""
        self.database.check()
        self.database.note("seconds", repr(self.seconds))
        self.database.flush()

    def close(self, finished: bool = False) -> None:
        """Give up the lock; the journal of a finished run stays only where it saves more than a minute of work."""
        if not finished:
            with contextlib.suppress(ResultsError):
                self.database.note("seconds", repr(self.seconds))
        self.database.close(discard=self.database.empty() if not finished else self.seconds < _KEEP_ABOVE)


def _fresh(path: Path) -> Database:
    """An empty journal in place of whatever is there."""
    try:
        database = Database(path)
    except ResultsError as problem:
        if "--fresh" not in str(problem):
            raise
        for name in ("", "-wal", "-shm"):
            path.with_name(path.name + name).unlink(missing_ok=True)
        return Database(path)
    database.clear()
    return database


def _identity(config: Mapping[str, Any]) -> dict[str, str]:
    """Dotted path -> value as JSON, of everything that decides the numbers of a point."""
    flat: dict[str, str] = {}

    def walk(value: Any, path: str) -> None:
        if path in _FREE:
            return
        if isinstance(value, Mapping):
            for name, item in value.items():
                walk(item, f"{path}.{name}" if path else str(name))
        else:
            flat[path] = json.dumps(value, default=str)

    walk(config, "")
    return flat
