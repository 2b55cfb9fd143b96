"""Why the bot answered what it answered: the engine's reasons, taken apart for the page. Their words stand in words.html."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.engine.flow import Flow
from bot.engine.nodes.menu import Menu
from bot.messages.queries import Message
from bot.messages.tables import Direction

_LONGEST_PLACE = 80
_NUMBERED = re.compile(r"(option|correct)_([0-9]{1,4})", re.ASCII)


@dataclass(frozen=True)
class Why:
    """One reason. `kind`: a name in `whys` of words.html, or `understood` for the meaning itself."""

    kind: str
    about: str  #: the place, way, case or command that it is about, by its name in the flow
    title: str = ""  #: the same as customers read it, where they do
    words: str = ""  #: of the customer's message, which carried it
    rule: str = ""  #: of `flows/understanding`, which recognised them


def whys_of(messages: Iterable[Message], flow: Flow) -> dict[str, list[Why]]:
    """The reasons for each of the bot's messages, by its id.

    They are kept with the customer's message that it answers; what the bot says without being asked has its own.
    """
    found: dict[str, list[Why]] = {}
    heard: tuple[str, ...] = ()
    for message in messages:
        if message.direction is Direction.IN:
            heard = message.reasons
        elif message.author == "bot" and message.direction is Direction.OUT and (reasons := message.reasons or heard):
            found[message.id] = [_why(reason, flow) for reason in reasons]
    return found


def _why(reason: str, flow: Flow) -> Why:
    """The engine tells a meaning by its name alone, and all else as a kind and what it is about."""
    kind, _, about = reason.partition(" ")
    match kind:
        case _ if not about:
            return Why("understood", kind, _case(flow, kind))
        case "at" | "to":
            return Why(kind, about, _place(flow, about))
        case "way":
            return _way(flow, *about.partition(" ")[::2])
        case "matched" | "example" | "leaning" | "doubted" | "outweighed":
            label, _, rest = about.partition("/")
            rule, _, words = rest.rpartition(": ")
            return Why(kind, label, _case(flow, label), words, rule)
        case _:
            return Why(kind, about)


def _way(flow: Flow, at: str, trigger: str) -> Why:
    """The way that was taken from a place; of a menu's option, what it says."""
    family, _, name = trigger.partition(".")
    if (numbered := _NUMBERED.fullmatch(trigger)) is not None:
        number, node = int(numbered[2]), flow.nodes.get(at)
        is_option = isinstance(node, Menu) and 0 < number <= len(node.options)
        return Why("way", numbered[1], node.options[number - 1].label if is_option and isinstance(node, Menu) else str(number))
    if family == "case":
        return Why("way", "case", _case(flow, name))
    return Why("way", "return", _place(flow, name)) if family == "return" else Why("way", trigger)


def _case(flow: Flow, name: str) -> str:
    return flow.cases[name].label if name in flow.cases else ""


def _place(flow: Flow, name: str) -> str:
    """What a node is called on its summary, else the beginning of what it says."""
    node = flow.nodes.get(name)
    text = str(getattr(node, "label", "") or getattr(node, "text", ""))
    line = next(iter(text.splitlines()), "").replace("*", "")
    return line if len(line) <= _LONGEST_PLACE else f"{line[:_LONGEST_PLACE].rstrip()}…"
