"""Guessing passwords: how far one gets, at several processes, with the database gone, and by the clock."""

import statistics
from collections.abc import Callable
from time import perf_counter

import pytest
import sqlalchemy as sa

from bot.agents import passwords
from bot.agents.tables import login_attempts
from bot.agents.throttle import PER_ACCOUNT
from tests.web.console.browser import PASSWORD, Browser, parsed
from tests.web.console.conftest import World

OpenBrowser = Callable[..., Browser]


def test_several_processes_share_the_attempts_of_a_guesser(world: World, open_browser: OpenBrowser) -> None:
    """Two consoles on one database: what the first has counted, the second knows."""
    first, second = open_browser(app=world.app()), open_browser(app=world.app())
    statuses = [at.log_in(password="no-es-esta-1").status_code for at in (first, second) * PER_ACCOUNT]
    assert statuses == [403] * PER_ACCOUNT + [429] * PER_ACCOUNT
    assert second.log_in().status_code == 429
    assert open_browser(app=world.app(), address="203.0.113.9").log_in().status_code == 303


def test_nobody_gets_in_while_attempts_cannot_be_counted(world: World, open_browser: OpenBrowser) -> None:
    browser = open_browser(raises=False)
    world.write(lambda connection: connection.execute(sa.text(f"ALTER TABLE {login_attempts.name} RENAME TO gone")))
    answer = browser.log_in()
    assert (answer.status_code, "no responde por ahora" in parsed(answer).text) == (503, True)
    assert "soporte-session" not in browser.client.cookies
    world.write(lambda connection: connection.execute(sa.text(f"ALTER TABLE gone RENAME TO {login_attempts.name}")))
    assert browser.log_in().status_code == 303


def test_a_name_that_is_nobodys_costs_the_same_work_as_one_that_is_somebodys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not timed: exactly one hash of the same cost is computed either way."""
    made = passwords.hashed(PASSWORD)
    asked: list[str] = []
    real = passwords._hasher

    class Watched:
        def verify(self, hashed: str, password: str) -> bool:
            asked.append(hashed.rsplit("$", 2)[0])
            return real.verify(hashed, password)

        def hash(self, password: str) -> str:
            return real.hash(password)

    monkeypatch.setattr(passwords, "_hasher", Watched())
    assert not passwords.is_right("no-es-esta-1", made)
    assert not passwords.is_right("no-es-esta-1", None)
    assert asked[0] == asked[1]


def test_the_clock_does_not_tell_whose_name_is_known() -> None:
    """Medians of interleaved checks, with room for a busy machine: without the work for nobody it is a hundred times less."""
    made = passwords.hashed(PASSWORD)
    passwords.is_right("x", None)
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for known in (True, False) * 7:
        begun = perf_counter()
        passwords.is_right("no-es-esta-1", made if known else None)
        seconds[known].append(perf_counter() - begun)
    ratio = statistics.median(seconds[True]) / statistics.median(seconds[False])
    assert 1 / 3 < ratio < 3
