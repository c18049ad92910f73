"""A publisher's CSV, read row by row however it was saved. Pure."""

import codecs
import csv
import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Self

MOST_COLUMNS: Final = 200
_LONGEST_ROW: Final = 1_000_000
"""Characters: above it a quotation mark was never closed, or somebody wants our memory."""
# The first characters by which a spreadsheet takes a text for a formula.
_FORMULA: Final = ("=", "@", "+", "-", "\t", "\r")
_NUMBER: Final = frozenset("0123456789 .()-")

Chunks = Callable[[], Iterable[bytes]]
"""Gives the bytes from the beginning, each time it is called."""


class BadCsv(Exception):
    """The text cannot be read as CSV from here on; `row` is the number of the row, the header being 1."""

    def __init__(self, row: int) -> None:
        super().__init__("not CSV")
        self.row = row


def rows(chunks: Chunks) -> Iterator[list[str]]:
    """Give the rows, the header first, empty ones left out. Raises BadCsv.

    UTF-8 with or without BOM, UTF-16 with BOM, or else Windows-1252; holds one chunk and one row at a time.
    """
    lines = _Lines(_texts(chunks, encoding(chunks)))
    reader = csv.reader(lines)
    number = 0
    while True:
        number += 1
        lines.of_row = 0
        try:
            row = next(reader)
        except StopIteration:
            return
        except (csv.Error, _RowTooLong):
            raise BadCsv(number) from None
        if len(row) > MOST_COLUMNS:
            raise BadCsv(number)
        if any(cell.strip() for cell in row):
            yield row


def encoding(chunks: Chunks) -> str:
    """Return the name of the encoding that the bytes are in."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    first = True
    try:
        for chunk in chunks():
            if first and chunk.startswith((b"\xff\xfe", b"\xfe\xff")):
                return "utf-16"
            first = False
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def harmless(cell: str) -> str:
    """Return the cell without what would make a spreadsheet run it; telephone and other numbers stay as they are."""
    # All that is space to Python, before anything is looked at: what stood behind it would come first afterwards.
    text = cell.strip()
    while text.startswith(_FORMULA) and not (text[0] in "+-" and _NUMBER.issuperset(text[1:])):
        text = text[1:].lstrip()
    return text


class _RowTooLong(Exception):
    pass


class _Lines:
    """Lines with their ends, as csv wants them: those inside quotation marks belong to the cell."""

    def __init__(self, texts: Iterator[str]) -> None:
        self.of_row = 0
        """How many characters have been given since this was last set to 0."""
        self._texts = texts
        self._ready: deque[str] = deque()
        self._rest: str | None = ""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        while not self._ready:
            self._read()
        line = self._ready.popleft()
        self._count(len(line))
        return line

    def _read(self) -> None:
        if self._rest is None:
            raise StopIteration
        text = next(self._texts, None)
        if text is None:
            self._ready.extend([self._rest] if self._rest else [])
            self._rest = None
            return
        # Not splitlines: it also cuts at characters that are part of a text.
        *whole, self._rest = (self._rest + text).split("\n")
        self._ready.extend(f"{line}\n" for line in whole)
        if not whole and len(self._rest) > _LONGEST_ROW:
            raise _RowTooLong

    def _count(self, length: int) -> None:
        self.of_row += length
        if self.of_row > _LONGEST_ROW:
            raise _RowTooLong


def _texts(chunks: Chunks, name: str) -> Iterator[str]:
    decoder = io.IncrementalNewlineDecoder(
        codecs.getincrementaldecoder(name)(errors="replace"), translate=True
    )
    for chunk in chunks():
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)
