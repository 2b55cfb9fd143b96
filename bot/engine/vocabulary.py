"""What the understanding was compiled to from `flows/vocabulary` and `flows/understanding`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, TypeVar

from pydantic import ValidationError

from bot.engine.problems import FlowProblem
from bot.engine.sources import Source
from bot.understanding.fields import compile_fields
from bot.understanding.fields.base import Reader
from bot.understanding.menu import MenuWords, compile_menu
from bot.understanding.questions import Knowledge, compile_knowledge
from bot.understanding.redaction import Secrets, compile_secrets

T = TypeVar("T")


@dataclass(frozen=True)
class Vocabulary:
    """The compiled words: for menus and commands, for fields, for questions, and for what must be masked."""

    menu: MenuWords
    fields: Mapping[str, Reader]
    questions: Knowledge
    secrets: Secrets


def compile_vocabulary(read: Mapping[str, Source], problems: list[FlowProblem]) -> Vocabulary | None:
    """Compile all words; None with the problems noted if any file cannot be used."""
    words = {PurePosixPath(name).stem: source.data for name, source in read.items() if name.startswith("vocabulary/")}
    questions = {PurePosixPath(name).name: source.data for name, source in read.items() if name.startswith("understanding/")}
    menu = _compiled("vocabulary/", compile_menu, words, problems)
    fields = _compiled("vocabulary/", compile_fields, words, problems)
    knowledge = _compiled("understanding/", compile_knowledge, questions, problems)
    secrets = _compiled("vocabulary/secrets.yaml", compile_secrets, words.get("secrets", {}), problems)
    if menu is None or fields is None or knowledge is None or secrets is None:
        return None
    return Vocabulary(menu, fields, knowledge, secrets)


def _compiled(place: str, compile_words: Callable[[Any], T], data: Any, problems: list[FlowProblem]) -> T | None:
    try:
        return compile_words(data)
    except ValidationError as error:
        hint = "compare with the other entries of the file"
        problems += [FlowProblem(place, 0, ".".join(map(str, detail["loc"])), detail["msg"], hint) for detail in error.errors()]
    except ValueError as error:
        problems.append(FlowProblem(place, 0, "", " ".join(str(error).split()), "compare with the other entries of the file"))
    return None
