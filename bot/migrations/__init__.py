"""The schema, step by step, with Alembic: the same steps on SQLite and on PostgreSQL. `upgrade` runs at every start."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from bot.db import Database

_LOCK = 0x50C0_0002


def upgrade(database: Database) -> None:
    """Bring the database to the schema of this version. Does nothing, quickly, when it is there already."""
    with database.engine.begin() as connection:
        if not database.embedded:  # of several processes that start at once one does it, and the others find it done
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(__file__).parent))
        command.upgrade(config, "head")
