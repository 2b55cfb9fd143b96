"""Secrets as they come: from a file that a variable names, and whether they are any. Never told in a message."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import BaseModel, SecretStr

#: What stands in examples and in the defaults of others.
_EXAMPLE = re.compile(
    r"change.?me|example|placeholder|your[-_ ]|^(password|postgres|soporte|secret|admin|root|test|token|guest)[0-9]*$"
)


class UnreadableError(Exception):
    """A secret's file cannot be used; the message says which and why, in one line."""


def from_files(variables: Mapping[str, str | None], stem_of: Callable[[str], str]) -> dict[str, str | None]:
    """The environment (names in small letters) with the content of each secret's file in place of the file's name.

    `stem_of` gives the variable that a variable for a file stands for, and others as they are. Raises UnreadableError.
    """
    read = dict(variables)
    for name, value in variables.items():
        stem = stem_of(name)
        if stem == name or not value:
            continue
        if variables.get(stem.lower()):
            raise UnreadableError(f"{stem} and {name.upper()} are both set: keep one")
        try:
            content = Path(value).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text"
            raise UnreadableError(f"{name.upper()}: {value} cannot be read: {why}") from None
        if not content:
            raise UnreadableError(f"{name.upper()}: {value} is empty")
        read[stem.lower()] = content
        del read[name]
    return read


def secrets_of(model: type[BaseModel], before: str) -> set[str]:
    """The variables of all settings that are secrets; their names begin with `before`."""
    found = set()
    for name, field in model.model_fields.items():
        kind = field.annotation
        if kind is SecretStr:
            found.add(before + name.upper())
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= secrets_of(kind, f"{before}{name.upper()}__")
    return found


def weakness(secret: SecretStr, shortest: int = 16) -> str:
    """Why a secret that is set is none, without telling it; empty if it is fine, or not set."""
    value = secret.get_secret_value()
    if not value:
        return ""
    if _EXAMPLE.search(value.lower()):
        return "holds an example or a default: make a secret of your own (openssl rand -hex 32)"
    if len(value) < shortest or len(set(value)) < min(5, shortest):
        return "is too easy to guess: make a secret of your own (openssl rand -hex 32)"
    return ""
