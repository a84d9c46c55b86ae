"""Where the bytes of one file of papers come from (the disk, a gzip file, a member of a zip archive), read with limits:
nothing is unpacked to disk, and nothing grows without bound."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from gzip import BadGzipFile
from pathlib import Path
from typing import IO, BinaryIO, cast
from zipfile import BadZipFile

from rag.errors import InputError

MAX_LINE_BYTES = 1_000_000
HEAD_BYTES = 65_536
# What a gzip file or a member of a zip may unpack to. Text of papers packs to a third or a quarter; DEFLATE's limit is
# 1,032 to one.
MAX_UNPACKED = 4_000_000_000
MAX_RATIO = 100
_RATIO_COUNTS_FROM = 20_000_000

SAVE_AS_UTF8 = "Save it again as UTF-8."
_UTF8_LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_MANY_HIGH = re.compile(rb"[\x80-\xff]{4}")


@dataclass(frozen=True, slots=True)
class Source:
    """One file of papers: `name` as the user is told it, `open` a new stream from its beginning."""

    name: str
    open: Callable[[], BinaryIO]

    def head(self) -> bytes:
        """The first 64 kB. Raises InputError."""
        with reading(self.name), self.open() as file:
            return file.read(HEAD_BYTES)

    def whole(self, limit: int, hint: str) -> bytes:
        """All bytes. Raises InputError with `hint` when there are more than `limit`."""
        with reading(self.name), self.open() as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise InputError(f"{self.name} is over {limit // 1_000_000} MB, too much to be held in memory.", hint=hint)
        return data

    def text(self, encoding: str, limit: int, hint: str) -> str:
        """The whole as text. Raises InputError."""
        return decoded(self.whole(limit, hint), encoding, self.name, 1).lstrip("\ufeff")

    def lines(self, encoding: str) -> Iterator[tuple[int, str]]:
        """Numbered lines, with their ends. Of one longer than `MAX_LINE_BYTES` only the beginning comes, still longer
        than that. Raises InputError."""
        if encoding == "utf-16" or self._old_line_ends():
            text = self.text(encoding, 200_000_000, SAVE_AS_UTF8)
            yield from enumerate((line + "\n" for line in re.split(r"\r\n|\n|\r", text)), start=1)
            return
        with reading(self.name), self.open() as file:
            for number, raw in enumerate(_raw_lines(file), start=1):
                if b"\0" in raw:
                    raise InputError(f"{self.name} is a binary file (line {number}).", hint="Give a text file.")
                yield number, decoded(raw, "utf-8-sig" if number == 1 else "utf-8", self.name, number)

    def _old_line_ends(self) -> bool:
        """Whether lines end with a lone carriage return, as on Macs of the last century."""
        head = self.head()
        return b"\r" in head and b"\n" not in head


def file_source(path: Path) -> Source:
    """A file on the disk."""
    return Source(str(path), lambda: path.open("rb"))


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Translates what can go wrong while bytes are read or unpacked into InputError that names the file."""
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(f"There is no file {name}.", hint="Check the name and the folder.") from error
    except PermissionError as error:
        raise InputError(f"{name} may not be read.", hint="Change its permissions.") from error
    except (EOFError, zlib.error, BadZipFile, BadGzipFile) as error:
        raise InputError(
            f"{name} is damaged or cut off: it cannot be unpacked.", hint="Fetch or pack it again."
        ) from error
    except (RuntimeError, NotImplementedError) as error:  # zipfile: a password, an unknown compression
        raise InputError(f"{name} cannot be unpacked: it is encrypted or packed in a rare way.") from error
    except OSError as error:
        what = error.strerror or str(error)
        raise InputError(f"{name} could not be read to its end: {what}.", hint="Try again.") from error


class Unpacked(io.RawIOBase):
    """A stream that is being unpacked from `packed` bytes, and stops with InputError when far more comes out than
    papers could be (a "zip bomb")."""

    def __init__(self, stream: IO[bytes], name: str, packed: int, *, also_close: BinaryIO) -> None:
        super().__init__()
        self._stream, self._name, self._packed, self._count = stream, name, packed, 0
        self._beneath = also_close

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: object) -> int:
        """As for any raw stream. Raises InputError."""
        view = memoryview(cast(bytearray, buffer)).cast("B")
        with reading(self._name):
            data = self._stream.read(len(view))
        self._count += len(data)
        swollen = self._count > _RATIO_COUNTS_FROM and self._count > MAX_RATIO * self._packed
        if swollen or self._count > MAX_UNPACKED:
            raise InputError(
                f"{self._name} unpacks to more than {self._count // 1_000_000:,} MB from {self._packed:,} bytes, "
                "more than papers would.",
                hint="If it is what it should be, unpack it yourself and give the file.",
            )
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Closes what it reads from, too."""
        self._stream.close()
        self._beneath.close()
        super().close()


def _raw_lines(file: BinaryIO) -> Iterator[bytes]:
    limit = 4 * MAX_LINE_BYTES + 2  # a character may take four bytes
    while raw := file.readline(limit):
        yield raw
        while len(raw) == limit and not raw.endswith(b"\n"):
            raw = file.readline(limit)


def decoded(raw: bytes, encoding: str, name: str, number: int) -> str:
    """`raw`, which begins at line `number`, as text. What is not UTF-8 is taken as Windows' Latin encoding unless the
    bytes say that it is something else: UTF-8 with a damaged place, or an encoding in which whole words are made of
    high bytes. Raises InputError."""
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        if number > 0 and MAX_LINE_BYTES < len(raw) <= 4 * MAX_LINE_BYTES + 2 and error.end >= len(raw) - 3:
            return raw.decode(encoding, "replace")  # a cut line may end inside a character
        other = _UTF8_LETTER.search(raw) or _MANY_HIGH.search(raw)
        try:
            if not other:
                return raw.decode("cp1252")
        except UnicodeDecodeError:
            pass
        line = number + len(re.findall(rb"\r\n|\n|\r", raw[: error.start]))
        raise InputError(f"{name} is not UTF-8 text (line {line}).", hint=SAVE_AS_UTF8) from error
