"""Who may do what in the console: one table, one question. Pure; what is done, and to whom it is shown, is decided elsewhere.

A right never depends on what a form says: only on the agent's role, on how far they have got in logging in, and on whether
what is asked for is their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from types import MappingProxyType


class Role(StrEnum):
    """What an agent is in the console."""

    AGENT = "agent"  #: works on tickets
    SUPERVISOR = "supervisor"  #: also looks at how the work goes, and who did what
    ADMIN = "admin"  #: also decides who works here


class Stage(StrEnum):
    """How far a session has got."""

    CODE = "code"  #: the password was right; the second factor is still to be shown
    ENROL = "enrol"  #: the password was right; this installation demands a second factor, and there is none yet
    IN = "in"  #: logged in


class Verb(StrEnum):
    """What can be done. Every route of the console names one of these."""

    LOG_OUT = "log_out"
    PROVE_FACTOR = "prove_factor"
    SET_UP_FACTOR = "set_up_factor"
    KEEP_ACCOUNT = "keep_account"  #: see and change one's own account: password, second factor, sessions
    LIST_TICKETS = "list_tickets"
    READ_TICKET = "read_ticket"
    WORK_ON_TICKET = "work_on_ticket"  #: take it, hand it on, resolve it, note, answer its customer
    BLOCK_CUSTOMER = "block_customer"  #: so that the bot does not answer them
    KEEP_BLOCKS = "keep_blocks"  #: see who is blocked, and let them in again
    KEEP_LABELS = "keep_labels"  #: make, rename and archive them
    KEEP_REPLIES = "keep_replies"  #: write the canned ones
    HIDE_MESSAGE = "hide_message"
    READ_PERSON = "read_person"  #: all that is kept of a customer
    EXPORT_PERSON = "export_person"
    ERASE_PERSON = "erase_person"
    SEE_REPORTS = "see_reports"
    EXPORT_TICKETS = "export_tickets"
    READ_TRAIL = "read_trail"
    SEE_PEOPLE = "see_people"
    ADD_PERSON = "add_person"
    CHANGE_ROLE = "change_role"
    DISABLE_PERSON = "disable_person"
    ENABLE_PERSON = "enable_person"
    GIVE_PASSWORD = "give_password"  # noqa: S105 (the name of a right)
    RESET_FACTOR = "reset_factor"
    END_SESSIONS = "end_sessions"


class Reach(Enum):
    """Whose things a right covers."""

    NONE = auto()
    OWN = auto()  #: one's own
    OTHERS = auto()  #: everybody's but one's own: nobody locks themselves out, or lifts themselves up
    ALL = auto()


@dataclass(frozen=True)
class Actor:
    """Who asks."""

    username: str
    role: Role
    stage: Stage = Stage.IN


_NONE, _OWN, _OTHERS, _ALL = Reach.NONE, Reach.OWN, Reach.OTHERS, Reach.ALL

#: What each role may do: the columns stand in the order of `Role`.
RIGHTS: Mapping[Verb, tuple[Reach, Reach, Reach]] = MappingProxyType(
    {  #                     agent   supervisor  admin
        Verb.LOG_OUT: (_OWN, _OWN, _OWN),
        Verb.PROVE_FACTOR: (_OWN, _OWN, _OWN),
        Verb.SET_UP_FACTOR: (_OWN, _OWN, _OWN),
        Verb.KEEP_ACCOUNT: (_OWN, _OWN, _OWN),
        Verb.LIST_TICKETS: (_ALL, _ALL, _ALL),
        Verb.READ_TICKET: (_ALL, _ALL, _ALL),
        Verb.WORK_ON_TICKET: (_ALL, _ALL, _ALL),
        Verb.BLOCK_CUSTOMER: (_ALL, _ALL, _ALL),
        Verb.KEEP_BLOCKS: (_NONE, _ALL, _ALL),
        Verb.KEEP_LABELS: (_NONE, _ALL, _ALL),
        Verb.KEEP_REPLIES: (_NONE, _ALL, _ALL),
        Verb.HIDE_MESSAGE: (_ALL, _ALL, _ALL),
        Verb.READ_PERSON: (_NONE, _NONE, _ALL),
        Verb.EXPORT_PERSON: (_NONE, _NONE, _ALL),
        Verb.ERASE_PERSON: (_NONE, _NONE, _ALL),
        Verb.SEE_REPORTS: (_NONE, _ALL, _ALL),
        Verb.EXPORT_TICKETS: (_NONE, _ALL, _ALL),
        Verb.READ_TRAIL: (_NONE, _ALL, _ALL),
        Verb.SEE_PEOPLE: (_NONE, _NONE, _ALL),
        Verb.ADD_PERSON: (_NONE, _NONE, _ALL),
        Verb.CHANGE_ROLE: (_NONE, _NONE, _OTHERS),
        Verb.DISABLE_PERSON: (_NONE, _NONE, _OTHERS),
        Verb.ENABLE_PERSON: (_NONE, _NONE, _OTHERS),
        Verb.GIVE_PASSWORD: (_NONE, _NONE, _OTHERS),
        Verb.RESET_FACTOR: (_NONE, _NONE, _OTHERS),
        Verb.END_SESSIONS: (_NONE, _NONE, _OTHERS),
    }
)

#: What is left to somebody who has not got in yet.
_BEFORE_IN: Mapping[Stage, frozenset[Verb]] = MappingProxyType(
    {
        Stage.CODE: frozenset({Verb.LOG_OUT, Verb.PROVE_FACTOR}),
        Stage.ENROL: frozenset({Verb.LOG_OUT, Verb.SET_UP_FACTOR}),
    }
)
_COLUMN = {role: column for column, role in enumerate(Role)}


def can(actor: Actor, verb: Verb, whose: str | None = None) -> bool:
    """True if `actor` may do this. `whose`: the username that the thing belongs to; None if it is nobody's in particular."""
    if actor.stage is not Stage.IN and verb not in _BEFORE_IN[actor.stage]:
        return False
    match RIGHTS[verb][_COLUMN[actor.role]]:
        case Reach.NONE:
            return False
        case Reach.OWN:
            return whose is None or whose == actor.username
        case Reach.OTHERS:
            return whose is not None and whose != actor.username
        case Reach.ALL:
            return True
