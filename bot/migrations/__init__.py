"""The schema, step by step, with Alembic: the same steps on SQLite and on PostgreSQL. `upgrade` runs at every start."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from bot.db import Database


def upgrade(database: Database) -> None:
    """Bring the database to the schema of this version. Does nothing, quickly, when it is there already."""
    with database.engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(__file__).parent))
        command.upgrade(config, "head")
