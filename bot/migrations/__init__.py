"""The schema, step by step, with Alembic: the same steps on SQLite and on PostgreSQL. `upgrade` runs at every start."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection

from bot.db import Database

#: Any number that nothing else in this database locks.
_LOCK = 5_077_082_026


def upgrade(database: Database) -> None:
    """Bring the database to the schema of this version. Does nothing, quickly, when it is there already.

    Of several processes that start at the same time one does it, and the others wait.
    """
    with database.engine.begin() as connection:
        _wait_for_others(connection)
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(__file__).parent))
        command.upgrade(config, "head")


def _wait_for_others(connection: Connection) -> None:
    """Hold the right to change the schema until the commit. SQLite's transactions lock as they begin."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
