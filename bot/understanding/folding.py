"""One spelling for all the ways of typing the same thing: fold both sides, then compare.

Customers type on phones: without accents, in capitals, with full-width or circled digits copied from elsewhere, with
invisible characters that a keyboard slipped in. Not for what is shown or stored: a name keeps its accents there.

`ñ` folds to `n`. Half of the customers write "contrasena" and "manana" because their keyboard has no ñ, and no two
words that matter here differ by that letter alone.
"""

import unicodedata
from functools import lru_cache

#: What neither normalisation nor the category of the character settles.
_SPECIAL = {
    "°": "o",  # "N° 2" is written for "Nº 2"
    "−": "-",  # the minus sign
    "´": "'", "`": "'", "‘": "'", "’": "'",
    "“": '"', "”": '"', "«": '"', "»": '"',
    "🔟": "10",
}  # fmt: skip
_SKIN_TONES = frozenset("🏻🏼🏽🏾🏿")


def fold(text: str) -> str:
    """Lower case without accents or invisible characters, digits in ASCII, single spaces, none at the ends.

    Time is linear in the length: each character is looked at alone, so a long run of accents costs no more than
    letters. `fold(fold(x)) == fold(x)`.
    """
    return " ".join("".join(map(_fold_character, text)).split())


def fold_with_offsets(text: str) -> tuple[str, tuple[int, ...]]:
    """`fold(text)`, and for each of its characters the index in `text` of the character it came from.

    To find something in the folded text and cut it out of the original: from `offsets[start]` to
    `offsets[end - 1] + 1`, widened by whatever folds to nothing (an accent typed as a character of its own).
    """
    folded: list[str] = []
    offsets: list[int] = []
    for index, character in enumerate(text):
        for piece in _fold_character(character):
            if piece == " " and (not folded or folded[-1] == " "):
                continue
            folded.append(piece)
            offsets.append(index)
    if folded and folded[-1] == " ":
        folded.pop()
        offsets.pop()
    return "".join(folded), tuple(offsets)


@lru_cache(maxsize=8192)
def _fold_character(character: str) -> str:
    if character in _SPECIAL:
        return _SPECIAL[character]
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category[0] in "CM" or character in _SKIN_TONES:
        return ""
    if category == "Pd":
        return "-"
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    # A letter of another alphabet's shape can come apart into pieces that have to be folded in their turn.
    pieces = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    return pieces if pieces == character else "".join(map(_fold_character, pieces))
