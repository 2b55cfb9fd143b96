"""Types of columns with personal data: sealed when the database is opened with a keyring, and as they are without one.

The keyring hangs on the dialect of an engine (`hold`), where the types find it when they make their processors: there is no
state besides, a process can work on several databases, and without a keyring a type has no processor and costs nothing.
Nothing is sealed of an empty text, list or object: that something is empty may be asked in SQL, and anything else may not.
"""

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.sql import operators

from bot.sealing.keys import MARK, Keyring

_Convert = Callable[[Any], Any]
_KEYRING = "soporte_keyring"
#: Where the sealed part of an object stands, beside what of it is left readable.
_PART = "sealed"


def hold(engine: Engine, keyring: Keyring | None) -> None:
    """Let an engine seal and open with this keyring. Before its first statement: types keep their processors."""
    if keyring is not None:
        setattr(engine.dialect, _KEYRING, keyring)


def keyring_of(dialect: Dialect) -> Keyring | None:
    """What this engine's values are sealed with, if they are."""
    found: Keyring | None = getattr(dialect, _KEYRING, None)
    return found


def _refuse_comparison(operator: Any, other: tuple[Any, ...]) -> None:
    """Raise TypeError for what would be true or false by chance: sealed values differ every time."""
    is_about_emptiness = operator in (operators.eq, operators.ne) and other == ("",)
    if not is_about_emptiness and operator not in (operators.is_, operators.is_not):
        raise TypeError("a sealed column can only be asked whether it is empty")


class _TextNotCompared(sa.types.TypeDecorator.Comparator[str]):
    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        _refuse_comparison(op, other)
        return super().operate(op, *other, **kwargs)


class Sealed(sa.types.TypeDecorator[str]):
    """A text that is sealed anew whenever it is written. `place` is table and column: it opens nowhere else."""

    impl = sa.Text
    cache_ok = True
    comparator_factory = _TextNotCompared

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def bind_processor(self, dialect: Dialect) -> _Convert | None:
        """Seal, if there is a keyring."""
        keyring = keyring_of(dialect)
        if keyring is None:
            return None
        return lambda text: self.seal(keyring, text) if text else text

    def result_processor(self, dialect: Dialect, coltype: object) -> _Convert | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """Open, if there is a keyring."""
        keyring, place = keyring_of(dialect), self.place
        if keyring is None:
            return None
        return lambda value: keyring.open(place, value) if value else value

    def seal(self, keyring: Keyring, text: str) -> str:
        """As it is stored."""
        return keyring.seal(self.place, text)

    def key_of(self, keyring: Keyring, stored: Any) -> str | None:
        """Under which key a value is stored; None for a plain one."""
        return keyring.key_of(stored)

    def anew(self, keyring: Keyring, stored: Any) -> Any:
        """A stored value as the keyring's first key would store it today."""
        return self.seal(keyring, keyring.open(self.place, stored))


class Findable(Sealed):
    """A text that is looked for by equality, in this column alone: equal ones are equal when sealed, by the index key."""

    cache_ok = True
    comparator_factory = sa.types.TypeDecorator.Comparator  # type: ignore[assignment]

    def seal(self, keyring: Keyring, text: str) -> str:
        """As it is stored, and looked for."""
        return keyring.findable(self.place, text)


class _JsonNotCompared(sa.types.TypeDecorator.Comparator[Any], sa.JSON.Comparator[Any]):
    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        if op is not operators.json_getitem_op:
            _refuse_comparison(op, other)
        return super().operate(op, *other, **kwargs)

    def _setup_getitem(self, index: Any) -> Any:
        if index not in getattr(self.type, "readable", ()):
            raise TypeError("this part of a sealed column cannot be asked for")
        return super()._setup_getitem(index)  # type: ignore[no-untyped-call]


class SealedJson(sa.types.TypeDecorator[Any]):
    """Plain JSON that is sealed whole; of an object the `readable` keys stay as they are, for SQL to ask."""

    impl = sa.JSON
    cache_ok = True
    comparator_factory = _JsonNotCompared

    def __init__(self, place: str, readable: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.place = place
        self.readable = readable

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        """As `bot.db.Json`."""
        return dialect.type_descriptor(postgresql.JSONB() if dialect.name == "postgresql" else sa.JSON())

    def bind_processor(self, dialect: Dialect) -> _Convert | None:
        """Seal, if there is a keyring."""
        keyring, write = keyring_of(dialect), super().bind_processor(dialect)
        if keyring is None or write is None:
            return write
        return lambda value: write(self.seal(keyring, value) if value else value)

    def result_processor(self, dialect: Dialect, coltype: object) -> _Convert | None:
        """Open, if there is a keyring."""
        keyring, read = keyring_of(dialect), super().result_processor(dialect, coltype)
        if keyring is None:
            return read
        return lambda stored: self.open(keyring, read(stored) if read else stored)

    def seal(self, keyring: Keyring, value: Any) -> Any:
        """As it is stored."""
        left = {key: value[key] for key in self.readable if key in value} if isinstance(value, dict) else {}
        rest = {key: part for key, part in value.items() if key not in left} if left else value
        sealed = keyring.seal(self.place, json.dumps(rest, ensure_ascii=False, separators=(",", ":")))
        return {**left, _PART: sealed} if left else sealed

    def open(self, keyring: Keyring, stored: Any) -> Any:
        """The value behind what is stored. Raises DamagedError."""
        sealed = _sealed_part(stored)
        if keyring.key_of(sealed) is None:
            return stored
        opened = json.loads(keyring.open(self.place, sealed))
        return {**{key: stored[key] for key in self.readable if key in stored}, **opened} if isinstance(stored, dict) else opened

    def key_of(self, keyring: Keyring, stored: Any) -> str | None:
        """Under which key a value is stored; None for a plain one."""
        return keyring.key_of(_sealed_part(stored))

    def anew(self, keyring: Keyring, stored: Any) -> Any:
        """A stored value as the keyring's first key would store it today."""
        return self.seal(keyring, self.open(keyring, stored))


def _sealed_part(stored: Any) -> str:
    part = stored.get(_PART) if isinstance(stored, dict) else stored
    return part if isinstance(part, str) and part.startswith(MARK) else ""
