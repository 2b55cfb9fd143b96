"""What is wrong with a flow though it can be read. One function per check; `CHECKS` lists them all."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bot.engine.flow import Roles
from bot.engine.nodes.activation import Activation
from bot.engine.nodes.ask import Ask
from bot.engine.nodes.base import Node
from bot.engine.nodes.confirm import Confirm
from bot.engine.nodes.menu import Menu
from bot.engine.problems import FlowProblem
from bot.engine.sources import Path, Source
from bot.engine.texts import has_stray_brace, placeholders
from bot.understanding.fields import FIELDS

#: A list row's description on WhatsApp (Twilio's page on list pickers: 72); a longer line would be cut there.
LONGEST_LABEL = 72
#: The body of an interactive message (Twilio's pages on quick replies and list pickers: 1,024).
LONGEST_MENU = 1024


@dataclass(frozen=True)
class Draft:
    """A flow that was read but not judged yet, with the place where each node was written."""

    roles: Roles
    nodes: Mapping[str, Node]
    places: Mapping[str, tuple[Source, Path]]

    def problem(self, node: str, what: str, hint: str, key: str = "") -> FlowProblem:
        """A problem of a node, at the line of the key that it is about."""
        source, path = self.places[node]
        parts = [int(part) if part.isdigit() else part for part in key.split(".")] if key else []
        return source.problem((*path, *parts), node, what, hint)


def missing_target(draft: Draft) -> Iterator[FlowProblem]:
    """A way that leads to a node that is not there."""
    for name, node in draft.nodes.items():
        for target in dict.fromkeys(node.leads_to().values()):
            if target not in draft.nodes:
                yield draft.problem(
                    name, f"leads to {target!r}, which is not there", _nearest(target, draft.nodes), _key_of(node, target)
                )


def unreachable_node(draft: Draft) -> Iterator[FlowProblem]:
    """A node to which no way leads."""
    reached = _reach(draft, list(draft.roles.model_dump().values()))
    for name in draft.nodes:
        if name not in reached:
            yield draft.problem(name, "no way leads here", "add it to a menu's options or to a goto, or remove it")


def dead_end(draft: Draft) -> Iterator[FlowProblem]:
    """A node from which the customer cannot get back to the beginning by answering."""
    for name, node in draft.nodes.items():
        returns = isinstance(node, Confirm) and "return" in (node.if_yes.goto, node.if_no.goto)
        if not returns and draft.roles.start not in _reach(draft, [name]):
            yield draft.problem(
                name, "a dead end: no way leads back to the start", f"let a way lead on, at last to {draft.roles.start!r}"
            )


def loop_without_waiting(draft: Draft) -> Iterator[FlowProblem]:
    """Nodes that pass on in a circle and never wait for the customer."""
    for name in draft.nodes:
        seen: list[str] = []
        here = name
        while here in draft.nodes and not draft.nodes[here].waits and here not in seen:
            seen.append(here)
            here = next(iter(draft.nodes[here].leads_to().values()), "")
        if seen and here == name:
            circle = " → ".join([*seen, name])
            yield draft.problem(
                name, f"a loop that never waits for the customer: {circle}", "let one of them lead to a menu or a question"
            )


def label_too_long(draft: Draft) -> Iterator[FlowProblem]:
    """A label or a menu that WhatsApp would cut or refuse."""
    for name, node in draft.nodes.items():
        for key, text, _ in node.texts():
            if key.endswith("label") and len(text) > LONGEST_LABEL:
                yield draft.problem(name, f"a label of {len(text)} characters; WhatsApp shows {LONGEST_LABEL}", "shorten it", key)
        if isinstance(node, Menu):
            size = len(node.text) + sum(len(option.label) + 6 for option in node.options)
            if size > LONGEST_MENU:
                yield draft.problem(
                    name, f"a menu of {size} characters; WhatsApp takes {LONGEST_MENU}", "shorten its text", "text"
                )


def bad_placeholder(draft: Draft) -> Iterator[FlowProblem]:
    """A name in braces that nobody fills in at this place."""
    for name, node in draft.nodes.items():
        for key, text, known in node.texts():
            hint = (
                "here you can use " + ", ".join(f"{{{word}}}" for word in sorted(known))
                if known
                else "no placeholder is filled in here"
            )
            for word in placeholders(text):
                if word not in known:
                    yield draft.problem(name, f"{key}: unknown placeholder {{{word}}}", hint, key)
            if has_stray_brace(text):
                yield draft.problem(name, f"{key}: a brace that belongs to no placeholder", hint, key)


def unknown_field_type(draft: Draft) -> Iterator[FlowProblem]:
    """A question for a sort of answer that is not understood."""
    known = ", ".join([*FIELDS, "attachments"])
    for name, node in draft.nodes.items():
        if isinstance(node, Ask | Activation) and node.kind not in FIELDS:
            yield draft.problem(name, f"unknown field type {node.kind!r}", f"there are: {known}", "type")


CHECKS: tuple[Callable[[Draft], Iterator[FlowProblem]], ...] = (
    missing_target,
    unreachable_node,
    dead_end,
    loop_without_waiting,
    label_too_long,
    bad_placeholder,
    unknown_field_type,
)


def _reach(draft: Draft, begin: list[str]) -> set[str]:
    reached: set[str] = set()
    waiting = [name for name in begin if name in draft.nodes]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += [target for target in draft.nodes[name].leads_to().values() if target in draft.nodes]
    return reached


def _key_of(node: Node, target: str) -> str:
    """The key under which a target is written, as far as it can be found."""
    if isinstance(node, Menu):
        return next((f"options.{number}.goto" for number, option in enumerate(node.options) if option.goto == target), "options")
    return next((key for key, value in node if value == target), "goto")


def _nearest(target: str, names: Mapping[str, Node]) -> str:
    from rapidfuzz.process import extractOne  # noqa: PLC0415 (only needed when something is wrong)

    near = extractOne(target, list(names), score_cutoff=60)
    return f"did you mean {near[0]!r}?" if near else "add the node, or lead somewhere else"
