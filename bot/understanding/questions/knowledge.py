"""What `understand` works with."""

from dataclasses import dataclass

from bot.understanding.questions.examples import Examples
from bot.understanding.questions.hearing import Language
from bot.understanding.questions.rules import CompiledRule


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All that `understand` needs. Compiled once from the data, shared by all messages, never changed."""

    language: Language
    rules: tuple[CompiledRule, ...]
    absorbs: dict[str, frozenset[str]]  #: label → the labels that add nothing beside it
    examples: Examples
