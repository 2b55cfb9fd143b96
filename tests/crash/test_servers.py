"""PostgreSQL that loses its connections and crashes under load: customers only wait longer."""

import asyncio
import os
import signal

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from tests import servers
from tests.crash.alive import alive, judged, under_load
from tests.crash.world import Plan, make_world

_OTHERS = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"


def _ask(url: str, sql: str) -> list[int]:
    """Run it on a connection of its own, as often as it takes: the server may be on its way up."""
    engine = sa.create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
    for _ in range(100):
        try:
            with engine.connect() as connection:
                return list(connection.execute(sa.text(sql)).scalars())
        except OperationalError:
            continue
    raise TimeoutError("PostgreSQL does not come up again")


@pytest.mark.timeout(300)
def test_killed_connections_and_a_crashed_server_lose_and_double_nothing() -> None:
    async def scene(url: str) -> None:
        plan = Plan(kills=0, each=0, messages=10_000, database=url, customers=8)
        async with make_world(plan) as world, alive(world), alive(world):
            async with under_load(world):
                for _ in range(10):
                    await asyncio.sleep(0.5)
                    await asyncio.to_thread(_ask, url, f"SELECT pg_terminate_backend(pid)::int {_OTHERS}")
                for _ in range(3):
                    await asyncio.sleep(1.5)
                    # One backend that dies takes the server through a recovery, and all connections with it.
                    for pid in (await asyncio.to_thread(_ask, url, f"SELECT pid {_OTHERS} LIMIT 1"))[:1]:
                        os.kill(pid, signal.SIGKILL)
                await asyncio.sleep(1)
                world.end()
            report = await judged(world)
        assert report.messages > 20
        assert report.verdict.is_clean, report.stories

    with servers.postgres() as url:  # a server of its own: its crashes are nobody else's
        asyncio.run(scene(url))
