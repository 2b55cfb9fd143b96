"""From text to words as they were meant: short forms spelled out, slips of the keyboard corrected, marks kept as words.

Nothing here knows what a word means for the customer's request; that is `signals`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from bot.understanding.folding import fold

LONGEST = 2_000  # characters read of one message: of a longer one its beginning and, rather, its end
HEAD = 500
MOST_WORDS = 300
LONGEST_WORD = 24

BREAK = "."  # stands for every mark that ends a clause
ASKED = "?"  # the one mark that tells more: a question has been put
MASKED = "asteriscos"  # stands for "ju****@gmail.com"
AN_EMAIL = "uncorreo"  # stands for a whole address

_PIECE = re.compile(r"[^\W_]+|[.,;:!?…()\[\]]")
_REPEATED = re.compile(r"(.)\1{2,}")
_SOUNDS = (
    ("qu", "k"), ("ce", "se"), ("ci", "si"), ("ch", "#"), ("c", "k"), ("#", "ch"), ("z", "s"), ("v", "b"), ("ll", "y"),
    ("ge", "je"), ("gi", "ji"), ("h", ""), ("w", "gu"), ("nia", "na"), ("nya", "na"), ("x", "s"),
)  # fmt: skip
_TWICE = re.compile(r"(.)\1")


@dataclass(frozen=True, slots=True)
class Speller:
    """What is needed to read words: short forms, words that are right as they stand, and ways to near ones."""

    means: dict[str, tuple[str, ...]]
    right: frozenset[str]
    sounding: dict[str, str]  #: sound → word
    shortened: dict[str, str]  #: a word with one letter left out → such words, spaced


def words_of(text: str, speller: Speller) -> list[str]:
    """The words of a message in order, `BREAK` where a mark ends a clause. At most `MOST_WORDS`."""
    folded = _cut(fold(_cut(text).replace("\n", " . ").replace("\r", " ")))
    pieces = [piece for chunk in folded.split(" ") for piece in _pieces(chunk, speller)]
    if len(pieces) > MOST_WORDS:
        pieces = pieces[: MOST_WORDS // 4] + pieces[-(MOST_WORDS - MOST_WORDS // 4) :]
    words: list[str] = []
    for piece in pieces:
        spelled = speller.means.get(piece)
        if spelled is None:
            words.append(correct(piece, speller))
        else:
            words.extend(spelled)
    return words


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[:HEAD] + " . " + text[HEAD - LONGEST :]


def _pieces(chunk: str, speller: Speller) -> Iterator[str]:
    if not chunk:
        return
    if chunk.isalnum() or chunk in speller.means:
        yield chunk
    elif "**" in chunk or ("*" in chunk and "@" in chunk) or "••" in chunk:
        yield MASKED
    elif "@" in chunk:
        word = chunk.replace("@", "o").strip(".,;:!?")  # "usuari@"
        yield word if word in speller.right else AN_EMAIL
    elif "siigo.com" in chunk:
        yield "siigo.com"
    else:
        for piece in _PIECE.findall(chunk):
            yield piece if piece.isalnum() else ASKED if piece == ASKED else BREAK


def sound_of(word: str) -> str:
    """How a word sounds in Colombia, roughly: "klabe" and "clave" are one."""
    for written, heard in _SOUNDS:
        if written in word:
            word = word.replace(written, heard)
    return _TWICE.sub(r"\1", word)


def correct(word: str, speller: Speller) -> str:
    """The known word that was meant, or the word as it stands if none is near enough."""
    if word in speller.right:
        return word
    if not word.isalpha():
        return word[:LONGEST_WORD]
    word = _REPEATED.sub(r"\1", word[:LONGEST_WORD])
    if len(word) < 4 or word in speller.right:
        return word
    return speller.sounding.get(sound_of(word)) or _nearest(word, speller) or word


def _nearest(word: str, speller: Speller) -> str | None:
    """The word one slip away (two in a long word) that begins alike, or None."""
    allowed = 2 if len(word) >= 8 else 1
    found: dict[str, int] = {}
    for key in (word, *(word[:i] + word[i + 1 :] for i in range(len(word)))):
        for candidate in speller.shortened.get(key, "").split():
            if candidate not in found and _alike(word, candidate):
                found[candidate] = OSA.distance(word, candidate, score_cutoff=allowed)
    near = [candidate for candidate, distance in found.items() if distance <= allowed]
    return min(near, key=lambda candidate: (found[candidate], candidate)) if near else None


def _alike(word: str, candidate: str) -> bool:
    """Slips seldom hit the first letter; four letters say too little to drop one of them."""
    if len(word) == 4 and len(candidate) < 5 and sorted(word) != sorted(candidate):
        return False
    return word[0] == candidate[0] or word[:2] == candidate[1::-1]


def shortenings(words: Iterable[str]) -> dict[str, str]:
    """Each word under itself and under itself less one letter; words that share a key stand in one string, spaced."""
    found: dict[str, str] = {}
    for word in words:
        for key in {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}:
            found[key] = f"{found[key]} {word}" if key in found else word
    return found
