"""The commands that work anywhere: only when they are the whole message, never as a word in a sentence.

"Menú", "quiero volver porfa" and "ayudaaa" are commands; "el menú del restaurante" and "no quiero volver a perder la
clave" are not, because they hold words that belong to no command. Greetings and good-byes are no commands.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.understanding.everyday import Everyday, PhraseList, WordFile, compile_everyday, read_file
from bot.understanding.phrases import (
    Part,
    Phrases,
    Slips,
    Words,
    compile_parts,
    compile_phrases,
    compile_slips,
    is_near,
    nearest,
    says,
    squeeze,
    without,
    words_of,
)

#: A command is short. What is longer is a sentence, whatever words it is made of.
MOST_WORDS = 12
MOST_CHARACTERS = 120


class Command(StrEnum):
    """What a customer can ask for at any moment. The values are the labels that the command line prints."""

    MENU = "menu"
    BACK = "volver"
    CANCEL = "cancelar"
    HELP = "ayuda"
    AGENT = "agente"
    STATUS = "estado"
    MY_DATA = "mis_datos"
    CORRECT_DATA = "corregir_datos"
    ERASE_DATA = "eliminar_datos"
    REVOKE = "revocar"
    POLICY = "politica"


class CommandData(WordFile):
    """How one command is said."""

    says: PhraseList = ()  #: whole ways of saying it; only courtesies may stand beside them
    words: PhraseList = ()  #: words that say it, alone or with words around them
    around: PhraseList = ()  #: words that may stand around those, besides `around` of the file


class CommandsData(WordFile):
    """The shape of `flows/vocabulary/commands.yaml`."""

    around: PhraseList
    real_words: PhraseList  #: right as they stand: never taken for a slip of the thumb
    commands: dict[Command, CommandData]


@dataclass(frozen=True)
class _Ways:
    """How one command is said, compiled."""

    whole: frozenset[Words]  #: whole messages, courtesies left out
    table: Phrases[Part]
    mistyped: Slips[Words]  #: single words → the words that they stand for


@dataclass(frozen=True)
class Commands:
    """The compiled words."""

    ways: Mapping[Command, _Ways]
    courtesy: Phrases[Part]
    real_words: frozenset[str]
    mistyped: tuple[str, ...]  #: all words that are recognised with a slip
    words: frozenset[str]  #: all words that any way of saying any command has, courtesies too, as they are and squeezed


def compile_commands(vocabulary: Mapping[str, object]) -> Commands:
    """Compile `commands` and `everyday` of the vocabulary (file stem → its YAML data).

    Raises ValueError (pydantic's, for a wrong shape) for data that cannot be used, and for a missing command.
    """
    data = read_file(CommandsData, vocabulary, "commands")
    if missing := set(Command) - set(data.commands):
        raise ValueError(f"commands.yaml says nothing for {', '.join(sorted(missing))}")
    compile_phrases((command, how.says + how.words) for command, how in data.commands.items())  # refuses doubles
    everyday = compile_everyday(vocabulary)
    ways = {command: _compile_ways(how, data, everyday) for command, how in data.commands.items()}
    known = {word for way in ways.values() for words in (*way.table.meanings, *way.whole) for word in words}
    real_words = known | {word for phrase in data.real_words for word in words_of(phrase)}
    mistyped = {word for way in ways.values() for words in way.mistyped.by_length.values() for word, _ in words}
    courtesy = compile_parts((), everyday.beside)
    whole = {word for way in ways.values() for words in way.whole for word in words}
    words = courtesy.words.union(whole, *(way.table.words for way in ways.values()))
    return Commands(ways, courtesy, frozenset(real_words), tuple(sorted(mistyped)), words)


def find_command(text: str, commands: Commands) -> Command | None:
    """The command that the whole message says, exactly or with one slip of the thumb; None for anything else."""
    if len(text) > MOST_CHARACTERS:
        return None
    words = words_of(text)
    if not 0 < len(words) <= MOST_WORDS:
        return None
    return _said(words, commands) or _said_with_a_slip(words, commands)


def _said(words: Words, commands: Commands) -> Command | None:
    """Whole ways of saying come first: "menú anterior" goes back, though it holds the word menú."""
    squeezed = squeeze(words)
    if any(word not in commands.words and short not in commands.words for word, short in zip(words, squeezed, strict=True)):
        return None  # nearly every message: no command need be tried
    matter = squeeze(without(words, commands.courtesy))
    for command, ways in commands.ways.items():
        if squeezed in ways.whole or matter in ways.whole:
            return command
    found = [command for command, ways in commands.ways.items() if says(words, ways.table, squeezed)]
    return found[0] if len(found) == 1 else None


def _said_with_a_slip(words: Words, commands: Commands) -> Command | None:
    """One word that nobody knows may be a mistyped one; the rest must be right."""
    unknown = [place for place, word in enumerate(words) if word not in commands.real_words]
    if len(unknown) != 1:
        return None
    [place] = unknown
    if not is_near(words[place], commands.mistyped):
        return None  # nearly every message: no command need be tried
    found = set()
    for command, ways in commands.ways.items():
        meant = nearest(words[place], ways.mistyped)
        if meant is not None and _said((*words[:place], *meant, *words[place + 1 :]), commands) is command:
            found.add(command)
    return found.pop() if len(found) == 1 else None


def _compile_ways(how: CommandData, data: CommandsData, everyday: Everyday) -> _Ways:
    cores: list[Words] = [words_of(phrase) for phrase in how.words]
    # Any core does for a mistyped one: they all say the same. A whole way of saying stands for itself.
    table = compile_parts(how.words, how.around + data.around + everyday.beside)
    mistyped: dict[str, Words] = {words[0]: words for words in (*table.meanings, *map(words_of, how.says)) if len(words) == 1}
    mistyped |= {words[0]: cores[0] for words in cores if len(words) == 1}
    return _Ways(
        whole=frozenset(squeeze(words_of(phrase)) for phrase in how.says),
        table=table,
        mistyped=compile_slips(mistyped, ()),
    )
