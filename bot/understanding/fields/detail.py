"""What the customer needs, in their own words.

Accepted: the text as typed, without space at the ends. Refused when it tells nothing: only courtesies, laughter, a
command, a number, keys hit at random. Secrets were masked before a text comes here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.understanding.commands import Commands, compile_commands, find_command
from bot.understanding.everyday import PhraseList, WordFile, compile_dont_know, compile_everyday, read_file
from bot.understanding.fields.base import Accepted, Field, Reader, Refused, is_pronounceable
from bot.understanding.phrases import Part, Phrases, compile_parts, says, without, words_of

#: "No entra" tells something, "ayuda" does not.
FEWEST_WORDS = 2
#: The beginning of a long text is enough to see that it tells something.
_READ = 2_000


class DetailData(WordFile):
    """The shape of `flows/vocabulary/detail.yaml`."""

    empty: PhraseList  #: these tell nothing, alone or together
    nothing: PhraseList  #: whole messages that tell nothing, whatever their words are worth


@dataclass(frozen=True)
class _Words:
    empty: Phrases[Part]
    nothing: Phrases[Part]
    dont_know: Phrases[Part]
    commands: Commands


def compile_reader(vocabulary: Mapping[str, object]) -> Reader:
    """A reader with the words of `detail`, `commands` and `everyday`. Raises ValueError for unusable data."""
    data = read_file(DetailData, vocabulary, "detail")
    everyday = compile_everyday(vocabulary)
    words = _Words(
        empty=compile_parts(data.empty, everyday.beside),
        nothing=compile_parts(data.nothing, data.empty + everyday.beside),
        dont_know=compile_dont_know(everyday, data.empty),
        commands=compile_commands(vocabulary),
    )
    return lambda text, _: _read(text, words)


def _read(text: str, words: _Words) -> Accepted | Refused:
    beginning = text[:_READ]
    if find_command(beginning, words.commands) is not None or not _tells(words_of(beginning), words):
        return Refused("detail.too_little")
    return Accepted(text.strip())


def _tells(said: tuple[str, ...], words: _Words) -> bool:
    if says(said, words.dont_know) or says(said, words.nothing):
        return False
    left = [word for word in without(said, words.empty) if not _is_laughter(word)]
    return len(left) >= FEWEST_WORDS and any(len(word) > 2 and is_pronounceable(word) for word in left)


def _is_laughter(word: str) -> bool:
    """Jajaja, jeje, jajsjas, kkk: few letters, over and over."""
    letters = set(word)
    return len(word) > 2 and (
        letters in ({"k"}, {"x", "d"})
        or (any(letters - {"s", "h", "j"} == {vowel} for vowel in "aeiou") and "j" in letters)
        or letters == {"h", "a"}
    )


DETAIL = Field(
    compile=compile_reader,
    reasons={"detail.too_little": frozenset()},
    longest=20_000,
    examples=("No entra y ya probé la clave genérica",),
)
