"""How this product holds its connections to PostgreSQL: few, tried before use, and never waiting for the silent."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine, make_url

CONNECTIONS = 12
#: A machine that is cut off says nothing, and by itself the system would wait for it for a quarter of an hour, or two hours. So
#: this side gives up a silent server, and the server a silent or sleeping client, whose locks would else hold its conversations.
_NOTICE_SILENCE = {"tcp_user_timeout": 15_000, "keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 2}
_LET_GO = {
    "idle_in_transaction_session_timeout": "30s",
    "tcp_user_timeout": "15s",
    "tcp_keepalives_idle": "5s",
    "tcp_keepalives_interval": "5s",
    "tcp_keepalives_count": "2",
}


def postgres_engine(url: str) -> Engine:
    """An engine for `postgresql://user:password@host/name`; a connection is had within seconds, or not at all."""
    engine = sa.create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_pre_ping=True,
        pool_timeout=1.5,
        connect_args={"connect_timeout": 2, **_NOTICE_SILENCE},
    )

    @sa.event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        connection.execute("; ".join(f"SET {name} = '{value}'" for name, value in _LET_GO.items()))
        connection.commit()

    return engine
