"""Redacts one message: finds the spans that are secret and covers them."""

import re
from dataclasses import dataclass
from typing import Final

from bot.understanding.redaction.calm import is_calm
from bot.understanding.redaction.cards import find_cards
from bot.understanding.redaction.evidence import loose_values
from bot.understanding.redaction.previous import announces, awaited_values
from bot.understanding.redaction.scene import Scene, read_scene
from bot.understanding.redaction.tokens import fold, span_of
from bot.understanding.redaction.values import named_values
from bot.understanding.redaction.vocabulary import Role, Secrets

_CHUNK: Final = re.compile(r"\S+")
_MARKS: Final = '.,;:?¿¡()"«»“”'
#: characters read by all rules; behind them every odd word is covered, so that hostile lengths cost little
_LONGEST: Final = 3000
#: characters of the previous message that may announce something
_PREVIOUS: Final = 400
_URL_PASSWORD: Final = re.compile(r"://[^\s/@:]{1,80}:([^\s/@]{1,80})@")


@dataclass(frozen=True, slots=True)
class Redacted:
    """A message that may be stored."""

    text: str
    #: something was covered: the customer is told once
    masked: bool
    #: the message announces a secret that has not come: redact the next one with this one as `previous`
    awaits: bool
    #: why, one word for each covered span, in order
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Spans of the original text (start, end, why), sorted and apart from each other."""

    spans: tuple[tuple[int, int, str], ...]
    awaits: bool


_NOTHING: Final = Found((), awaits=False)


def redact(text: str, secrets: Secrets, previous: str = "") -> Redacted:
    """Cover passwords, codes, PINs and cards. `previous` is the same customer's last message, already redacted.

    Never raises: when a rule breaks, every word with a digit or a symbol is covered.
    """
    found = find(text, secrets, previous)
    if not found.spans:
        return Redacted(text, masked=False, awaits=found.awaits, reasons=())
    return Redacted(
        cover(text, found, secrets.mask), masked=True, awaits=found.awaits, reasons=tuple(why for *_, why in found.spans)
    )


def find(text: str, secrets: Secrets, previous: str = "") -> Found:
    """Where the secrets of a message stand. Never raises."""
    # The one place outside the loops that catches everything: a bug in a rule must not let a password through.
    try:
        return _NOTHING if not previous and is_calm(text, secrets) else find_by_rules(text, secrets, previous)
    except Exception:  # noqa: BLE001
        return Found(tuple((start, end, "failed") for start, end in _every_odd_word(text)), awaits=False)


def cover(text: str, found: Found, mask: str) -> str:
    """The text with the mask in the place of each span."""
    parts = []
    last = 0
    for start, end, _ in found.spans:
        parts += [text[last:start], mask]
        last = end
    return "".join([*parts, text[last:]])


def find_by_rules(text: str, secrets: Secrets, previous: str) -> Found:
    """What all the rules find, however plain the text is."""
    head = text if len(text) <= _LONGEST else text[: text.rfind(" ", 0, _LONGEST) + 1 or _LONGEST]
    scene = read_scene(head, secrets)
    spans = [
        (*_original(scene, s, e), "card") for s, e in find_cards(fold(scene.line.clean), names_card=bool(scene.topic & Role.CARD))
    ]
    words = named_values(scene) + loose_values(scene, has_card=bool(spans))
    announced = announces(read_scene(previous[-_PREVIOUS:], secrets)) if previous else 0
    if announced:
        words += awaited_values(scene, announced)
    spans += [(*span_of(scene.line, first, final), why) for first, final, why in words]
    if "://" in head:
        spans += [(*_original(scene, *match.span(1)), "address") for match in _URL_PASSWORD.finditer(scene.line.clean)]
    spans += [(start, end, "long") for start, end in _every_odd_word(text, len(head))]
    apart = _apart(spans)
    return Found(apart, awaits=not apart and announces(scene) > 0)


def _original(scene: Scene, start: int, end: int) -> tuple[int, int]:
    offsets = scene.line.offsets
    return (start, end) if offsets is None else (offsets[start], offsets[end])


def _apart(spans: list[tuple[int, int, str]]) -> tuple[tuple[int, int, str], ...]:
    apart: list[tuple[int, int, str]] = []
    for start, end, why in sorted(spans):
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]), apart[-1][2])
        else:
            apart.append((start, end, why))
    return tuple(apart)


def _every_odd_word(text: str, start: int = 0) -> list[tuple[int, int]]:
    """The words with a digit or a symbol, sentence marks around them left alone."""
    spans = []
    for chunk in _CHUNK.finditer(text, start):
        core = chunk.group().strip(_MARKS)
        if core and not core.isalpha():
            begin = chunk.start() + chunk.group().index(core)
            spans.append((begin, begin + len(core)))
    return spans
