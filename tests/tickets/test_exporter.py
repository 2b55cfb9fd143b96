"""The loop that writes files of tickets: from the question to the file's end, through stops, deaths and full disks."""

import asyncio
import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.db import Database
from bot.tickets import exporter, exporting, exports
from bot.tickets.exporter import Exporter
from bot.tickets.exporting import Wanted, Words
from bot.tickets.exports import KEPT, LEASE, MOST_UNFINISHED, Export, State
from tests.conversations.transcript import ZONE
from tests.empty import new_database
from tests.tickets.world import NOW, add_customer, open_many


@dataclass
class Desk:
    """A database with seven tickets, and the folder for files."""

    database: Database
    folder: Path
    at: datetime = NOW
    told: list[str] = field(default_factory=list)

    def ask(self, kind: str = "csv", agent: str = "ana", searched: str = "") -> str | None:
        words = Words({}, sheet="Solicitudes")
        return self.database.write_now(
            partial(exports.ask_for, wanted=Wanted(agent, words=searched), words=words, kind=kind, now=self.at)
        )

    def find(self, identity: str | None, agent: str = "ana") -> Export:
        found = self.database.read_now(partial(exports.find, identity=identity or "", agent=agent))
        assert found is not None
        return found

    def exporter(self) -> Exporter:
        async def tell(identity: str) -> None:
            self.told.append(identity)

        return Exporter(self.database, self.folder, ZONE, lambda: self.at, tell)

    def work_until(self, identity: str | None, *states: State) -> Export:
        """Let an exporter run until this export stands in one of the states."""

        async def job() -> None:
            working = self.exporter()
            task = asyncio.create_task(working.run())
            async with asyncio.timeout(20):
                while self.find(identity).state not in states:  # noqa: ASYNC110 (the database tells nobody)
                    await asyncio.sleep(0.01)
            working.stop()
            await task

        asyncio.run(job())
        return self.find(identity)

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(exporting, "BATCH", 3)
    monkeypatch.setattr(exporter, "_TELL_SECONDS", 0.0)
    database = new_database(tmp_path, request.getfixturevalue("postgres_url") if request.param == "postgresql" else "")
    database.write_now(partial(add_customer, name="ana"))
    database.write_now(partial(open_many, name="ana", count=7))
    yield Desk(database, tmp_path / "exports")
    database.close()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_is_written_told_of_kept_for_a_day_and_then_deleted(desk: Desk, kind: str) -> None:
    identity = desk.ask(kind)
    assert desk.find(identity).percent is None
    done = desk.work_until(identity, State.DONE)
    assert (done.done, done.total, done.percent, done.expires_at) == (7, 7, 100, NOW + KEPT)
    assert desk.names() == [f"{identity}.{kind}"]
    assert done.size == (desk.folder / f"{identity}.{kind}").stat().st_size
    assert set(desk.told) == {identity}
    assert len(desk.told) > 2
    desk.at += KEPT + timedelta(seconds=1)
    desk.work_until(identity, State.EXPIRED)
    assert desk.names() == []


def test_a_search_is_written_newest_first(desk: Desk) -> None:
    identity = desk.ask(searched="contraseña")
    desk.work_until(identity, State.DONE)
    with (desk.folder / f"{identity}.csv").open(encoding="utf-8-sig", newline="") as file:
        numbers = [row[0] for row in csv.reader(file, delimiter=";")][1:]
    assert numbers == [f"SF-{n:06d}" for n in range(7, 0, -1)]


def test_an_export_is_its_owners_and_nobody_elses_and_few_at_a_time(desk: Desk) -> None:
    mine = [desk.ask() for _ in range(MOST_UNFINISHED)]
    assert desk.ask() is None
    assert desk.ask(agent="luis") is not None
    assert desk.database.read_now(partial(exports.find, identity=mine[0] or "", agent="luis")) is None
    assert [one.id for one in desk.database.read_now(partial(exports.of_agent, agent="ana"))] != []


def test_who_died_is_followed_by_another_when_the_lease_is_over_and_not_before(desk: Desk) -> None:
    identity = desk.ask()
    claim = partial(exports.claim, now=desk.at)
    assert desk.database.write_now(claim) is not None
    assert desk.database.write_now(claim) is None
    desk.at += LEASE + timedelta(seconds=1)
    assert desk.work_until(identity, State.DONE).done == 7


def test_who_is_stopped_gives_the_work_back_and_leaves_no_piece_of_a_file(desk: Desk) -> None:
    identity = desk.ask("xlsx")

    async def job() -> None:
        working = desk.exporter()
        stop_when_told = desk.told.append

        async def stop(one: str) -> None:
            stop_when_told(one)
            working.stop()

        working._tell = stop
        await working.run()

    asyncio.run(job())
    assert desk.find(identity).state is State.WAITING
    assert desk.names() == []
    assert desk.work_until(identity, State.DONE).done == 7


def test_a_disk_that_takes_nothing_is_told_and_the_loop_goes_on(desk: Desk) -> None:
    desk.folder.write_text("not a folder")
    identity = desk.ask()
    assert desk.work_until(identity, State.FAILED).done == 0
    desk.folder.unlink()
    assert desk.work_until(desk.ask(), State.DONE).done == 7
