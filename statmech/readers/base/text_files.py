"""Text files: found, decompressed, and read in blocks of lines; what is wrong with them is said with the line."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any, TextIO, cast, overload

from statmech.errors import FileFormatError

__all__ = [
    "UNREADABLE",
    "Lines",
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


class Lines(Sequence[str]):
    r"""Lines of a text, each with its end, cut only when they are looked at.

    Examples
    --------
    >>> lines = Lines("a\nb")
    >>> len(lines), list(lines), lines[1:].text
    (2, ['a\n', 'b'], 'b')
    """

    def __init__(self, text: str, count: int | None = None) -> None:
        self.text = text
        self._count = text.count("\n") + (not text.endswith("\n") and text != "") if count is None else count
        self._lines: list[str] | None = None

    @classmethod
    def of(cls, lines: list[str]) -> Lines:
        """Lines that are cut already."""
        made = cls("".join(lines), len(lines))
        made._lines = lines
        return made

    def _cut(self) -> list[str]:
        if self._lines is None:
            lines = self.text.split("\n")
            last = lines.pop()
            self._lines = [line + "\n" for line in lines] + ([last] if last else [])
        return self._lines

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        return iter(self._cut())

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Lines: ...
    def __getitem__(self, index: int | slice) -> str | Lines:
        if isinstance(index, int):
            return self._cut()[index]
        whole = range(self._count)[index] == range(self._count)
        return self if whole else Lines.of(self._cut()[index])


def line_blocks(path: Path, size: int) -> Iterator[tuple[int, Lines]]:
    """Blocks of at most ``size`` lines, each with the number of its first line (from 1), at constant memory.

    Raises
    ------
    FileFormatError
        If the file is not UTF-8 text, or its compressed data are damaged or cut off.
    """
    with open_text(path) as handle:
        yield from _blocks(path, handle, size)


def _blocks(path: Path, handle: TextIO, size: int) -> Iterator[tuple[int, Lines]]:
    line = 1
    uncut = None if compressed(path) else _uncut(handle, size)
    while True:
        lines: list[str] = []
        try:
            if uncut is not None:
                block = next(uncut, Lines(""))
            else:
                lines.extend(islice(handle, size))  # keeps what came before damaged data, to count the lines
                block = Lines.of(lines)
        except UnicodeDecodeError as problem:
            raise FileFormatError(
                f"not UTF-8 text (byte 0x{problem.object[problem.start]:02x}); "
                "save it as UTF-8, for example with iconv -f latin1 -t utf-8",
                path,
                _bad_byte_line(path),
            ) from None
        except UNREADABLE as problem:
            raise _unreadable(path, problem, line - 1 + len(lines)) from None
        if not block:
            return
        yield line, block
        line += len(block)


def _uncut(handle: TextIO, size: int) -> Iterator[Lines]:
    """Blocks of ``size`` lines, the last one of less, each in one piece."""
    text = handle.readline()
    count, width = text.count("\n"), float(len(text))
    while True:
        while count < size and (more := handle.read(max(round(width * (size - count)), 1))):
            count += more.count("\n")
            text += more
        if count < size:
            if text:
                yield Lines(text)
            return
        end = len(text) if count == size and text.endswith("\n") else _end_of_line(text, size, count)
        yield Lines(text[:end], size)
        text, count, width = text[end:], count - size, end / size


def _end_of_line(text: str, number: int, count: int) -> int:
    """Where line ``number`` (from 1) of the ``count`` of a text ends, from where it would with lines of one length."""
    end = len(text) * number // count
    before = text.count("\n", 0, end)
    while before > number:
        end = text.rfind("\n", 0, end)
        before -= 1
    while before < number:
        end = text.find("\n", end) + 1
        before += 1
    return text.rfind("\n", 0, end) + 1


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


def section_blocks(path: Path, size: int, start: int, stop: int) -> Iterator[tuple[int, Lines]]:
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
