"""CSV, TSV and their kin: the delimiter and the columns are guessed, and the guess is told."""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from rag.ingest.clean import clean_line
from rag.ingest.columns import SAMPLE, Columns, guess_columns
from rag.ingest.fields import Unusable, paper_of
from rag.types import Paper, Rejected

_DELIMITERS = ",\t;|"
_FEWEST_ROWS = 2


@dataclass(frozen=True, slots=True)
class Table:
    """How a text file is set as a table."""

    delimiter: str
    columns: Columns


def guess_table(head: str, *, whole: bool, named: bool = False) -> Table | None:
    """How the table is set that begins with `head`; None when it is none. `whole` says that nothing follows, `named`
    that the file's name is that of a table: then a title and nothing else is enough."""
    best: tuple[float, Table] | None = None
    for delimiter in _DELIMITERS:
        rows = [row for _, row, _ in _rows(io.StringIO(head), delimiter) if row][: SAMPLE + 1]
        if not whole and len(rows) > _FEWEST_ROWS:
            rows.pop()  # it may be cut
        widths = Counter(map(len, rows))
        width, count = widths.most_common(1)[0] if widths else (0, 0)
        if width < 2 or len(rows) < _FEWEST_ROWS:
            continue
        columns = guess_columns(rows)
        if columns is None or not _is_sure(columns, count / len(rows), named=named):
            continue
        named_roles = len(columns.roles) - len(columns.guessed)
        score = named_roles + count / len(rows) + (1.0 if "abstract" in columns.roles else 0.0)
        if best is None or score > best[0]:
            best = (score, Table(delimiter, columns))
    return best[1] if best else None


def _is_sure(columns: Columns, same_width: float, *, named: bool) -> bool:
    by_name = set(columns.roles) - columns.guessed
    if "title" in by_name and by_name & {"abstract", "digest", "authors", "year", "url", "doi", "venue"}:
        return True
    if named:
        return "title" in by_name or "abstract" in columns.roles
    # Prose has commas too, but hardly the same number in every line.
    return "abstract" in columns.roles and same_width == 1.0 and columns.width >= 3


def parse_table(
    lines: Iterable[tuple[int, str]], source: str, table: Table, note: Callable[[str], None]
) -> Iterator[Paper | Rejected]:
    """The papers of numbered lines, streamed, and what is wrong with other rows, with their line. `note` is told
    which columns were taken."""
    columns = table.columns
    note(f"{source}: taken as {columns.describe()}.")
    if not {"abstract", "digest"} & set(columns.roles):
        yield Rejected(source, 1, f"the table has no column with abstracts (taken as {columns.describe()})")
        return
    rows = _rows((line for _, line in lines), table.delimiter)
    for line, row, problem in itertools.islice(rows, 1 if columns.names else 0, None):
        if problem:
            yield Rejected(source, line, problem)
        elif any(cell.strip() for cell in row):
            yield _item(row, source, line, columns)


def _item(row: list[str], source: str, line: int, columns: Columns) -> Paper | Rejected:
    extra = [cell for cell in row[columns.width :] if cell.strip()]
    if extra:
        return Rejected(source, line, f"it has {len(row)} columns instead of {columns.width}: is a quote mark missing?")
    try:
        return paper_of(
            {key: clean_line(cell) if key != "abstract" else cell for key, cell in columns.record(row).items()}
        )
    except Unusable as reason:
        return Rejected(source, line, str(reason))


def _rows(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str], str]]:
    """The rows with the line where they begin, and what is wrong with them. A field over 131,072 characters (the
    library's limit) costs its row only."""
    reader = csv.reader(lines, delimiter=delimiter)
    begun = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            long = "field larger" in str(error)
            why = "one of its columns is far too long: is a quote mark missing?" if long else f"it is no row: {error}"
            yield begun, [], why
            begun = reader.line_num + 1
            continue
        yield begun, row, ""
        begun = reader.line_num + 1
