import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.agents import throttle
from bot.agents.tables import login_attempts
from bot.agents.throttle import PER_ACCOUNT, PER_ADDRESS, WINDOW
from bot.db import Database
from tests.empty import new_database
from tests.tickets.world import MINUTE, NOW

HOME = "198.51.100.7"
KEY = b"k" * 32


class Counter:
    """One process that counts attempts in a database."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)

    def admit(self, username: str, address: str, now: datetime = NOW) -> bool:
        return self.database.write_now(lambda connection: throttle.admit(connection, KEY, (username, address), now))

    def forgive(self, username: str, address: str) -> None:
        self.database.write_now(lambda connection: throttle.forgive(connection, KEY, (username, address)))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    new_database(tmp_path).close()
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture
def counter(url: str) -> Iterator[Counter]:
    made = Counter(url)
    yield made
    made.database.close()


def spent(counter: Counter, username: str, address: str = HOME) -> int:
    """How many attempts are let through in a row."""
    return next(attempt for attempt in range(1000) if not counter.admit(username, address))


def test_so_many_attempts_pass_and_then_none_until_the_window_is_over(counter: Counter) -> None:
    assert spent(counter, "ana") == PER_ACCOUNT
    assert not counter.admit("ana", HOME, NOW + WINDOW - MINUTE)
    assert counter.admit("ana", HOME, NOW + WINDOW + MINUTE)


def test_a_refused_attempt_does_not_make_the_wait_longer(counter: Counter) -> None:
    spent(counter, "ana")
    counter.admit("ana", HOME, NOW + WINDOW / 2)
    assert counter.admit("ana", HOME, NOW + WINDOW + MINUTE)


def test_one_guesser_does_not_lock_out_the_agent_who_comes_from_elsewhere(counter: Counter) -> None:
    spent(counter, "ana")
    assert counter.admit("ana", "203.0.113.9")
    assert counter.admit("luis", HOME)


def test_one_address_cannot_try_one_account_after_the_other(counter: Counter) -> None:
    assert sum(counter.admit(f"agent{n}", HOME) for n in range(PER_ADDRESS * 2)) == PER_ADDRESS


def test_a_success_gives_the_account_its_attempts_back_and_the_address_one(counter: Counter) -> None:
    for _ in range(PER_ADDRESS + 5):
        assert counter.admit("ana", HOME)
        counter.forgive("ana", HOME)
    assert spent(counter, "ana") == PER_ACCOUNT


def test_all_addresses_of_one_ipv6_network_count_as_one(counter: Counter) -> None:
    admitted = [counter.admit("ana", f"2001:db8:1:1::{n:x}") for n in range(1, 10)]
    assert sum(admitted) == PER_ACCOUNT
    assert counter.admit("ana", "2001:db8:1:2::1")


def test_what_cannot_be_counted_is_refused_until_old_attempts_are_forgotten(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "MOST_ROWS", 20)
    assert sum(counter.admit("ana", f"10.0.0.{n}") for n in range(30)) == 10
    assert not counter.admit("luis", HOME)
    assert counter.admit("luis", HOME, NOW + WINDOW + MINUTE)


def test_a_burst_at_two_processes_gets_no_further_than_a_sequence_at_one(counter: Counter, url: str) -> None:
    other = Counter(url)
    admitted: list[bool] = []
    tries = [threading.Thread(target=lambda at=at: admitted.append(at.admit("ana", HOME))) for at in (counter, other) * 8]
    for one in tries:
        one.start()
    for one in tries:
        one.join()
    other.database.close()
    assert (len(admitted), sum(admitted)) == (16, PER_ACCOUNT)


def test_a_name_that_was_typed_is_not_kept_in_words(counter: Counter) -> None:
    counter.admit("mi-clave-secreta", HOME)
    kept = counter.database.read_now(lambda connection: list(connection.scalars(sa.select(login_attempts.c.key))))
    assert len(kept) == 2
    assert not any("clave" in key or HOME in key for key in kept)
