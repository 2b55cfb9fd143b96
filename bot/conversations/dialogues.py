"""Keeps, in the turn's transaction, the way that each customer takes through the flow: where they came, where they stopped.

A dialogue is what a customer writes without `SILENCE` in between. What is said to an agent, and the answers to the question how
the attention was, belong to none.
"""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.conversations.tables import dialogues
from bot.engine.conversation import Conversation
from bot.engine.effects import OpenTicket
from bot.engine.flow import Flow
from bot.engine.inputs import AgentTookOver, Input, MessageReceived
from bot.engine.nodes.comment import Comment
from bot.engine.nodes.confirm import Confirm
from bot.engine.nodes.rate import Rate
from bot.engine.step import Step
from bot.statements import Prepared, insert

#: After so long without a word the customer is gone, and what comes then is a new dialogue.
SILENCE = timedelta(hours=24)


@dataclass(frozen=True)
class _Before:
    id: int
    path: list[str]
    node: str
    answered: bool
    helped: bool
    opened_ticket: bool
    asked_agent: bool


_CURRENT = Prepared(
    sa.select(*(dialogues.c[one.name] for one in fields(_Before)))
    .where(dialogues.c.conversation_id == sa.bindparam("conversation_id"), dialogues.c.last_at > sa.bindparam("since"))
    .order_by(dialogues.c.id.desc())
    .limit(1)
)
_CHANGED = ("last_at", "path", "node", "answered", "helped", "opened_ticket", "asked_agent")
_EXTENDED = Prepared(
    sa.update(dialogues)
    .where(dialogues.c.id == sa.bindparam("dialogue"))
    .values({name: sa.bindparam(f"new_{name}") for name in _CHANGED})
)


def follow(
    connection: Connection, flow: Flow, conversation_id: str, turn: tuple[Conversation, Input, Step], now: datetime
) -> None:
    """Note where a turn (the conversation before it, what happened, what came of it) led the customer."""
    before, happened, result = turn
    match happened:
        case AgentTookOver():
            _set_agent(connection, conversation_id, now)
        case MessageReceived() if not before.agent and not isinstance(flow.nodes.get(before.node), Rate | Comment):
            _extend(connection, flow, conversation_id, result, now)


def helped_at(flow: Flow) -> frozenset[str]:
    """Where those come who say yes when they are asked whether a documented answer was of use."""
    asked = (flow.nodes[name] for case in flow.cases.values() for name in case.leads_to().values())
    targets = {node.if_yes.goto for node in asked if isinstance(node, Confirm)}
    return frozenset(targets - flow.forms.keys())


def _extend(connection: Connection, flow: Flow, conversation_id: str, result: Step, now: datetime) -> None:
    known = _current(connection, conversation_id, now)
    path = list(dict.fromkeys([*(known.path if known else [flow.start]), *result.visited]))
    stops = [name for name in (*result.visited, result.conversation.node) if name != flow.start]
    values = {
        "last_at": now,
        "path": path,
        "answered": bool(known and known.answered) or any(name in flow.cases for name in result.visited),
        "helped": bool(known and known.helped) or not helped_at(flow).isdisjoint(result.visited),
        "opened_ticket": bool(known and known.opened_ticket) or any(isinstance(one, OpenTicket) for one in result.effects),
        "asked_agent": bool(known and known.asked_agent) or flow.roles.agent in result.visited,
        **({"node": stops[-1]} if stops else {}),
    }
    if known is None:
        values = {"node": flow.start, **values, "conversation_id": conversation_id, "began_at": now}
        insert(connection, dialogues, values)
    else:
        values = {"node": known.node, **values}
        _EXTENDED.run(connection, dialogue=known.id, **{f"new_{name}": value for name, value in values.items()})


def _set_agent(connection: Connection, conversation_id: str, now: datetime) -> None:
    known = _current(connection, conversation_id, now)
    if known is not None:
        connection.execute(sa.update(dialogues).where(dialogues.c.id == known.id).values(asked_agent=True))


def _current(connection: Connection, conversation_id: str, now: datetime) -> _Before | None:
    row = _CURRENT.first(connection, conversation_id=conversation_id, since=now - SILENCE)
    return None if row is None else _Before(*row)
