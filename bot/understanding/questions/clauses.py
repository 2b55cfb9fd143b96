"""Where one clause of a message ends and the next begins. A clause is a run of words with what they mean, no more."""

from dataclasses import dataclass

from bot.understanding.questions.words import ASKED, BREAK


@dataclass(frozen=True, slots=True)
class Borders:
    """Connectors by their first word, longest first, each with whether it announces another request."""

    connectors: dict[str, tuple[tuple[tuple[str, ...], bool], ...]]
    coordinators: frozenset[str]
    nouns: int  #: mask of the concepts that a coordinator may join within one clause
    bridges: frozenset[str]
    silent: frozenset[str]  #: words that add nothing to a noun: bridges, "también", "de paso"


@dataclass(frozen=True, slots=True)
class Clause:
    """Words `first` to `end` (exclusive); `added` when a connector such as "y también" announced another request."""

    first: int
    end: int
    added: bool


def clauses_of(words: list[str], masks: list[int], borders: Borders) -> list[Clause]:
    """The clauses of a message in order; none is empty."""
    clauses: list[Clause] = []
    first, at, added = 0, 0, False
    while at < len(words):
        ends, announces = _border(words, masks, at, borders)
        if ends and at > first:
            clauses.append(Clause(first, at, added))
            first, added = at, False
        added = added or announces
        if words[at] in (BREAK, ASKED):
            first = at + 1
        at += 1
    if first < len(words):
        clauses.append(Clause(first, len(words), added))
    return clauses


def _border(words: list[str], masks: list[int], at: int, borders: Borders) -> tuple[bool, bool]:
    """Whether a clause ends before this word, and whether what follows is announced as another request."""
    word = words[at]
    if word in (BREAK, ASKED):
        return True, False
    if word in borders.coordinators and at and words[at - 1] == ASKED:
        return True, True  # "¿…? ¿y …?"
    for phrase, announces in borders.connectors.get(word, ()):
        if tuple(words[at : at + len(phrase)]) == phrase:
            joined = announces and _joins_nouns(words, masks, (at, at + len(phrase)), borders)
            return not joined, announces
    return word in borders.coordinators and not _joins_nouns(words, masks, (at, at + 1), borders), False


def _joins_nouns(words: list[str], masks: list[int], connector: tuple[int, int], borders: Borders) -> bool:
    """Whether a noun stands before the connector (its first word and the end behind it) and another one after it."""
    at, after = connector
    while after < len(words) and words[after] in borders.bridges:
        after += 1
    if not at or after >= len(words) or not masks[at - 1] & borders.nouns or not masks[after] & borders.nouns:
        return False
    return connector[1] == at + 1 or after + 1 == len(words) or words[after + 1] in (BREAK, ASKED)


def is_elliptic(words: list[str], plain: list[int], heard: list[int], borders: Borders) -> bool:
    """Whether a clause only names a thing, so that what is said of it stands in the clause before.

    "olvidé el usuario, y de paso la clave": the second clause says nothing of the password by itself. `plain` is what
    each word may mean, `heard` what it came to mean: a silent word that is part of a phrase is not silent.
    """
    named = False
    for word, may, mask in zip(words, plain, heard, strict=True):
        if mask & borders.nouns:
            named = True
        elif word not in borders.silent or may != mask:
            return False
    return named
