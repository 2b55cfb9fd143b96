"""The schema, step by step, with Alembic: the same steps on SQLite and on PostgreSQL. `upgrade` runs at every start."""

from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from bot.db import Database

_LOCK = 0x50C0_0002


def upgrade(database: Database) -> None:
    """Bring the database to the schema of this version. Does nothing, quickly, when it is there already."""
    with database.engine.begin() as connection:
        if not database.embedded:  # of several processes that start at once one does it, and the others find it done
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        if step_of(connection) != steps()[0]:
            upgrade_on(connection, "head")


def upgrade_on(connection: Connection, step: str) -> None:
    """Bring the database to a step of the schema, within the caller's transaction."""
    command.upgrade(_config(connection), step)


@cache
def steps() -> tuple[str, ...]:
    """All steps of this version's schema, the newest first."""
    return tuple(step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions())


def step_of(connection: Connection) -> str | None:
    """The step that a database stands at, or None if it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config
