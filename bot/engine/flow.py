"""The flow as the engine uses it: nodes by name, and ONE `transitions.Machine` that knows where each of them may lead.

The machine decides where a conversation may go; nodes decide what is said there. It is built once, with no model of its
own (`model=None`): a step drives it with a throw-away Turn by `machine.events[trigger].trigger(turn)`, so nothing is
registered and nothing leaks. Triggers are, besides those the nodes declare:

- `menu`, `agent`, `tickets`, `cancel`: the commands, from anywhere
- `case.<name>`: to a documented answer, from anywhere
- `aside.<name>`: to a question that interrupts (resume, offer an agent, clarify, offer a ticket, rate), from anywhere
- `back`: to the node before, fixed for each node
- `return.<name>`: to a node that was left for an aside
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, cast
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict
from transitions import EventData, Machine

from bot.engine.conversation import Conversation
from bot.engine.effects import FieldValue
from bot.engine.hours import Hours
from bot.engine.nodes.activation import Activation
from bot.engine.nodes.ask import Ask
from bot.engine.nodes.base import Node
from bot.engine.nodes.case import Case
from bot.engine.nodes.collect import Collect
from bot.engine.phrases import RightWords
from bot.engine.terms import Right
from bot.engine.texts import CalendarWords, fill
from bot.engine.turn import Turn
from bot.engine.vocabulary import Vocabulary
from bot.understanding.fields.base import Refused
from bot.understanding.fields.phone import SENDER


class Roles(BaseModel):
    """Which nodes the commands and the asides lead to (`flows/menus.yaml`, `roles:`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: str
    menu: str
    agent: str
    tickets: str
    cancel: str
    resume: str
    offer_agent: str
    clarify: str
    offer_ticket: str
    rate: str


@dataclass(frozen=True)
class Flow:
    """All that `flows/` says, read, checked and compiled. Immutable."""

    roles: Roles
    nodes: Mapping[str, Node]
    forms: Mapping[str, str]  #: node → the form it belongs to
    back: Mapping[str, str]  #: node → where `volver` leads
    phrases: Mapping[str, str]
    rights: Mapping[Right, RightWords]  #: what is said when a customer asks for one
    statuses: Mapping[str, str]  #: a ticket's status → what a customer is told
    refusals: Mapping[str, str]
    calendar: CalendarWords
    hours: Hours
    vocabulary: Vocabulary
    machine: Machine

    @property
    def start(self) -> str:
        """Where conversations begin and come to rest."""
        return self.roles.start

    @cached_property
    def cases(self) -> dict[str, Case | Activation]:
        """The documented answers, by the label that understanding gives them."""
        return {name: node for name, node in self.nodes.items() if isinstance(node, Case | Activation)}

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone of customers and agents."""
        return ZoneInfo(self.hours.zone)

    def local(self, moment: datetime) -> datetime:
        """A time on the customers' clock."""
        return moment.astimezone(self.zone)

    def refusal(self, refused: Refused) -> str:
        """Why an answer was not taken, in words for the customer."""
        return fill(self.refusals[refused.reason], refused.values)

    def shown_answers(self, conversation: Conversation, names: Sequence[str]) -> tuple[FieldValue, ...]:
        """The draft's answers to these nodes, as a customer and an agent read them."""
        return tuple(
            FieldValue(node.field, node.label, self.shown(node.field, conversation.answers.get(node.field, "")))
            for name in names
            if isinstance(node := self.nodes[name], Ask | Collect)
        )

    def question(self, field: str) -> Ask | None:
        """What asks for a field; None for one that nothing asks for."""
        return self._questions.get(field)

    @cached_property
    def _questions(self) -> dict[str, Ask]:
        found: dict[str, Ask] = {}
        for node in self.nodes.values():
            if isinstance(node, Ask):
                found.setdefault(node.field, node)
        return found

    def shown(self, field: str, value: str) -> str:
        """An accepted value of a field, as a customer and an agent read it."""
        question = self.question(field)
        if question is not None and question.kind == "purchase_date" and value:
            day = datetime.fromisoformat(value).date()
            return f"{self.calendar.spell(day)} ({value})"
        if question is not None and value == SENDER:
            return self.phrases["this_chat"]
        return value


def compile_machine(nodes: Mapping[str, Node], back: Mapping[str, str], roles: Roles) -> Machine:
    """The one machine, made of what the nodes and the roles say."""
    return Machine(
        model=None,
        states=list(nodes),
        initial=roles.start,
        transitions=[*node_ways(nodes), *_ways_from_anywhere(nodes, back, roles)],
        auto_transitions=False,
        send_event=True,
        model_override=True,
        after_state_change=_enter,
    )


def node_ways(nodes: Mapping[str, Node]) -> list[dict[str, Any]]:
    """The transitions that the nodes themselves declare: what the diagram shows."""
    return [
        {"trigger": trigger, "source": name, "dest": dest}
        for name, node in nodes.items()
        for trigger, dest in node.leads_to().items()
    ]


def _ways_from_anywhere(nodes: Mapping[str, Node], back: Mapping[str, str], roles: Roles) -> list[dict[str, Any]]:
    ways = {"menu": roles.menu, "agent": roles.agent, "tickets": roles.tickets, "cancel": roles.cancel, "rest": roles.start}
    ways |= {f"aside.{role}": getattr(roles, role) for role in ("resume", "offer_agent", "clarify", "offer_ticket", "rate")}
    ways |= {f"case.{name}": name for name, node in nodes.items() if isinstance(node, Case | Activation)}
    ways |= {f"return.{name}": name for name, node in nodes.items() if node.waits}
    anywhere = [{"trigger": trigger, "source": "*", "dest": dest} for trigger, dest in ways.items()]
    return anywhere + [{"trigger": "back", "source": name, "dest": dest} for name, dest in back.items()]


def _enter(event: EventData) -> None:
    """Called by the machine after every move: the new node says what it has to say."""
    turn = cast(Turn, event.model)
    turn.visited.append(turn.state)
    node, said = turn.flow.nodes[turn.state], len(turn.effects)
    turn.next = node.enter(turn)
    if node.waits:
        turn.mark_questions(said)
