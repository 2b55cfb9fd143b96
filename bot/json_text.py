"""JSON as the database keeps it: written and read by pydantic's core, which takes a fifth of the standard library's time."""

import json
from typing import Any

from pydantic_core import from_json, to_json


def written(value: Any) -> str:
    """A value as JSON."""
    try:
        return to_json(value).decode()
    except ValueError:  # half a surrogate pair is no UTF-8: here it is written in ASCII
        return json.dumps(value)


def read(text: str) -> Any:
    """And back."""
    try:
        # Names come back again and again; values are customers', and nothing is to keep them.
        return from_json(text, cache_strings="keys")
    except ValueError:
        return json.loads(text)
