"""What every type of field offers. A type is one file: its words, its reader, the reasons it can refuse for.

A reader never raises for what a customer wrote and never changes it silently: what looks mistyped is accepted as typed,
with a `suggestion` to ask about. Sentences stand in `flows/refusals.yaml`, under the reasons.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

_VOWEL = re.compile(r"[aeiouy]")


@dataclass(frozen=True)
class Context:
    """What a reader needs to know besides the text."""

    now: datetime  #: aware
    own_phone: str = ""  #: the sender's number in E.164, or empty when WhatsApp hides it


@dataclass(frozen=True)
class Accepted:
    """An answer in its normal form. The form is told by each type's docstring."""

    value: str
    note: str = ""  #: what was noticed on the way, as a key or keys; the type's docstring lists them
    suggestion: str = ""  #: another value that may have been meant: ask which


@dataclass(frozen=True)
class Refused:
    """No answer, and why: a key of `flows/refusals.yaml` and the values for its placeholders."""

    reason: str
    values: Mapping[str, str] = field(default_factory=dict)


Reader = Callable[[str, Context], Accepted | Refused]


@dataclass(frozen=True)
class Field:
    """One type of field."""

    compile: Callable[[Mapping[str, object]], Reader]  #: from the vocabulary (file stem → YAML data); raises ValueError
    reasons: Mapping[str, frozenset[str]]  #: each reason and the names of its values
    longest: int = 500  #: characters; a longer answer is refused unread
    examples: tuple[str, ...] = ()  #: answers that are accepted, for documentation and tests


def is_pronounceable(word: str) -> bool:
    """Whether a folded word can be one: two letters, a vowel, no keys hit at random. Other scripts pass."""
    if not word.isalpha() or len(word) < 2:
        return False
    if not word.isascii():
        return True
    if len(word) > 4 and len(set(word)) <= 2:  # "jajaja"
        return False
    return bool(_VOWEL.search(word)) and max(map(len, _VOWEL.split(word))) <= 4


def shown(text: str) -> str:
    """A piece of the customer's own text, short enough to be shown back in a sentence."""
    tidy = " ".join(text.split())
    return tidy if len(tidy) <= 40 else tidy[:39] + "…"
