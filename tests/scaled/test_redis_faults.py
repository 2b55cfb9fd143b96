"""Redis killed, flushed, started again, stopped, out of memory: answers come later, and nothing else is different."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.coordination.test_coordination import AWAY
from tests.coordination.valkeys import Valkey, valkey
from tests.scaled.pair import pair

pytestmark = pytest.mark.timeout(300)
PEOPLE = [f"whatsapp:+57300555{number:04d}" for number in range(4)]


@contextmanager
def killed(server: Valkey) -> Iterator[None]:
    server.kill()
    yield
    server.start()


@contextmanager
def stopped(server: Valkey) -> Iterator[None]:
    with server.paused():
        yield


@contextmanager
def out_of_memory(server: Valkey) -> Iterator[None]:
    server.do("CONFIG", "SET", "maxmemory-policy", "noeviction")
    server.do("CONFIG", "SET", "maxmemory", "1")
    yield
    server.do("CONFIG", "SET", "maxmemory", "0")


FAULTS = {"ConnectionError": killed, "TimeoutError": stopped, "OutOfMemoryError": out_of_memory}


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    with valkey(tmp_path_factory.mktemp("redis")) as server:
        yield server


def test_whatever_happens_to_redis_answers_only_come_later_and_the_log_says_it_once(
    postgres_url: str, redis: Valkey, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def told() -> list[str]:
        return [record.getMessage() for record in caplog.records if record.name == "bot.coordination.redis"]

    url = f"redis://127.0.0.1:{redis.port}"
    with pair(tmp_path, database_url=postgres_url, redis_url=url) as running:
        for name, fault in FAULTS.items():
            caplog.clear()
            running.write_all(PEOPLE)
            with fault(redis):
                running.write_all(PEOPLE)
                running.await_health("degraded")
                running.await_true(lambda: len(told()) == 2, "both processes say it")
            running.await_health("ok")
            running.await_true(lambda: len(told()) == 4, "both processes say that it is over")
            running.write_all(PEOPLE)
            assert told() == [AWAY.format(name)] * 2 + ["Redis is back"] * 2
        redis.do("FLUSHALL")
        redis.do("SCRIPT", "FLUSH")
        running.write_all(PEOPLE)
        assert running.health() == (200, "ok")
        running.judge()
        assert len(told()) == 4
