"""Text files: found, decompressed, and read in blocks of lines; what is wrong with them is said with the line."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any, TextIO, cast

from statmech.errors import FileFormatError

__all__ = [
    "UNREADABLE",
    "compressed",
    "damage",
    "existing_file",
    "line_blocks",
    "open_text",
    "section_blocks",
    "section_starts",
]

UNREADABLE = (OSError, EOFError, lzma.LZMAError, zlib.error)


def existing_file(path: str | Path) -> Path:
    """The path of a regular file that can be read.

    Raises
    ------
    FileFormatError
        If there is none; the message names similar files of the folder.
    """
    file = Path(path).expanduser()
    try:
        if file.is_file():
            with file.open("rb"):
                return file
        if file.is_dir():
            inside = sorted(entry.name for entry in file.iterdir() if entry.is_file())
            listing = ", ".join(inside[:5]) + (", ..." if len(inside) > 5 else "")
            raise FileFormatError(f"is a folder; expected a level file{f', such as {listing}' if inside else ''}", path)
        if file.exists():
            raise FileFormatError("is not a regular file (a pipe or device); save the levels to a file first", path)
        parent = file.parent
        if not parent.is_dir():
            raise FileFormatError(f"no such file: the folder {str(parent)!r} does not exist", path)
        names = [entry.name for entry in parent.iterdir() if entry.is_file()]
        near = [name for name in names if name.startswith(file.name)] if file.name else []
        near += [name for name in get_close_matches(file.name, names, n=3, cutoff=0.6) if name not in near]
        hint = f"; did you mean {' or '.join(repr(name) for name in sorted(near)[:3])}?" if near else ""
        raise FileFormatError(f"no such file{hint}", path)
    except PermissionError:
        raise FileFormatError("permission denied; make the file readable for this user", path) from None
    except (OSError, ValueError) as problem:
        if isinstance(problem, FileFormatError):
            raise
        raise FileFormatError(f"cannot be opened: {problem}", path) from None


class _Decompressed(io.RawIOBase):
    """Bytes of a bz2 or xz file, one stream after the other; unlike ``bz2.open`` it does not pass over a bad stream."""

    def __init__(self, raw: io.BufferedReader, kind: Any) -> None:
        self._raw, self._kind = raw, kind
        self._stream: Any = kind()
        self._pending = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = len(buffer)
        while True:
            if self._stream.eof:
                self._pending = self._stream.unused_data or self._raw.read(io.DEFAULT_BUFFER_SIZE)
                if not self._pending.strip(b"\0"):
                    return 0
                self._stream = self._kind()
            if self._stream.needs_input:
                data, self._pending = self._pending or self._raw.read(1 << 16), b""
                if not data:
                    raise EOFError("it ends in the middle of the compressed data")
            else:
                data = b""
            out = self._stream.decompress(data, size)
            if out:
                buffer[: len(out)] = out
                return len(out)

    def close(self) -> None:
        self._raw.close()
        super().close()


def open_text(path: Path) -> TextIO:
    """Text of a file (UTF-8, any line ends), decompressed where its first bytes say bz2, gzip or xz."""
    raw = path.open("rb")
    magic = raw.peek(6)[:6]
    binary: Any = raw
    if magic.startswith(b"BZh"):
        binary = io.BufferedReader(_Decompressed(raw, bz2.BZ2Decompressor), 1 << 17)
    elif magic.startswith(b"\xfd7zXZ"):
        binary = io.BufferedReader(_Decompressed(raw, lzma.LZMADecompressor), 1 << 17)
    elif magic.startswith(b"\x1f\x8b"):
        raw.close()
        binary = gzip.open(path, "rb")  # noqa: SIM115 (closed with the text around it)
    return io.TextIOWrapper(cast("io.BufferedReader", binary), encoding="utf-8-sig", errors="strict")


def line_blocks(path: Path, size: int) -> Iterator[tuple[int, list[str]]]:
    """Blocks of at most ``size`` lines, each with the number of its first line (from 1), at constant memory.

    Raises
    ------
    FileFormatError
        If the file is not UTF-8 text, or its compressed data are damaged or cut off.
    """
    with open_text(path) as handle:
        yield from _blocks(path, handle, size)


def _blocks(path: Path, handle: TextIO, size: int) -> Iterator[tuple[int, list[str]]]:
    line = 1
    while True:
        lines: list[str] = []
        try:
            lines.extend(islice(handle, size))  # keeps what came before an error, to count the lines
        except UnicodeDecodeError as problem:
            raise FileFormatError(
                f"not UTF-8 text (byte 0x{problem.object[problem.start]:02x}); "
                "save it as UTF-8, for example with iconv -f latin1 -t utf-8",
                path,
                _bad_byte_line(path),
            ) from None
        except UNREADABLE as problem:
            raise _unreadable(path, problem, line - 1 + len(lines)) from None
        if not lines:
            return
        yield line, lines
        line += len(lines)


def compressed(path: Path) -> bool:
    """Whether the first bytes of a file say bz2, gzip or xz."""
    with path.open("rb") as handle:
        return handle.read(6).startswith((b"BZh", b"\xfd7zXZ", b"\x1f\x8b"))


class _Section(io.RawIOBase):
    """The bytes of a file from one place to another."""

    def __init__(self, raw: io.BufferedReader, start: int, stop: int) -> None:
        self._raw, self._left = raw, stop - start
        raw.seek(start)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._raw.read(min(len(buffer), self._left))
        buffer[: len(data)] = data
        self._left -= len(data)
        return len(data)

    def close(self) -> None:
        self._raw.close()
        super().close()


def section_blocks(path: Path, size: int, start: int, stop: int) -> Iterator[tuple[int, list[str]]]:
    """As :func:`line_blocks`, of the lines of a plain file that begin from byte ``start`` up to before ``stop``.

    Lines are numbered from the start of the section; :func:`section_starts` says how many come before it.
    """
    with path.open("rb") as handle:
        begin, end = _next_line(handle, start), _next_line(handle, stop)
    raw = io.BufferedReader(_Section(path.open("rb"), begin, end), 1 << 20)
    with io.TextIOWrapper(raw, encoding="utf-8-sig" if begin == 0 else "utf-8", errors="strict") as text:
        yield from _blocks(path, text, size)


def section_starts(path: Path, start: int) -> int:
    """Number of lines before the section that begins at byte ``start``: read only to say where an error is."""
    count = 0
    with path.open("rb") as handle:
        left = _next_line(handle, start)
        handle.seek(0)
        while left > 0 and (data := handle.read(min(left, 1 << 22))):
            count += data.count(b"\n")
            left -= len(data)
    return count


def _next_line(handle: io.BufferedReader, place: int) -> int:
    """Where the first line begins at or after a place."""
    if place <= 0:
        return 0
    handle.seek(place - 1)
    handle.readline()
    return handle.tell()


def _unreadable(path: Path, problem: Exception, line: int) -> FileFormatError:
    reason = f"{str(problem)[:1].lower()}{str(problem)[1:]}"
    return FileFormatError(
        f"unreadable after line {line}: {reason}; the file is damaged or cut off, fetch it again", path
    )


def damage(path: Path) -> FileFormatError | None:
    """What is wrong with the compressed data of a file: damage there garbles lines before its checksum fails."""
    line = 0
    with open_text(path) as handle:
        binary: Any = handle.buffer
        if isinstance(getattr(binary, "raw", None), io.FileIO):
            return None  # not compressed
        try:
            while part := binary.read1(1 << 20):
                line += part.count(b"\n")
        except UNREADABLE as problem:
            return _unreadable(path, problem, line)
    return None


def _bad_byte_line(path: Path) -> int | None:
    """Number of the first line that is not UTF-8; None where the file is compressed."""
    with path.open("rb") as handle:
        for number, line in enumerate(handle, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return None
