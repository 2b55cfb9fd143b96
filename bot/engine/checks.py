"""What is wrong with a flow though it can be read. One function per check; `CHECKS` lists them all.

One slip of the author's should give one problem, so checks follow ways as they were most likely meant: a misspelt target
counts as the node that its name is nearest to, and a node that cannot be read leads to every node that it mentions.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rapidfuzz.process import extractOne

from bot.engine.nodes.activation import Activation
from bot.engine.nodes.ask import Ask
from bot.engine.nodes.base import Node
from bot.engine.nodes.collect import Collect
from bot.engine.nodes.confirm import Confirm
from bot.engine.nodes.consent import Consent
from bot.engine.nodes.menu import Menu
from bot.engine.nodes.open_ticket import OpensTicket
from bot.engine.nodes.start import Start
from bot.engine.nodes.summary import Summary
from bot.engine.phrases import wrong_braces
from bot.engine.problems import FlowProblem
from bot.engine.sources import ALIKE, Place, Source
from bot.understanding.fields import FIELDS

#: A list row's description on WhatsApp (Twilio's page on list pickers: 72); a longer line would be cut there.
LONGEST_LABEL = 72
#: The body of an interactive message (Twilio's pages on quick replies and list pickers: 1,024).
LONGEST_MENU = 1024


@dataclass(frozen=True)
class Draft:
    """A flow that was read but not judged yet."""

    menus: Source
    nodes: Mapping[str, Node]  #: those that can be read
    places: Mapping[str, Place]  #: where each node was written, readable or not
    mentioned: Mapping[str, frozenset[str]]  #: node that cannot be read → the words in it
    is_whole: bool  #: False if a file with nodes is missing or no YAML: nobody knows then which nodes there are

    @cached_property
    def roles(self) -> dict[str, str]:
        """What each role is said to lead to."""
        written = self.menus.data.get("roles") if isinstance(self.menus.data, dict) else None
        return {str(role): name for role, name in written.items() if isinstance(name, str)} if isinstance(written, dict) else {}

    @cached_property
    def ways(self) -> dict[str, frozenset[str]]:
        """Node → the nodes that it leads to, as far as they can be made out."""
        targets = {name: frozenset(node.leads_to().values()) for name, node in self.nodes.items()} | dict(self.mentioned)
        return {name: frozenset(self.meant(target) for target in ways) & self.places.keys() for name, ways in targets.items()}

    def meant(self, target: str) -> str:
        """The node that was meant by a name: itself if it is there, else the nearest, else nothing."""
        if target in self.places:
            return target
        near = extractOne(target, list(self.places), score_cutoff=ALIKE)
        return str(near[0]) if near else ""

    def reach(self, *begin: str) -> set[str]:
        """All nodes that can be reached from these, themselves included."""
        reached: set[str] = set()
        waiting = list(begin)
        while waiting:
            name = waiting.pop()
            if name not in reached and name in self.places:
                reached.add(name)
                waiting += self.ways[name]
        return reached


def missing_target(draft: Draft) -> Iterator[FlowProblem]:
    """A way, or a role, that leads to a node that is not there."""
    if not draft.is_whole:
        return
    for role, target in draft.roles.items():
        if target not in draft.places:
            yield draft.menus.problem(("roles", role), f"roles.{role}", _not_there(target), _did_you_mean(draft, target))
    for name, node in draft.nodes.items():
        for target in dict.fromkeys(node.leads_to().values()):
            if target not in draft.places:
                for key in _keys(node.model_dump(), target):
                    yield draft.places[name].problem(_not_there(target), _did_you_mean(draft, target), key)


def unreachable_node(draft: Draft) -> Iterator[FlowProblem]:
    """A node to which no way leads. What only such a node leads to is not told again."""
    if not draft.is_whole or not draft.roles:
        return
    lost = draft.places.keys() - draft.reach(*(draft.meant(name) for name in draft.roles.values()))
    led_to = {target for name in lost for target in draft.ways[name] if target != name}
    told: set[str] = set()
    for name in sorted(draft.places, key=lambda name: name in led_to):  # those that none of them leads to first
        if name in lost and name not in told:
            told |= draft.reach(name)
            yield draft.places[name].problem("no way leads here", "add it to a menu's options or to a goto, or remove it")


def dead_end(draft: Draft) -> Iterator[FlowProblem]:
    """Nodes that the customer cannot get out of by answering. What only leads to such nodes is not told again."""
    start = draft.meant(draft.roles.get("start", ""))
    if not draft.is_whole or not start:
        return
    told: set[str] = set()
    for name in draft.places:
        reached = draft.reach(name)
        if start in reached or name in told or any(_is_open(draft, other) for other in reached):
            continue
        waits = any(draft.nodes[other].waits for other in reached)  # a loop that never waits is told by the next check
        if waits and all(name in draft.reach(other) for other in reached):
            told |= reached
            yield draft.places[name].problem(
                "a dead end: no way leads back to the start", f"let a way lead on, at last to {start!r}"
            )


def loop_without_waiting(draft: Draft) -> Iterator[FlowProblem]:
    """Nodes that pass on in a circle and never wait for the customer."""
    onward = {name: [target for target in _passes_on(node) if target in draft.nodes] for name, node in draft.nodes.items()}
    told: set[str] = set()
    for name in draft.nodes:
        circle = _circle(name, onward)
        if circle and name not in told:
            told |= set(circle)
            yield draft.places[name].problem(
                f"a loop that never waits for the customer: {' → '.join([*circle, name])}",
                "let one of them lead to a menu or to a question",
            )


def label_too_long(draft: Draft) -> Iterator[FlowProblem]:
    """A label or a menu that WhatsApp would cut or refuse."""
    for name, node in draft.nodes.items():
        for key, text, _ in _texts(node):
            if key.endswith("label") and len(text) > LONGEST_LABEL:
                what = f"a label of {len(text)} characters; WhatsApp shows {LONGEST_LABEL}"
                yield draft.places[name].problem(what, "shorten it", key)
        if isinstance(node, Menu):
            size = len(node.text) + sum(len(option.label) + 6 for option in node.options)
            if size > LONGEST_MENU:
                what = f"a menu of {size} characters; WhatsApp takes {LONGEST_MENU}"
                yield draft.places[name].problem(what, "shorten its text", "text")


def bad_placeholder(draft: Draft) -> Iterator[FlowProblem]:
    """A name in braces that nobody fills in at this place."""
    for name, node in draft.nodes.items():
        for key, text, known in _texts(node):
            for what, hint in wrong_braces(text, known):
                yield draft.places[name].problem(what, hint, key)


def unknown_field_type(draft: Draft) -> Iterator[FlowProblem]:
    """A question for a sort of answer that is not understood, or for one from which the wait cannot be counted."""
    for name, node in draft.nodes.items():
        if isinstance(node, Ask) and node.kind not in FIELDS:
            known = ", ".join([*FIELDS, "attachments"])
            yield draft.places[name].problem(f"unknown field type {node.kind!r}", f"there are: {known}", "kind")
        if isinstance(node, Activation) and node.kind != "purchase_date":
            yield draft.places[name].problem(f"the wait cannot be counted from {node.kind!r}", "ask for a purchase_date", "kind")


def two_types_of_answer(draft: Draft) -> Iterator[FlowProblem]:
    """One answer that is asked for as two types: what the one question accepted, the other could not read."""
    first: dict[str, str] = {}
    for name, node in draft.nodes.items():
        if isinstance(node, Ask | Activation | Collect):
            kind = "attachments" if isinstance(node, Collect) else node.kind
            other = first.setdefault(node.field, name)
            if kind != _kind(draft.nodes[other]):
                what = (
                    f"{node.field!r} is of the type {kind!r} here and of {_kind(draft.nodes[other])!r} at {draft.places[other]}"
                )
                yield draft.places[name].problem(what, "give both the same type, or choose another name", "kind")


def not_a_question(draft: Draft) -> Iterator[FlowProblem]:
    """A summary or a ticket that lists something else than questions."""
    for name, node in draft.nodes.items():
        if isinstance(node, Summary | OpensTicket):
            for number, field in enumerate(node.fields):
                is_missing = field not in draft.places and isinstance(node, OpensTicket)  # a summary's are ways, too
                if is_missing or (field in draft.nodes and not isinstance(draft.nodes[field], Ask | Collect)):
                    hint = "list nodes of the types ask and collect"
                    yield draft.places[name].problem(f"{field!r} is no question", hint, f"fields.{number}")


def no_start(draft: Draft) -> Iterator[FlowProblem]:
    """A start that does not wait in silence."""
    start = draft.roles.get("start", "")
    if start in draft.nodes and not isinstance(draft.nodes[start], Start):
        yield draft.places[start].problem(
            "conversations begin here, but its type is not 'start'", "give it the type 'start'", "type"
        )


CHECKS: tuple[Callable[[Draft], Iterator[FlowProblem]], ...] = (
    missing_target,
    unreachable_node,
    dead_end,
    loop_without_waiting,
    label_too_long,
    bad_placeholder,
    unknown_field_type,
    two_types_of_answer,
    not_a_question,
    no_start,
)


def _is_open(draft: Draft, name: str) -> bool:
    """Whether a node leads out in a way that is not known here: back to where the customer was, or by a wrong name."""
    node = draft.nodes.get(name)
    if node is None:
        return True
    returns = isinstance(node, Confirm) and "return" in (node.if_yes.goto, node.if_no.goto)
    return returns or not draft.places.keys() >= set(node.leads_to().values())


def _passes_on(node: Node) -> list[str]:
    """Where a node can lead without waiting for the customer: one that asks passes on once the answer is known."""
    ways = node.leads_to()
    match node:
        case Ask() | Collect():
            return [ways["answered"]]
        case Consent():
            return [ways["accepted"]]
        case Activation():
            return list(ways.values())
        case _:
            return [] if node.waits else list(ways.values())


def _circle(name: str, onward: Mapping[str, list[str]]) -> list[str]:
    """The nodes on a way from a node to itself, if there is one."""
    waiting = [[name]]
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        for target in onward[path[-1]]:
            if target == name:
                return path
            if target not in seen:
                seen.add(target)
                waiting.append([*path, target])
    return []


def _texts(node: Node) -> Iterator[tuple[str, str, frozenset[str]]]:
    """A node's texts, and its label in any case."""
    keys = set()
    for key, text, known in node.texts():
        keys.add(key)
        yield key, text, known
    label = getattr(node, "label", None)
    if isinstance(label, str) and "label" not in keys:
        yield "label", label, frozenset()


def _kind(node: Node) -> str:
    return node.kind if isinstance(node, Ask | Activation) else "attachments"


def _keys(data: Any, target: str, at: str = "") -> Iterator[str]:
    """The dotted keys under which a target is written."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list | tuple) else ()
    for key, value in items:
        if value == target and key not in ("text", "label"):
            yield f"{at}{key}"
        else:
            yield from _keys(value, target, f"{at}{key}.")


def _not_there(target: str) -> str:
    return f"leads to {target!r}, which is not there"


def _did_you_mean(draft: Draft, target: str) -> str:
    near = draft.meant(target)
    return f"did you mean {near!r}?" if near else "add the node, or lead somewhere else"
