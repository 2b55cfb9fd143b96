"""The schema, step by step, with Alembic: the same steps on SQLite and on PostgreSQL. `upgrade` runs at every start."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from bot.db import Database


def upgrade(database: Database, to: str = "head") -> None:
    """Bring the database to the schema of this version, or to an earlier step. Does nothing, quickly, when it is there."""
    with database.engine.begin() as connection:
        command.upgrade(_config(connection), to)


def steps() -> list[str]:
    """All steps of this version's schema, the newest first."""
    return [step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions()]


def step_of(connection: Connection) -> str | None:
    """The step that a database stands at, or None if it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config
