"""Tables as CSV that a spreadsheet opens and does not obey.

Fields are separated by semicolons and the text begins with a byte order mark: so the Spanish editions of the spreadsheet programs
open it with a double click. A text that a spreadsheet would take for a formula gets an apostrophe in front, phone numbers too.
"""

import csv
import io
from collections.abc import Iterable, Sequence

MARK = "\ufeff"
DELIMITER = ";"
#: What begins a formula, also in the full width that some programs fold to the plain signs.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_INVISIBLE = " \u00a0\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\"'"


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might obey this text, also behind blanks and quotes."""
    return text.startswith(_FORMULA) or text.lstrip(_INVISIBLE).startswith(_FORMULA)


def cell(value: object) -> str:
    """A value as a field: nothing that it begins with makes a formula of it."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return str(value)
    text = value.replace("\0", "")
    return f"'{text}" if is_formula(text) else text


def lines(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A CSV file: the heads, then the rows."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=DELIMITER, quoting=csv.QUOTE_ALL)
    writer.writerow([cell(name) for name in columns])
    writer.writerows([cell(value) for value in row] for row in rows)
    return MARK + written.getvalue()
