"""Which option of a numbered menu a message chooses: digits in every dress, ordinals, words of the label, commands.

A message chooses only if every word of it is accounted for. "Llevo 4 días" holds a number and chooses nothing; "la 4
porfa" chooses. Asking back costs one message, a wrong turn costs the customer's patience.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from pydantic import Field

from bot.understanding.commands import Command, Commands, compile_commands, find_command
from bot.understanding.everyday import PhraseList, WordFile, compile_everyday, read_file
from bot.understanding.folding import fold
from bot.understanding.labels import LabelWords, only_one, pointed_at, whole_label
from bot.understanding.phrases import Phrases, Piece, Slips, Words, compile_phrases, compile_slips, nearest, read, words_of

MOST_CHARACTERS = 120
MOST_WORDS = 14
#: Menus are three levels deep; five single digits in a row are something else.
LONGEST_PATH = 4

_NOT_A_PLAIN_NUMBER = re.compile(r"[$€%@]|^[+-]\d|\d[.,:]\d|\d ?[-/] ?\d")
_REFUSING_SYMBOLS = frozenset("👎❌🚫✖⛔🙅")
#: "no, la 3" corrects an earlier choice, and "No. 3" is how some write "número 3": this "no" refuses nothing.
_HARMLESS_NO = re.compile(r"^(?:\w+ )?nop? ?[.,;:!]+ ?|\bno ?(?=\d)")
_PATH = re.compile(r"[1-9](?:(?: |, ?|\. ?| ?-+ ?| ?-*> ?| ?→ ?)[1-9])+")


class _Word(Enum):
    BESIDE = "may stand beside a number"
    LAST = "the last option"
    LAST_BUT_ONE = "the option before the last"
    OTHER = "looks like a number and chooses nothing"


class MenuData(WordFile):
    """The shape of `flows/vocabulary/menu.yaml`."""

    beside: PhraseList
    numbers: dict[Annotated[int, Field(ge=0, le=31)], PhraseList]
    last: PhraseList
    last_but_one: PhraseList
    no_choice: PhraseList
    real_words: PhraseList
    small_words: PhraseList
    negations: PhraseList
    weak_words: PhraseList
    same_meaning: tuple[PhraseList, ...]


@dataclass(frozen=True)
class MenuWords:
    """The compiled words."""

    commands: Commands
    phrases: Phrases[int | _Word]
    mistyped: Slips[int | _Word]
    labels: LabelWords


@dataclass(frozen=True)
class Choice:
    """What a message chose. `reason` says why, in a few words for whoever asks."""

    option: int | Command | None  #: counted from 1
    reason: str


def compile_menu(vocabulary: Mapping[str, object]) -> MenuWords:
    """Compile `menu`, `commands` and `everyday` of the vocabulary (file stem → its YAML data).

    Raises ValueError (pydantic's, for a wrong shape) for data that cannot be used.
    """
    data = read_file(MenuData, vocabulary, "menu")
    everyday = compile_everyday(vocabulary)
    groups: list[tuple[int | _Word, PhraseList]] = [
        *everyday.numbers.items(),
        *everyday.ordinals.items(),
        *data.numbers.items(),
        (_Word.LAST, data.last),
        (_Word.LAST_BUT_ONE, data.last_but_one),
        (_Word.OTHER, data.no_choice),
    ]
    phrases = compile_phrases(groups, (_Word.BESIDE, data.beside + everyday.beside))
    # Words beside a number have to be longer: "horas" must not pass for "ahora".
    single = {words[0]: meaning for words, meaning in phrases.meanings.items() if len(words) == 1}
    mistyped = {word: meaning for word, meaning in single.items() if meaning is not _Word.BESIDE or len(word) >= 7}
    return MenuWords(
        commands=compile_commands(vocabulary),
        phrases=phrases,
        mistyped=compile_slips(mistyped, (word for phrase in data.real_words for word in words_of(phrase))),
        labels=LabelWords(
            small=frozenset(word for phrase in data.small_words for word in words_of(phrase)),
            negations=frozenset(map(fold, data.negations)),
            weak=frozenset(word for phrase in data.weak_words for word in words_of(phrase)),
            same={word: group[0] for group in data.same_meaning for phrase in group for word in words_of(phrase)},
        ),
    )


def choose(text: str, labels: Sequence[str], words: MenuWords) -> Choice:
    """What a message chooses from a menu with these labels: an option, a command, or nothing. 0 is the way back."""
    said = words_of(text)
    if len(text) > MOST_CHARACTERS or len(said) > MOST_WORDS:
        return Choice(None, "too long for a choice")
    if not said:
        return Choice(None, "no words")
    if (number := whole_label(said, labels, words.labels)) is not None:
        return Choice(number, "the whole label")
    if (command := find_command(text, words.commands)) is not None:
        return Choice(command, "a command")
    return _choose_in_words(fold(text), labels, words)


def _choose_in_words(folded: str, labels: Sequence[str], words: MenuWords) -> Choice:
    pieces = list(_pieces(words_of(_HARMLESS_NO.sub("", folded)), labels, words))
    numbers = {piece.meaning for piece in pieces if isinstance(piece.meaning, int)}
    if not numbers:
        return Choice(None, "a question") if "?" in folded else _by_words(pieces, labels, words)
    if _NOT_A_PLAIN_NUMBER.search(folded) or _REFUSING_SYMBOLS & set(folded):
        return Choice(None, "an amount, a date or a refusal")
    if len(numbers) > 1 or _repeats_a_digit(pieces):
        return Choice(None, "more than one number")
    return _by_number(numbers.pop(), pieces, labels, words)


def path(text: str) -> tuple[int, ...] | None:
    """The options of a message that is a path through menus: "1 3 1", "1-3-1", "1,3,1", "1 > 3 > 1"; else None.

    Only single digits from 1 to 9 with something between them, two to `LONGEST_PATH` of them: never "13", a telephone
    or a date.
    """
    folded = fold(text).strip(".") if len(text) <= MOST_CHARACTERS else ""
    if not _PATH.fullmatch(folded):
        return None
    digits = tuple(int(digit) for digit in re.findall(r"\d", folded))
    if len(digits) == 2 and "." in folded:  # a decimal number
        return None
    return digits if len(digits) <= LONGEST_PATH else None


def _pieces(said: Words, labels: Sequence[str], words: MenuWords) -> Iterator[Piece[int | _Word]]:
    """A word of a label is right as it stands: "nube" is no mistyped nine where a menu offers the cloud."""
    right = {word for label in labels for word in words_of(label)}
    for piece in read(said, words.phrases):
        if piece.meaning is not None:
            yield piece
        elif (word := piece.words[0]).isdigit():
            yield Piece(piece.words, int(word) if len(word) <= 2 else _Word.OTHER)
        else:
            yield Piece(piece.words, None if word in right else nearest(word, words.mistyped))


def _by_number(number: int, pieces: list[Piece[int | _Word]], labels: Sequence[str], words: MenuWords) -> Choice:
    rest = tuple(word for piece in pieces if piece.meaning is None for word in piece.words)
    if any(isinstance(piece.meaning, _Word) and piece.meaning is not _Word.BESIDE for piece in pieces):
        return Choice(None, "a number with another purpose")
    if rest and number not in pointed_at(rest, labels, words.labels):
        return Choice(None, f"a number among other words: {' '.join(rest)}")
    if number == 0:
        return Choice(Command.BACK, "zero")
    if not number <= len(labels):
        return Choice(None, f"there is no option {number}")
    return Choice(number, "a number and words of its label" if rest else "a number")


def _by_words(pieces: list[Piece[int | _Word]], labels: Sequence[str], words: MenuWords) -> Choice:
    meanings = {piece.meaning for piece in pieces}
    if _Word.OTHER in meanings:
        return Choice(None, "words that choose nothing")
    if _Word.LAST in meanings and meanings <= {_Word.LAST, _Word.BESIDE} and labels:
        return Choice(len(labels), "the last")
    if _Word.LAST_BUT_ONE in meanings and meanings <= {_Word.LAST_BUT_ONE, _Word.BESIDE} and len(labels) > 1:
        return Choice(len(labels) - 1, "the last but one")
    said = tuple(word for piece in pieces for word in piece.words)
    # Beside a "no" every word counts: "no me sirve el usuario" is not "no … usuario".
    whole = bool(words.labels.negations & set(said))
    rest = said if whole else tuple(word for piece in pieces if piece.meaning is not _Word.BESIDE for word in piece.words)
    number = only_one(rest, labels, words.labels)
    return Choice(None, "no words of one label alone") if number is None else Choice(number, "words of its label")


def _repeats_a_digit(pieces: list[Piece[int | _Word]]) -> bool:
    """Whether one spelling of a number stands twice: "2 2" is a path or a slip, "2 (dos)" says one thing two ways."""
    spelled = [piece.words for piece in pieces if isinstance(piece.meaning, int)]
    return len(spelled) > len(set(spelled))
