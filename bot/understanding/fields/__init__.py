"""The types of field a form can ask for. A new type: one file here, one line below, its words in `flows/vocabulary/`,
its sentences in `flows/refusals.yaml`, its cases in `tests/understanding/fields/`.
"""

from collections.abc import Mapping

from bot.understanding.fields.base import Accepted, Context, Field, Reader, Refused
from bot.understanding.fields.detail import DETAIL
from bot.understanding.fields.email import EMAIL
from bot.understanding.fields.name import NAME
from bot.understanding.fields.phone import PHONE
from bot.understanding.fields.purchase_date import PURCHASE_DATE
from bot.understanding.fields.tax_id import TAX_ID
from bot.understanding.fields.yes_no import YES_NO

__all__ = ["FIELDS", "SPANISH_NAMES", "TOO_LONG", "Accepted", "Context", "Field", "Reader", "Refused", "compile_fields"]

FIELDS: dict[str, Field] = {
    "name": NAME,
    "tax_id": TAX_ID,
    "email": EMAIL,
    "phone": PHONE,
    "purchase_date": PURCHASE_DATE,
    "detail": DETAIL,
    "yes_no": YES_NO,
}

#: The names by which the command line and labelled sets call the types.
SPANISH_NAMES: dict[str, str] = {
    "nombre": "name",
    "nit": "tax_id",
    "email": "email",
    "telefono": "phone",
    "fecha_compra": "purchase_date",
    "detalle": "detail",
    "confirmacion": "yes_no",
}

#: The reason for an answer that is longer than any answer of its type.
TOO_LONG = "too_long"


def compile_fields(vocabulary: Mapping[str, object]) -> dict[str, Reader]:
    """A reader for each type, from the vocabulary (file stem → its YAML data). Raises ValueError for unusable data."""
    return {name: _bounded(field, field.compile(vocabulary)) for name, field in FIELDS.items()}


def _bounded(field: Field, read: Reader) -> Reader:
    def bounded(text: str, context: Context) -> Accepted | Refused:
        if len(text) > field.longest:
            return Refused(TOO_LONG, {"longest": str(field.longest)})
        return read(text, context)

    return bounded
