"""Rules over what was heard: which labels get points, from which clauses, by which words."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule with its concepts as masks. Every mask of `all` and `message` must be met by at least one bit."""

    name: str
    label: str
    points: float
    all: tuple[int, ...]
    none: int
    message: tuple[int, ...]
    absent: int
    only: int
    span: int  #: the widest window in clauses
    apart: bool
    gap: str
    candidates: tuple[str, ...]

    @property
    def wanted(self) -> int:
        """All bits that speak for the rule: the words that carry them are its evidence."""
        mask = self.only
        for part in (*self.all, *self.message):
            mask |= part
        return mask


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that held in the clauses `first` to `last` (inclusive)."""

    rule: CompiledRule
    first: int
    last: int

    @property
    def width(self) -> int:
        """How many clauses it needed."""
        return self.last - self.first + 1


def fire(rules: Sequence[CompiledRule], clauses: Sequence[int], words: Sequence[int]) -> list[Fired]:
    """Every rule that holds, each once per tightest window, in the order of the rules.

    `clauses` are the masks of the clauses, `words` those of the single words of the whole message.
    """
    message = 0
    for mask in clauses:
        message |= mask
    fired: list[Fired] = []
    for rule in rules:
        if message & rule.absent or not _met(rule.message, message) or not _met(rule.all, message):
            continue
        if rule.only and not all(mask & rule.only for mask in words):
            continue
        fired.extend(Fired(rule, first, last) for first, last in _windows(rule, clauses, message))
    return fired


def _windows(rule: CompiledRule, clauses: Sequence[int], message: int) -> list[tuple[int, int]]:
    """Single clauses in which the rule holds, else neighbours, else the whole message, as far as its span allows."""
    single = [(at, at) for at, mask in enumerate(clauses) if not mask & rule.none and _met(rule.all, mask)]
    if single or rule.span < 2 or len(clauses) < 2:
        return single
    pairs = [
        (at, at + 1)
        for at, mask in enumerate(a | b for a, b in pairwise(clauses))
        if not mask & rule.none and _met(rule.all, mask)
    ]
    if pairs or rule.span < 3 or len(clauses) < 3:
        return pairs
    return [] if message & rule.none else [(0, len(clauses) - 1)]


def _met(masks: tuple[int, ...], heard: int) -> bool:
    # Not `all()`: over a generator it takes three times as long, and this is the inner-most test of all.
    for mask in masks:  # noqa: SIM110
        if not heard & mask:
            return False
    return True
