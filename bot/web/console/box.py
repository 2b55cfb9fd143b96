"""What stands below a conversation: the box to reply in, or why there is none."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from bot.attachments.upload import SENDABLE
from bot.conversations.queries import Standing
from bot.tickets.lifecycle import Status
from bot.tickets.queries import Ticket
from bot.web.console.uploads import MOST_FILES

#: Of a reply, in characters. Longer ones are no chat any more; WhatsApp gets them in bubbles of 1,500.
LONGEST_REPLY = 4000


@dataclass(frozen=True)
class ReplyBox:
    """`state`: open; bot (nobody took the conversation), other (a colleague has it), elsewhere (you have it, for another
    ticket), closed (the customer has not written for 24 hours).
    """

    state: str
    agent: str  #: username of the colleague
    ticket: str  #: the other ticket
    open_until: datetime
    seconds: int  #: left of the window
    key: str  #: goes with the form: however often it is sent, one message comes of it
    can_invite: bool  #: there is a template that asks the customer to write, so a reply can wait for that
    draft: str  #: what the agent kept for later
    longest: int = LONGEST_REPLY
    most_files: int = MOST_FILES
    accept: tuple[str, ...] = SENDABLE

    @property
    def hours(self) -> int:
        """Left of the window, whole hours."""
        return self.seconds // 3600

    @property
    def minutes(self) -> int:
        """Left of the window beside the hours."""
        return self.seconds % 3600 // 60

    @property
    def can_talk(self) -> bool:
        """Whether this agent can take the conversation for this ticket, which is theirs already."""
        return self.state in ("bot", "elsewhere")


@dataclass(frozen=True)
class Writer:
    """Who would write, when, what they have begun to, and whether a reply can wait for the customer."""

    username: str
    now: datetime
    draft: str
    can_invite: bool


def reply_box(ticket: Ticket, here: Standing, writer: Writer) -> ReplyBox | None:
    """The box for this agent; None while the ticket is not theirs."""
    username, now = writer.username, writer.now
    if ticket.assignee != username or ticket.status is Status.RESOLVED:
        return None
    left = max(0, int((here.open_until - now).total_seconds()))
    return ReplyBox(
        state=_state(ticket, here, username, is_open=left > 0),
        agent=here.agent,
        ticket=here.ticket,
        open_until=here.open_until,
        seconds=left,
        key=secrets.token_urlsafe(18),
        can_invite=writer.can_invite,
        draft=writer.draft,
    )


def _state(ticket: Ticket, here: Standing, username: str, *, is_open: bool) -> str:
    if not here.agent:
        return "bot"
    if here.agent != username:
        return "other"
    if here.ticket != ticket.number:
        return "elsewhere"
    return "open" if is_open else "closed"
