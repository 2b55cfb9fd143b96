"""A worker's visit beside another's that holds a conversation, on PostgreSQL."""

from datetime import UTC, datetime, timedelta
from functools import partial

import sqlalchemy as sa

from bot import settings
from bot.channels.base import Received
from bot.conversations.inbox import record_message
from bot.conversations.tables import conversations, inbox
from bot.conversations.visit import visit
from bot.db import Database
from bot.engine.inputs import Kind, MessageReceived
from bot.flows import our_flow
from bot.runtime import rules_of

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


def test_whose_time_ran_out_is_left_to_the_worker_who_has_the_conversation(postgres_url: str) -> None:
    database = Database(postgres_url)
    rules = rules_of(settings.read(), our_flow())
    visiting = partial(visit, rules=rules, now=NOW + timedelta(hours=1), limit=8)
    phone = "+573005550142"
    received = Received("SM1", f"whatsapp:{phone}", "", phone, "", MessageReceived(Kind.TEXT, "hola"), {})
    database.write_now(partial(record_message, received=received, flow=rules.flow, now=NOW))
    database.write_now(visiting)
    database.write_now(lambda connection: connection.execute(sa.update(conversations).values(wake_at=NOW)))
    try:
        with database.engine.begin() as busy:
            busy.execute(sa.select(conversations.c.id).with_for_update())
            with database.engine.begin() as other:
                other.exec_driver_sql("SET LOCAL lock_timeout = '3s'")  # for what must not wait at all
                assert visiting(other) == []
        assert len(database.write_now(visiting)) == 1
        keys = database.read_now(lambda connection: list(connection.scalars(sa.select(inbox.c.key).order_by(inbox.c.id))))
        assert [key.partition(":")[0] for key in keys] == ["SM1", "time"]
    finally:
        database.close()
