import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from bot.db import Database
from bot.runtime import open_database
from bot.settings import Settings
from tests.tickets.world import add_customer


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    """Settings for a folder of the test's own."""
    return Settings(data_dir=tmp_path)


@pytest.fixture
def database(chosen: Settings) -> Iterator[Database]:
    """The database that the commands find: empty, but that ana and luis have written."""
    made = open_database(chosen)
    made.write_now(lambda connection: add_customer(connection, "ana", profile_name="Ana \x1b[31mGómez"))
    made.write_now(lambda connection: add_customer(connection, "luis", phone=""))
    yield made
    made.close()


@pytest.fixture
def run(database: Database, chosen: Settings, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command as the command line would; the first argument is its module."""

    def run_command(command: ModuleType, *words: str) -> Outcome:
        parser = argparse.ArgumentParser()
        command.add_arguments(parser)
        code = command.run(parser.parse_args(words), chosen)
        said = capsys.readouterr()
        return Outcome(code, said.out, said.err)

    return run_command
