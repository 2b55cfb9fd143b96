"""From the keys in the settings to a database that is opened with them. Whatever does not fit stops the start with one line."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from bot.db import Database
from bot.sealing.keys import Key, Keyring, read_keys
from bot.settings import Settings, SettingsProblem, variable
from bot.vault.opening import LockedError, opened, unlock

SETTING = "encryption_keys"


def keys_of(settings: Settings) -> tuple[Key, ...]:
    """The keys of this installation, the one that seals first; none if nothing is to be sealed."""
    return read_keys(settings.encryption_keys.get_secret_value())


def with_keys(database: Database, settings: Settings, *, starts: bool) -> Database:
    """The same database, opened with the keys that its data need; takes the place of the one that is given.

    `starts`: see `vault.opening.unlock`. Raises SettingsProblem.
    """
    job = partial(unlock, keys=keys_of(settings), now=datetime.now(UTC), starts=starts)
    return _opened_with(partial(database.write_now, job), database, settings)


def with_keys_to_read(database: Database, settings: Settings) -> Database:
    """As `with_keys`, changing nothing. Raises SettingsProblem."""
    job = partial(opened, keys=keys_of(settings))
    return _opened_with(partial(database.read_now, job), database, settings)


def _opened_with(find: Callable[[], Keyring | None], database: Database, settings: Settings) -> Database:
    try:
        keyring = find()
    except LockedError as error:
        database.close()
        raise problem(error) from None
    if keyring is None:
        return database
    database.close()
    return Database(settings.database, keyring)


def problem(error: LockedError) -> SettingsProblem:
    """As the operator is told of it."""
    return SettingsProblem([f"{SETTING} ({variable(SETTING)}): {error}"])
