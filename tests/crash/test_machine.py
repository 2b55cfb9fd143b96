"""Turn, outbox and a real SQLite file, in any order that hypothesis thinks of, with a crash wherever one can be.

A crash drops all that a process has in memory: what it had not committed is gone, and the next process opens the same file.
"""

import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from sqlalchemy.engine import Connection

from bot import settings
from bot.channels.base import DeliveryReport, DeliveryStatus, Outcome, Outgoing, Received, SendError, Sent
from bot.conversations.inbox import record_message
from bot.conversations.visit import visit
from bot.coordination.in_process import InProcess
from bot.db import Database
from bot.engine.inputs import Kind, MessageReceived
from bot.flows import our_flow
from bot.group_commit import Job
from bot.messages import delivery, outbox
from bot.messages.allowance import Allowance
from bot.messages.sender import Policy, Sender
from bot.migrations import upgrade
from bot.runtime import rules_of
from tests.crash.customers import ANY_TIME
from tests.crash.oracle import Oracle

PHONES = ("+573005550142", "+573115550178")
RULES = rules_of(settings.read(overload={"burst_seconds": 0}), our_flow())
#: Up to a ticket, and what is answered with the same words each time.
TEXTS = (*ANY_TIME, "acepto", "María Rodríguez", "no me abre el reporte de ventas del mes", "sí")
SENDS = ("accepted", "busy", "accepted, no answer", "lost, no answer", "crash before", "crash after")


class CrashError(BaseException):
    """The process is gone."""


class Line:
    """A provider that is told how each send is to end, and remembers what it accepted."""

    def __init__(self) -> None:
        self.endings: list[str] = []
        self.accepted: list[tuple[Outgoing, Sent]] = []
        self.was_asked = asyncio.Event()
        self.has_crashed = False
        self.now = datetime(2026, 11, 23, 15, tzinfo=UTC)

    async def send(self, message: Outgoing) -> str:
        """End as told."""
        self.was_asked.set()
        ending = self.endings.pop(0) if self.endings else "accepted"
        if ending == "busy":
            raise SendError(Outcome.BUSY, 20429)
        if "crash" in ending:
            self.has_crashed = True
        sid = f"SM{uuid4().hex}"
        if ending not in {"lost, no answer", "crash before"}:
            self.accepted.append((message, Sent(sid, message.body, self.now.replace(microsecond=0), DeliveryStatus.QUEUED)))
        if "crash" in ending:
            raise CrashError
        if ending != "accepted":
            raise SendError(Outcome.UNKNOWN)
        return sid

    def sent_since(self, to: str, since: datetime) -> Sequence[Sent]:
        """All that was accepted."""
        self.was_asked.set()
        return [sent for message, sent in self.accepted if message.to == to and sent.created_at >= since.replace(microsecond=0)]

    async def show_typing(self, sid: str) -> None:
        """Nobody looks."""


class Machine(RuleBasedStateMachine):
    """Two customers."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.url = f"sqlite:///{Path(self.folder.name) / 'machine.db'}"
        self.database = Database(self.url)
        upgrade(self.database)
        self.line = Line()
        told: dict[str, str] = {}
        self.oracles = {f"whatsapp:{phone}": Oracle(RULES, phone, told) for phone in PHONES}
        self.received: list[Received] = []
        self.heard = 0

    @rule(phone=st.sampled_from(PHONES), text=st.sampled_from(TEXTS), crashes=st.booleans())
    def a_customer_writes(self, phone: str, text: str, *, crashes: bool) -> None:
        message = MessageReceived(Kind.TEXT, text)
        received = Received(f"SM{uuid4().hex}", f"whatsapp:{phone}", "", phone, "", message, {})
        if crashes:  # no answer: the provider posts it again
            self._crash_in(self._taking(received))
        self.database.write_now(self._taking(received))
        self.oracles[received.address].write(text, self.line.now)
        self.received.append(received)

    @precondition(lambda self: self.received)
    @rule(data=st.data())
    def a_message_is_delivered_again(self, data: st.DataObject) -> None:
        assert self.database.write_now(self._taking(data.draw(st.sampled_from(self.received)))) is False

    @rule(crashes=st.booleans())
    def a_worker_visits(self, *, crashes: bool) -> None:
        visiting = partial(visit, rules=RULES, now=self.line.now, limit=8)
        if crashes:
            self._crash_in(visiting)
        self.database.write_now(visiting)

    @rule(endings=st.lists(st.sampled_from(SENDS), min_size=1, max_size=2))
    def a_sender_sends(self, endings: list[str]) -> None:
        self.line.endings = list(endings)
        asyncio.run(self._send())
        if self.line.has_crashed:
            self._start_again()
        self._listen()

    @precondition(lambda self: self.line.accepted)
    @rule(data=st.data(), status=st.sampled_from([DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.QUEUED]))
    def a_status_is_called_back(self, data: st.DataObject, status: DeliveryStatus) -> None:
        message, sent = data.draw(st.sampled_from(self.line.accepted))
        report = DeliveryReport(sent.sid, message.id, status)
        self.database.write_now(partial(delivery.record, report=report, now=self.line.now))

    @rule(seconds=st.sampled_from([1, 5, 20, 90]))
    def time_goes_by(self, seconds: int) -> None:
        self.line.now += timedelta(seconds=seconds)

    def teardown(self) -> None:
        for _ in range(40):
            self.a_worker_visits(crashes=False)
            self.a_sender_sends(["accepted"])
            if all(oracle.is_answered or oracle.is_troubled for oracle in self.oracles.values()):
                break
            self.time_goes_by(90)
        self.database.close()
        self.folder.cleanup()
        assert [str(oracle.verdict()) for oracle in self.oracles.values()] == ["0 / 0 / 0 / 0"] * 2, self._stories()

    def _stories(self) -> list[str]:
        return [oracle.story() for oracle in self.oracles.values()]

    def _taking(self, received: Received) -> Job[bool]:
        return partial(record_message, received=received, flow=RULES.flow, now=self.line.now)

    def _crash_in(self, job: Job[object]) -> None:
        """Die when the job is done and its transaction is not."""

        def dies(connection: Connection) -> None:
            job(connection)
            raise RuntimeError("the process is gone")

        with suppress(RuntimeError):
            self.database.write_now(dies)
        self._start_again()

    def _start_again(self) -> None:
        self.database.close()
        self.database = Database(self.url)
        self.line.has_crashed = False
        self.database.write_now(partial(outbox.recover, look_up_at=self.line.now + timedelta(seconds=5)))

    async def _send(self) -> None:
        """Let a sender do what is due now."""
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)  # a crash is nobody's to report
        self.line.was_asked = asyncio.Event()
        coordination = InProcess()
        policy = Policy(
            parallel=4,
            attempts=99,
            look_up_after=timedelta(seconds=5),
            typing=False,
            per_second=0,
            allowance=Allowance(0),
            media_url=str,
        )
        sender = Sender(self.database, coordination, self.line, policy, lambda: self.line.now)  # type: ignore[arg-type]
        running = asyncio.create_task(sender.run())
        with suppress(TimeoutError):
            async with asyncio.timeout(0.03):
                await self.line.was_asked.wait()
        sender.stop()
        await coordination.wake("outbox")
        await running

    def _listen(self) -> None:
        for message, sent in self.line.accepted[self.heard :]:
            self.oracles[message.to].hear(sent.body, self.line.now)
        self.heard = len(self.line.accepted)


TestMachine = Machine.TestCase
TestMachine.settings = hypothesis_settings(
    max_examples=8,
    stateful_step_count=20,
    phases=[Phase.generate],
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
