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

__all__ = ["UNREADABLE", "damage", "existing_file", "line_blocks", "open_text"]

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
    line = 1
    with open_text(path) as handle:
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
