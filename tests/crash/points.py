"""Places in the product's code at which a process can be told to die, by SIGKILL, as if the power went.

The product knows nothing of them: a process that is to be killed puts them around the product's own functions when it starts
(`install`). A point is *before* or *after* a function, or at the commit of a transaction in which a job did something.
"""

import functools
import inspect
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

from sqlalchemy.engine import Dialect

from bot.db import Database

#: label → the function, `module:name` or `module:Class.name`, that it stands before.
BEFORE = {
    "webhook: message came": "bot.web.hooks:_take_message",
    "webhook: status came": "bot.web.hooks:_take_status",
    "worker: about to look": "bot.conversations.visit:visit",
    "turn: begun": "bot.conversations.handle:step",
    "turn: about to save": "bot.engine.conversation:to_json",
    "ticket: about to be opened": "bot.tickets.service:open_ticket",
    "send: claimed, not begun": "bot.messages.sender:Sender._send",
    "send: about to post": "bot.channels.twilio.channel:TwilioChannel.send",
    "send: about to look up": "bot.channels.twilio.channel:TwilioChannel.sent_since",
    "start: about to recover": "bot.runtime:_recover",
    "start: about to catch up": "bot.conversations.catch_up:CatchUp.before_listening",
}
#: The same for points that stand after it.
AFTER = {
    "webhook: answer not yet sent": "bot.web.hooks:_take_message",
    "webhook: status not yet answered": "bot.web.hooks:_take_status",
    "turn: message in the transcript": "bot.conversations.handle:write_received",
    "turn: an effect written": "bot.conversations.handle:apply",
    "turn: decided": "bot.conversations.handle:step",
    "ticket: opened": "bot.tickets.service:open_ticket",
    "send: typing shown": "bot.channels.twilio.channel:TwilioChannel.show_typing",
    "send: posted, not settled": "bot.channels.twilio.channel:TwilioChannel.send",
    "send: failed, not settled": "bot.messages.sender:Sender._after_error",
    "send: looked up, not settled": "bot.channels.twilio.channel:TwilioChannel.sent_since",
    "start: database open": "bot.runtime:open_database",
    "start: recovered": "bot.runtime:_recover",
    "catch-up: list had": "bot.channels.twilio.channel:TwilioChannel.received_since",
}
#: Jobs whose transactions have two points each: `<name>: about to commit` and `<name>: committed`.
JOBS = {
    "message": "bot.conversations.inbox:record_message",
    "time-out": "bot.conversations.inbox:record_time_out",
    "turn": "bot.conversations.handle:handle",
    "claim": "bot.messages.outbox:claim",
    "accepted": "bot.messages.outbox:settle_accepted",
    "unknown": "bot.messages.outbox:settle_unknown",
    "later": "bot.messages.outbox:settle_later",
    "status": "bot.messages.delivery:record",
    "catch-up": "bot.conversations.catch_up:CatchUp._record",
    "recovery": "bot.messages.outbox:recover",
}
POINTS = (*BEFORE, *AFTER, *(f"{job}: {when}" for job in JOBS for when in ("about to commit", "committed")))
#: What only an embedded database does: there nobody else sends, so what was left behind is known at the start.
EMBEDDED_ONLY = frozenset({"start: about to recover", "start: recovered", "recovery: about to commit", "recovery: committed"})


@dataclass
class _Armed:
    """The point at which this process dies, how often it is passed before, and whom to tell."""

    label: str = ""
    passes: int = 0
    line: int = -1  #: file descriptor on which the label is written at last
    signal: int = signal.SIGKILL


_armed = _Armed()
_done = threading.local()  # jobs that did something in this thread's transaction


def arm(label: str, passes: int, line: int, deed: int = signal.SIGKILL) -> None:
    """Die when `label` has been passed `passes` times, or get another signal; write the label on `line` first."""
    _armed.label, _armed.passes, _armed.line, _armed.signal = label, passes, line, deed


def reach(label: str) -> None:
    """Die here, if this is the place."""
    if label != _armed.label:
        return
    _armed.passes -= 1
    if _armed.passes == -1:
        os.write(_armed.line, f"point {label}\n".encode())
        os.kill(os.getpid(), _armed.signal)


def install() -> None:
    """Put all points around the product's functions, in every module that knows them by name. Once for each process."""
    for label, place in BEFORE.items():
        _replace(place, before=functools.partial(reach, label))
    for label, place in AFTER.items():
        _replace(place, after=functools.partial(_passed, label))
    for job, place in JOBS.items():
        _replace(place, after=functools.partial(_did, job))


def watch(database: Database) -> None:
    """Put the points at commits into a database that was just opened."""
    for engine in {database.engine, database.reading}:
        _watch(engine.dialect)


def _watch(dialect: Dialect) -> None:
    commit, rollback = dialect.do_commit, dialect.do_rollback

    def watched(connection: Any) -> None:
        jobs, _done.jobs = getattr(_done, "jobs", []), []
        for job in jobs:
            reach(f"{job}: about to commit")
        commit(connection)
        for job in jobs:
            reach(f"{job}: committed")

    def forgotten(connection: Any) -> None:
        _done.jobs = []
        rollback(connection)

    dialect.do_commit, dialect.do_rollback = watched, forgotten  # type: ignore[assignment,method-assign]


def _passed(label: str, _result: object) -> None:
    reach(label)


def _did(job: str, result: object) -> None:
    if result:
        _done.jobs = [*getattr(_done, "jobs", []), job]


def _replace(
    place: str, before: Callable[[], None] = lambda: None, after: Callable[[object], None] = lambda _result: None
) -> None:
    module_name, _, path = place.partition(":")
    module = import_module(module_name)
    owner, _, name = path.rpartition(".")
    holder: object = getattr(module, owner) if owner else module
    original = getattr(holder, name)
    wrapped = _wrapped(original, before, after)
    if owner:
        setattr(holder, name, wrapped)
        return
    for other in [found for key, found in sys.modules.items() if key.startswith("bot.")]:
        _rename(other, original, wrapped)


def _rename(module: ModuleType, original: object, wrapped: object) -> None:
    for name, value in list(vars(module).items()):
        if value is original:
            setattr(module, name, wrapped)


def _wrapped(original: Callable[..., Any], before: Callable[[], None], after: Callable[[object], None]) -> Callable[..., Any]:
    @functools.wraps(original)
    def plain(*arguments: Any, **named: Any) -> Any:
        before()
        result = original(*arguments, **named)
        after(result)
        return result

    @functools.wraps(original)
    async def later(*arguments: Any, **named: Any) -> Any:
        before()
        result = await original(*arguments, **named)
        after(result)
        return result

    return later if inspect.iscoroutinefunction(original) else plain
