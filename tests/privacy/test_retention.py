"""What is over its time goes, and nothing else; the plan tells it beforehand."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.agents.tables import audit
from bot.attachments.files import path_of, save
from bot.attachments.service import add_sent
from bot.attachments.tables import attachments
from bot.attachments.types import TYPES
from bot.channels.base import Copy
from bot.contacts.consents import Answer, record
from bot.contacts.tables import contacts
from bot.conversations.tables import conversations, inbox
from bot.privacy import keeper, retention
from bot.privacy.erase import Place
from bot.privacy.finish import Means
from bot.privacy.retention import Terms
from bot.privacy.tables import Reason, erasures, retention_runs
from bot.tickets.service import move, open_ticket
from tests.empty import new_database
from tests.tickets.world import NOW, add_customer, asked, say

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TERMS = Terms(HOUR, 24 * HOUR, 30 * DAY, 365 * DAY, 90 * DAY, 30 * DAY, 1825 * DAY, frozenset({"acceso"}))


class NobodyThere:
    """A provider that keeps nothing."""

    def copies(self, address: str) -> list[Copy]:
        return []

    def erase_copy(self, sid: str) -> bool:
        return True


class House:
    """A database with people in it, and what retention works with."""

    def __init__(self, folder: Path, url: str) -> None:
        self.database = new_database(folder, url)
        self.now = NOW
        channel: Any = NobodyThere()
        self.means = Means(self.database, channel, folder / "attachments", Place(folder, b"k" * 32), lambda: self.now)

    def do(self, job: Any, **values: Any) -> Any:
        return self.database.write_now(partial(job, **values))

    def customer(self, name: str, *, said: timedelta, state: dict[str, Any] | None = None, given: bool | None = None) -> None:
        """Somebody who last wrote so long ago, and agreed or refused, or did neither."""
        self.do(add_customer, name=name, phone=f"+57300{abs(hash(name)) % 10**7:07d}")
        change = sa.update(conversations).where(conversations.c.id == f"conversation-{name}")
        values = {"last_message_at": NOW - said, "state": state or {"node": "inicio"}}
        self.do(lambda connection: connection.execute(change.values(values)) and None)
        self.do(say, name=name, position=0, body="hola")
        if given is not None:
            self.do(record, answer=Answer(f"contact-{name}", given, "1", "aviso", "sí", "SM1"), now=NOW - said)

    def left(self) -> set[str]:
        query = sa.select(contacts.c.id)
        return {name.removeprefix("contact-") for name in self.database.read_now(lambda c: c.execute(query).scalars().all())}

    def planned(self) -> dict[Reason, set[str]]:
        found = self.database.read_now(partial(retention.plan, terms=TERMS, folder=self.means.attachments, now=self.now))
        return {why: {name.removeprefix("contact-") for name in names} for why, names in found.people.items()}


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, request.getfixturevalue("postgres_url") if request.param == "postgresql" else "")
    yield made
    made.database.close()


def test_people_go_when_their_time_is_over_and_not_before(house: House) -> None:
    soon, over = timedelta(minutes=59), timedelta(minutes=61)
    house.customer("dijo no hace poco", said=soon, given=False)
    house.customer("dijo no", said=over, given=False)
    house.customer("no contesta", said=25 * HOUR, state={"node": "acceso"})
    house.customer("no contesta y dudó", said=25 * HOUR, state={"node": "ofrecer_asesor", "return_to": "acceso"})
    house.customer("aún puede contestar", said=23 * HOUR, state={"node": "acceso"})
    house.customer("aceptó la versión vieja", said=25 * HOUR, state={"node": "acceso"}, given=True)
    house.customer("solo preguntó", said=31 * DAY)
    house.customer("preguntó este mes", said=29 * DAY)
    for name, resolved in (("resuelto hace mucho", 400), ("resuelto hace poco", 300), ("abierto", 0)):
        house.customer(name, said=500 * DAY, given=False)
        number = house.do(open_ticket, ticket=asked(name, f"{name}:0"), now=NOW - 500 * DAY)
        if resolved:
            house.do(move, number=number, trigger="resolve", actor="ana", now=NOW - resolved * DAY)
    expected = {
        Reason.REFUSED: {"dijo no"},
        Reason.UNANSWERED: {"no contesta", "no contesta y dudó"},
        Reason.EXPIRED: {"solo preguntó", "resuelto hace mucho"},
    }
    everybody = house.left()
    assert house.planned() == expected
    assert house.left() == everybody, "a plan changes nothing"
    report = keeper.run_now(house.means, TERMS)
    assert (report["people_refused"], report["people_unanswered"], report["people_expired"]) == (1, 2, 2)
    assert house.left() == everybody - set().union(*expected.values())
    assert house.planned() == {reason: set() for reason in expected}
    query = sa.select(erasures.c.reason, erasures.c.finished_at, erasures.c.persons)
    done = house.database.read_now(lambda connection: connection.execute(query).all())
    assert sorted(row.reason for row in done) == ["expired", "expired", "refused", "unanswered", "unanswered"]
    assert all(row.finished_at and len(row.persons[0]) == 64 for row in done), "a keyed hash and the date are kept"
    kept = house.database.read_now(lambda connection: connection.execute(sa.select(retention_runs)).one())
    assert (kept.day, kept.report) == ("2026-11-23", report)


def test_files_webhooks_and_the_trail_go_by_their_age(house: House) -> None:
    house.customer("ana", said=HOUR, given=True)
    kind, folder = TYPES["application/pdf"], house.means.attachments
    for identity, age in (("a" * 32, 91 * DAY), ("b" * 32, 89 * DAY)):
        save(folder, identity, b"x")
        house.do(add_sent, identity=identity, kind=kind, size=1, now=NOW - age, has_preview=False)
    save(folder, "c" * 32, b"nobody's")
    for number, age in enumerate((31 * DAY, 29 * DAY)):
        row = {
            "conversation_id": "conversation-ana",
            "arrival": number,
            "key": f"SM{number}",
            "input": {"type": "message_received", "kind": "text", "text": "hola"},
            "parameters": {"Body": ["hola"]},
            "awaits_secret": False,
            "received_at": NOW - age,
            "handled_at": NOW - age,
        }
        house.do(lambda connection, row=row: connection.execute(sa.insert(inbox).values(row)) and None)
    for days in (1826, 1824):
        line = {"at": NOW - days * DAY, "agent_id": "", "action": "x", "object": "", "address": "", "data": {}}
        house.do(lambda connection, line=line: connection.execute(sa.insert(audit).values(line)) and None)
    house.now = later = max(NOW, datetime.now(NOW.tzinfo)) + 2 * DAY  # the orphan's age is what the disk says
    shift = later - NOW
    terms = Terms(HOUR, 24 * HOUR, 9999 * DAY, 9999 * DAY, 90 * DAY + shift, 30 * DAY + shift, 1825 * DAY + shift)
    report = keeper.run_now(house.means, terms)
    assert {name: report[name] for name in ("files", "files_without_owner", "webhooks", "trail")} == {
        "files": 1,
        "files_without_owner": 1,
        "webhooks": 1,
        "trail": 1,
    }
    assert [path_of(folder, letter * 32).exists() for letter in "abc"] == [False, True, False]
    states = sa.select(attachments.c.state, attachments.c.reason).order_by(attachments.c.id)
    assert [tuple(row) for row in house.database.read_now(lambda c: c.execute(states).all())] == [
        ("refused", "expired"),
        ("fetched", ""),
    ]
    told = sa.select(inbox.c.parameters).order_by(inbox.c.id)
    assert house.database.read_now(lambda c: c.execute(told).scalars().all()) == [{}, {"Body": ["hola"]}]
    assert house.left() == {"ana"}
