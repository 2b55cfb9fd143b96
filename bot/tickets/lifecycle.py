"""How a ticket may move from state to state. Nothing here touches the database; `service.move` writes what this allows.

          assign           wait
    open ───────▶ assigned ─────▶ waiting
     ▲  ◀───────      │    ◀─────    │
     │    release     │     resume   │      (`release` also leads from waiting to open)
     │ reopen         ▼ resolve      │
     └──────────── resolved ◀────────┘      (`resolve` also leads from open: a duplicate needs no owner)

There is no "closed": a resolved ticket that nobody may reopen any more is one that was resolved long enough ago, which
its history tells already. A state of its own would have to be set by a clock and could contradict that history.
"""

from enum import StrEnum
from typing import NamedTuple

from transitions import Machine, MachineError


class Status(StrEnum):
    """Where a ticket stands."""

    OPEN = "open"  #: nobody works on it yet
    ASSIGNED = "assigned"  #: an agent works on it
    WAITING = "waiting"  #: the agent waits for the customer
    RESOLVED = "resolved"  #: done, until somebody reopens it


class Move(NamedTuple):
    """One row of the table. `event` is what the ticket's history says afterwards, in the past tense."""

    trigger: str
    sources: tuple[Status, ...]
    dest: Status
    event: str


TABLE = (
    Move("assign", (Status.OPEN,), Status.ASSIGNED, "assigned"),
    Move("wait", (Status.ASSIGNED,), Status.WAITING, "set_waiting"),
    Move("resume", (Status.WAITING,), Status.ASSIGNED, "resumed"),
    Move("release", (Status.ASSIGNED, Status.WAITING), Status.OPEN, "released"),
    Move("resolve", (Status.OPEN, Status.ASSIGNED, Status.WAITING), Status.RESOLVED, "resolved"),
    Move("reopen", (Status.RESOLVED,), Status.OPEN, "reopened"),
)

EVENTS = {move.trigger: move.event for move in TABLE}

_machine = Machine(
    model=None,
    states=[status.value for status in Status],
    initial=Status.OPEN.value,
    transitions=[
        {"trigger": move.trigger, "source": [source.value for source in move.sources], "dest": move.dest.value} for move in TABLE
    ],
    auto_transitions=False,
    model_override=True,
)


class NotAllowedError(Exception):
    """The lifecycle knows no such move from there."""

    def __init__(self, status: Status, trigger: str) -> None:
        super().__init__(f"a ticket that is {status} cannot {trigger}")
        self.status = status
        self.trigger = trigger


class _Ticket:
    """What the machine moves: thrown away after one step, so the machine never learns of any ticket."""

    def __init__(self, status: Status) -> None:
        self.state = status.value


def after(status: Status, trigger: str) -> Status:
    """The state that `trigger` leads to from `status`. Raises NotAllowedError, also for a trigger that does not exist."""
    if trigger not in EVENTS:
        raise NotAllowedError(status, trigger)
    ticket = _Ticket(status)
    try:
        _machine.events[trigger].trigger(ticket)
    except MachineError:
        raise NotAllowedError(status, trigger) from None
    return Status(ticket.state)


def triggers_from(status: Status) -> list[str]:
    """What may be done with a ticket in this state, in the order of the table: one button each."""
    return [str(trigger) for trigger in _machine.get_triggers(status.value)]
