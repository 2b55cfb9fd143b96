"""How nodes read an answer: which of the numbered ones was meant, yes or no. Understanding itself lies in `bot/understanding`."""

from collections.abc import Sequence

from bot.engine.inputs import Kind, MessageReceived
from bot.engine.turn import Turn
from bot.understanding.fields.base import Accepted, Refused
from bot.understanding.menu import choose


def option(said: MessageReceived, labels: Sequence[str], turn: Turn) -> int | None:
    """The numbered answer that was meant, counted from 1; a tapped button carries its number as its id."""
    if said.kind is Kind.BUTTON and said.choice.isdecimal() and 1 <= int(said.choice) <= len(labels):
        return int(said.choice)
    chosen = choose(said.text, labels, turn.flow.vocabulary.menu)
    return chosen.option if isinstance(chosen.option, int) else None


def is_yes(said: MessageReceived, turn: Turn) -> bool | None:
    """Yes, no, or None for neither."""
    match turn.read_field("yes_no", said.text):
        case Accepted(value=value):
            return value == "si"
        case Refused():
            return None


def is_first(said: MessageReceived, labels: tuple[str, str], turn: Turn) -> bool | None:
    """Which of two numbered answers was meant, the first of which is the yes; None for neither."""
    number = option(said, labels, turn)
    return is_yes(said, turn) if number is None else number == 1
