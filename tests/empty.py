"""Databases that are empty but for the product's tables."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.db import Database
from bot.migrations import upgrade


@cache
def empty_file() -> bytes:
    """What it looks like after all steps of the schema: they are taken once, not for every test."""
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/empty.db")
        upgrade(database)
        database.close()
        return Path(folder, "empty.db").read_bytes()


def new_database(folder: Path, url: str = "") -> Database:
    """One in a new file in `folder`; or the one at the address that the fixture `postgres_url` gives."""
    if url:
        return Database(url)
    file = folder / "test.db"
    file.write_bytes(empty_file())
    return Database(f"sqlite:///{file}")
