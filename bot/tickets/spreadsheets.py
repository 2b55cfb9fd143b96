"""Files for spreadsheet programs, written row by row: nothing is held in memory, however many rows come."""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import xlsxwriter

from bot.tickets.export import DELIMITER, MARK, cell, is_formula

#: What a sheet of XLSX holds at most, heads included, and a cell.
MOST_ROWS, MOST_LETTERS = 1_048_576, 32_767
_CUT = "…"

Rows = Iterable[Sequence[object]]


class Spreadsheet(Protocol):
    """A file that is being written."""

    def add(self, rows: Rows) -> None:
        """Append rows. Raises OSError."""

    def close(self) -> None:
        """Finish the file. Raises OSError."""


class Csv:
    """Separated by semicolons, in UTF-8 with a mark, every field in quotes and none a formula (see `export`)."""

    def __init__(self, path: Path, heads: Sequence[str], sheet: str) -> None:
        """`sheet` is of no use here: there is only one table."""
        del sheet
        self._file = path.open("w", encoding="utf-8", newline="", errors="replace")
        self._file.write(MARK)
        self._writer = csv.writer(self._file, delimiter=DELIMITER, quoting=csv.QUOTE_ALL)
        self.add([heads])

    def add(self, rows: Rows) -> None:
        """Append rows."""
        self._writer.writerows([cell(value) for value in row] for row in rows)

    def close(self) -> None:
        """Flush and close."""
        self._file.close()


class Xlsx:
    """Every cell is a text, so nothing is calculated; what looks like a formula is marked so that editing it makes none either.

    A sheet that is full is followed by another, with the heads again. Texts end with an ellipsis after `MOST_LETTERS`.
    """

    def __init__(self, path: Path, heads: Sequence[str], sheet: str, most_rows: int = MOST_ROWS) -> None:
        """`sheet` names the sheets, with a number behind. The rows of the present sheet wait beside `path`, on disk."""
        options = {"constant_memory": True, "tmpdir": str(path.parent), "in_memory": False}
        self._book = xlsxwriter.Workbook(str(path), {**options, "strings_to_formulas": False, "strings_to_urls": False})
        self._book.use_zip64()
        self._bold = self._book.add_format({"bold": True})
        self._quoted = self._book.add_format({"quote_prefix": True})
        self._heads, self._name, self._most = heads, sheet, most_rows
        self._sheets = 0
        self._begin_sheet()

    def add(self, rows: Rows) -> None:
        """Append rows."""
        for row in rows:
            if self._row == self._most:
                self._begin_sheet()
            for column, value in enumerate(row):
                if value is None or value == "":
                    continue
                text = _fitting(str(value))
                self._sheet.write_string(self._row, column, text, self._quoted if is_formula(text) else None)
            self._row += 1

    def close(self) -> None:
        """Put the sheets together: for a million rows this takes a while."""
        try:
            self._book.close()
        except xlsxwriter.exceptions.FileCreateError as error:
            raise OSError(str(error)) from error

    def _begin_sheet(self) -> None:
        self._sheets += 1
        self._sheet = self._book.add_worksheet(f"{self._name} {self._sheets}")
        self._sheet.freeze_panes(1, 0)
        for column, head in enumerate(self._heads):
            self._sheet.write_string(0, column, head, self._bold)
        self._row = 1


def _fitting(text: str) -> str:
    text = text.replace("\0", "")
    return text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1] + _CUT


#: What a format is called in an address, and as the end of a file's name → what writes it.
FORMATS: Mapping[str, Callable[[Path, Sequence[str], str], Spreadsheet]] = {"xlsx": Xlsx, "csv": Csv}
