"""What an agent does at the desk, each in one transaction: the ticket moves, and the conversation learns of it at once.

The conversation's row is locked first, as by every turn, so agents, customers and the clock take their turns one after the
other. What waited in the inbox is handled before, and what the agent did right after, in the same transaction: when it is
committed the bot is silent (or talks again), and what the bot had said and nobody had begun to send is withdrawn.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.conversations.handle import Rules, handle
from bot.conversations.inbox import record_deed
from bot.conversations.parking import handle_or_park_all
from bot.conversations.queries import standing
from bot.conversations.tables import conversations
from bot.engine import conversation as snapshot
from bot.engine.conversation import Conversation
from bot.engine.inputs import AgentReleased, AgentReplied, AgentTookOver, Input, SentFile, TicketResolved
from bot.messages import outbox
from bot.tickets import canned, drafts, queries, service
from bot.tickets.lifecycle import Status
from bot.tickets.queries import Ticket
from bot.tickets.service import TicketChangedError, UnknownTicketError, mark_read, move


@dataclass(frozen=True)
class Desk:
    """Who acts, when, and by which rules turns are made."""

    connection: Connection
    rules: Rules
    agent: str  #: username
    name: str  #: as the customer is told it
    now: datetime


class HeldError(Exception):
    """Another agent talks to this customer. `agent` is their username."""

    def __init__(self, agent: str) -> None:
        super().__init__(f"{agent} has the conversation")
        self.agent = agent


class WindowClosedError(Exception):
    """WhatsApp does not let us write: the customer's last message is more than 24 hours old."""


class NotFailedError(Exception):
    """There is nothing to send again: the message did not fail, or a colleague was faster."""


class UnresolvedError(Exception):
    """A variable of a canned reply still stands in the text: the customer would get it as it is."""


class NotYoursError(Exception):
    """Only the agent who has the conversation for this ticket can write to the customer."""


def act(desk: Desk, number: str, trigger: str, seen: int) -> Status:
    """Move a ticket by a trigger of the lifecycle, as the agent saw it in version `seen`; the conversation follows.

    Raises UnknownTicketError, TicketChangedError, NotAllowedError, and HeldError for a ticket whose customer a colleague has.
    """
    ticket, here = _locked(desk, number)
    if trigger == "assign":
        _refuse_if_held(desk, here)
    status = move(desk.connection, number, trigger, desk.agent, desk.now, seen=seen)
    deeds: dict[str, Input] = {
        "assign": AgentTookOver(number, desk.agent, desk.name),
        "release": AgentReleased(number, desk.agent),
        "resolve": TicketResolved(number, desk.agent),
    }
    if trigger in deeds:
        _tell(desk, ticket, deeds[trigger])
    return status


def talk(desk: Desk, number: str) -> None:
    """Take the conversation for a ticket that is the agent's already: they had it for another one. Raises as `act`."""
    ticket, here = _locked(desk, number)
    if ticket.assignee != desk.agent or ticket.status is Status.RESOLVED:
        raise NotYoursError
    _refuse_if_held(desk, here)
    if (here.agent, here.ticket) != (desk.agent, number):
        _tell(desk, ticket, AgentTookOver(number, desk.agent, desk.name))


def reply(desk: Desk, number: str, text: str, key: str, files: tuple[SentFile, ...] = ()) -> bool:
    """Write to the customer, and send them files; False if the form with this key was sent before.

    After 24 hours it waits until the customer writes, whom the template asks to. Raises UnknownTicketError, NotYoursError,
    UnresolvedError, and WindowClosedError if there is no template.
    """
    if canned.unresolved(text):
        raise UnresolvedError
    ticket, here = _locked(desk, number)
    if (here.agent, here.ticket) != (desk.agent, number):
        raise NotYoursError
    if not desk.rules.template and desk.now >= standing(desk.connection, ticket.conversation_id).open_until:
        raise WindowClosedError
    deed = AgentReplied(number, desk.agent, text, files)
    if not record_deed(desk.connection, ticket.conversation_id, deed, desk.now, key=f"reply:{key}"):
        return False
    handle(desk.connection, desk.rules, ticket.conversation_id, desk.now)
    mark_read(desk.connection, number)
    drafts.keep(desk.connection, number, desk.agent, "", desk.now)
    return True


def can_reply(connection: Connection, rules: Rules, agent: str, number: str, now: datetime) -> bool:
    """Whether a reply would be taken as things stand: asked before files are kept for it. `reply` decides."""
    ticket = queries.ticket(connection, number)
    if ticket is None:
        return False
    here = standing(connection, ticket.conversation_id)
    return (here.agent, here.ticket) == (agent, number) and (bool(rules.template) or now < here.open_until)


def keep_draft(desk: Desk, number: str, text: str) -> None:
    """Keep what the agent has begun to write, or forget it if it is empty. Raises UnknownTicketError."""
    if queries.ticket(desk.connection, number) is None:
        raise UnknownTicketError(number)
    drafts.keep(desk.connection, number, desk.agent, text, desk.now)


def transfer(desk: Desk, number: str, to: str, name: str, seen: int) -> None:
    """Give a ticket to a colleague (or take it from one); the conversation goes along. Raises as `service.transfer`."""
    ticket, here = _locked(desk, number)
    service.transfer(desk.connection, number, to, desk.agent, desk.now, seen=seen)
    if here.agent and here.ticket == number:
        _tell(desk, ticket, AgentTookOver(number, to, name))


def note(desk: Desk, number: str, text: str, key: str) -> bool:
    """Write an internal note; False if this form wrote one before. Raises UnknownTicketError."""
    _locked(desk, number)
    return service.note(desk.connection, number, text, desk.agent, key, desk.now)


def retry(desk: Desk, number: str, message: str) -> None:
    """Send a failed message once more. Raises UnknownTicketError, WindowClosedError, and NotFailedError if it did not fail."""
    ticket, _ = _locked(desk, number)
    is_open = desk.now < standing(desk.connection, ticket.conversation_id).open_until
    if not outbox.retry(desk.connection, ticket.conversation_id, message, desk.now, is_open=is_open):
        raise NotFailedError if is_open else WindowClosedError


def _locked(desk: Desk, number: str) -> tuple[Ticket, Conversation]:
    """The ticket, and its conversation as it stands once everything that waited is handled; locked until the commit."""
    ticket = queries.ticket(desk.connection, number)
    if ticket is None:
        raise UnknownTicketError(number)
    by_id = sa.select(conversations.c.state).where(conversations.c.id == ticket.conversation_id)
    if desk.connection.execute(by_id.with_for_update()).first() is None:
        raise TicketChangedError(number)  # two contacts became one just now, and their conversations too
    handle_or_park_all(desk.connection, desk.rules, ticket.conversation_id, desk.now)
    again = queries.ticket(desk.connection, number)
    if again is None:
        raise UnknownTicketError(number)
    return again, snapshot.from_json(desk.connection.execute(by_id).scalar_one())


def _refuse_if_held(desk: Desk, here: Conversation) -> None:
    if here.agent not in ("", desk.agent):
        raise HeldError(here.agent)


def _tell(desk: Desk, ticket: Ticket, deed: Input) -> None:
    record_deed(desk.connection, ticket.conversation_id, deed, desk.now)
    handle(desk.connection, desk.rules, ticket.conversation_id, desk.now)
