"""What the words of a clause mean together: concepts as bits, after phrases and negation have been heard.

"no me acuerdo" turns the concept `recordar` into `olvido`; "sin usuario" adds `falta` to `usuario`; "correo de acceso"
is one phrase and no longer a mail. Everything that a word may mean comes from the data.
"""

from collections.abc import Sequence
from dataclasses import dataclass

REACH = 5  # words over which a negator waits for the verb it denies
ANY_NUMBER = "#"  # in the vocabulary: whatever number is not named itself
GAP = 3  # words that `..` in a phrase may stand for


@dataclass(frozen=True, slots=True)
class Element:
    """One place of a phrase: a word, a beginning of a word, or any word of the concepts in `mask`; or a gap before."""

    word: str = ""
    begins: bool = False
    mask: int = 0
    gap: bool = False  #: up to `GAP` words may stand before it
    unknown: bool = False  #: any word that no concept knows: "la clave del televisor"
    last: bool = False  #: no word, but the end of the clause


@dataclass(frozen=True, slots=True)
class Phrase:
    """Elements in a row that carry the concept `bit` together; `alone` takes their own meanings from the words."""

    elements: tuple[Element, ...]
    bit: int
    alone: bool
    needs: str  #: a word without which it cannot hold, looked up before anything else; "" if there is none


@dataclass(frozen=True, slots=True)
class Beginnings:
    """Phrases that begin alike: those whose next word is fixed by that word, and the others."""

    by_next: dict[str, tuple[Phrase, ...]]
    others: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Meanings:
    """The compiled vocabulary: which bits a word has, and what phrases and negation do to them."""

    bits: dict[str, int]  #: concept → its bit
    exact: dict[str, int]
    stems: dict[str, int]
    by_word: dict[str, Beginnings]  #: phrases that begin with a word
    by_concept: tuple[tuple[int, Beginnings], ...]  #: phrases that begin with a concept
    negators: frozenset[str]
    bridges: frozenset[str]
    negated: dict[int, int]  #: bit → the bit it turns into; under 0 the mask of all of them
    lacking: dict[int, int]  #: bit → the bit that is added; under 0 the mask of all of them
    passes: int
    may_begin: int = 0  #: mask of all concepts in `by_concept`


def mask_of(word: str, meanings: Meanings) -> int:
    """All concepts that a word may carry by itself."""
    mask = meanings.exact.get(word, 0)
    if not mask and word.isdigit():
        return meanings.exact.get(ANY_NUMBER, 0)
    stems = meanings.stems
    for length in range(3, len(word) + 1):
        mask |= stems.get(word[:length], 0)
    return mask


def hear(words: Sequence[str], masks: Sequence[int], meanings: Meanings) -> list[int]:
    """What each word of one clause comes to mean; `masks` is what it may mean by itself."""
    heard = list(masks)
    _negate(words, heard, meanings)
    _find_phrases(words, masks, heard, meanings)
    return heard


def _negate(words: Sequence[str], heard: list[int], meanings: Meanings) -> None:
    reach, direct = 0, False
    for at, word in enumerate(words):
        if word in meanings.negators:
            reach, direct = REACH, True
            continue
        if not reach:
            continue
        mask = heard[at]
        turned = mask & _all(meanings.negated)
        if turned:
            heard[at] = _turn(mask, meanings.negated)
            if not mask & meanings.passes:
                reach = 0
        elif direct and mask & _all(meanings.lacking):
            heard[at] = mask | _added(mask, meanings.lacking)
        if word not in meanings.bridges:
            direct = False
        reach = max(0, reach - 1)


def _all(changes: dict[int, int]) -> int:
    return changes[0]


def _turn(mask: int, changes: dict[int, int]) -> int:
    return (mask & ~changes[0]) | _added(mask, changes)


def _added(mask: int, changes: dict[int, int]) -> int:
    added = 0
    for bit, becomes in changes.items():
        if bit and mask & bit == bit:
            added |= becomes
    return added


def _find_phrases(words: Sequence[str], masks: Sequence[int], heard: list[int], meanings: Meanings) -> None:
    present = frozenset(words)
    for at, word in enumerate(words):
        begun = [meanings.by_word[word]] if word in meanings.by_word else []
        if masks[at] & meanings.may_begin:
            begun += [others for begins, others in meanings.by_concept if masks[at] & begins]
        following = words[at + 1] if at + 1 < len(words) else ""
        for beginnings in begun:
            for phrase in (*beginnings.by_next.get(following, ()), *beginnings.others):
                if not phrase.needs or phrase.needs in present:
                    end = _match(phrase.elements, words, masks, at)
                    if end:
                        _mark(phrase, words, heard, slice(at, end), meanings)


def _mark(phrase: Phrase, words: Sequence[str], heard: list[int], span: slice, meanings: Meanings) -> None:
    bit = phrase.bit
    if bit in meanings.negated and not meanings.negators.isdisjoint(words[max(0, span.start - REACH) : span.start]):
        bit = meanings.negated[bit]
    heard[span] = [bit | (0 if phrase.alone else mask) for mask in heard[span]]


def _match(elements: tuple[Element, ...], words: Sequence[str], masks: Sequence[int], at: int) -> int:
    """The index behind the last word of the phrase if it begins at `at`, else 0. A gap takes the nearest fit."""
    for element in elements:
        if element.last:
            return at if at == len(words) else 0
        last = min(len(words), at + 1 + (GAP if element.gap else 0))
        while at < last and not _fits(element, words[at], masks[at]):
            at += 1
        if at >= last:
            return 0
        at += 1
    return at


def _fits(element: Element, word: str, mask: int) -> bool:
    if element.mask:
        return bool(mask & element.mask)
    if element.unknown:
        return not mask and word.isalpha()
    return word.startswith(element.word) if element.begins else word == element.word
