"""Statements that are made ready once and run many times: how the path of every message talks to the database.

Written with SQLAlchemy Core like all others and run in the same transaction, but on the driver itself: SQLAlchemy's own way
costs ten times what the database does with a statement of this size. Pages and commands have no need of this.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from bot.sealing.columns import keyring_of
from bot.sealing.keys import Keyring

_Statement = sa.Select[Any] | sa.Insert | sa.Update | sa.Delete
_Convert = Callable[[Any], Any]


class Prepared:
    """One statement, compiled at its first use on each kind of database. Values that change are `sa.bindparam`s.

    Its lists (`IN`) have fixed lengths, and an insert names all columns without a plain default. Rows come as
    named tuples. Raises what SQLAlchemy raises, without the values: they may be a customer's.
    """

    def __init__(self, statement: _Statement | Callable[[str], _Statement], columns: Sequence[str] | None = None) -> None:
        """A statement, or for what the databases write differently a function of the dialect's name that gives it.

        `columns` are those that an insert is given.
        """
        self._statement = statement
        self._columns = columns
        self._compiled: dict[str | tuple[str, Keyring], _Compiled] = {}

    def all(self, connection: Connection, **values: Any) -> list[Any]:
        """Run it inside the connection's transaction and return all rows."""
        compiled = self._on(connection)
        return compiled.read(compiled.run(connection, values).fetchall())

    def first(self, connection: Connection, **values: Any) -> Any:
        """The first row, or None if there is none."""
        rows = self.all(connection, **values)
        return rows[0] if rows else None

    def scalar(self, connection: Connection, **values: Any) -> Any:
        """The first column of the first row, or None if there is no row."""
        rows = self.all(connection, **values)
        return rows[0][0] if rows else None

    def run(self, connection: Connection, **values: Any) -> int:
        """Run what returns no rows; returns how many it changed."""
        changed: int = self._on(connection).run(connection, values).rowcount
        return changed

    def sql(self, connection: Connection) -> str:
        """What it is in the words of the connection's database."""
        return self._on(connection).sql

    def _on(self, connection: Connection) -> "_Compiled":
        dialect = connection.dialect
        keyring = keyring_of(dialect)
        key = dialect.name if keyring is None else (dialect.name, keyring)
        if key not in self._compiled:
            statement = self._statement(dialect.name) if callable(self._statement) else self._statement
            self._compiled[key] = _Compiled(statement, dialect, self._columns)
        return self._compiled[key]


def insert(connection: Connection, table: sa.Table, values: Mapping[str, Any]) -> None:
    """Insert one row."""
    _insert(table, tuple(values)).run(connection, **values)


def insert_new(connection: Connection, table: sa.Table, values: Mapping[str, Any]) -> bool:
    """Insert a row unless one with the same unique key stands there already; True if it was inserted."""
    return _insert_new(table, tuple(values)).scalar(connection, **values) is not None


@cache
def _insert(table: sa.Table, names: tuple[str, ...]) -> Prepared:
    return Prepared(sa.insert(table), names)


@cache
def _insert_new(table: sa.Table, names: tuple[str, ...]) -> Prepared:
    def statement(dialect: str) -> _Statement:
        insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
        # RETURNING tells on both databases; a row count is not given by all drivers.
        return insert(table).on_conflict_do_nothing().returning(sa.literal_column("1", sa.Integer))

    return Prepared(statement, names)


class _Compiled:
    """A statement in one database's words, and how its values and columns are converted."""

    def __init__(self, statement: _Statement, dialect: Dialect, columns: Sequence[str] | None) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=columns)
        plain = {c.key: c.default.arg for c in compiled.insert_prefetch if isinstance(c.default, ScalarElementColumnDefault)}
        if missing := [str(c.key) for c in compiled.insert_prefetch if c.key not in plain]:
            message = f"no value for {', '.join(missing)}"
            raise ValueError(message)
        self.sql = str(compiled)
        kinds = {name: bind.type for bind, name in compiled.bind_names.items()}
        self._fixed = {name: bind.effective_value for bind, name in compiled.bind_names.items() if not bind.required}
        self._fixed |= plain
        self._binds = [(name, _processor(kinds[name], dialect, "bind_processor")) for name in compiled.positiontup or kinds]
        self._names = [name for name, _ in self._binds]
        self._is_positional = bool(compiled.positiontup)
        returned = list(statement.exported_columns)
        self._row: _Convert = namedtuple("Row", [str(column.key) for column in returned], rename=True)._make  # type: ignore[attr-defined]
        converters = [(n, _processor(column.type, dialect, "result_processor")) for n, column in enumerate(returned)]
        self._converters = [(n, convert) for n, convert in converters if convert is not None]

    def run(self, connection: Connection, values: dict[str, Any]) -> Any:
        given = {**self._fixed, **values} if self._fixed else values
        try:
            bound = [given[name] if bind is None else bind(given[name]) for name, bind in self._binds]
        except (TypeError, ValueError) as error:
            raise StatementError(str(error), self.sql, None, error, hide_parameters=True) from error
        return on_driver(connection, self.sql, bound if self._is_positional else dict(zip(self._names, bound, strict=True)))

    def read(self, rows: list[Any]) -> list[Any]:
        if not self._converters:
            return [self._row(row) for row in rows]
        converted = []
        for row in rows:
            values = list(row)
            for n, convert in self._converters:
                values[n] = convert(values[n])
            converted.append(self._row(values))
        return converted


def alone(connection: Connection, lock: int) -> None:
    """Wait until no other transaction holds this lock, and hold it to the end of this one.

    On SQLite the only writer is alone anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))


def on_driver(connection: Connection, sql: str, values: Any = ()) -> Any:
    """Run SQL as the driver takes it, inside the connection's transaction; returns the driver's cursor."""
    dialect = connection.dialect
    try:
        return connection.connection.driver_connection.execute(sql, values)  # type: ignore[union-attr]
    except dialect.loaded_dbapi.Error as error:
        is_gone = dialect.is_disconnect(error, connection.connection.driver_connection, None)
        if is_gone:
            connection.invalidate(error)
        raise DBAPIError.instance(
            sql, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, connection_invalidated=is_gone, dialect=dialect
        ) from error


def _processor(kind: sa.types.TypeEngine[Any], dialect: Dialect, which: str) -> _Convert | None:
    its = kind.dialect_impl(dialect)
    if isinstance(its, sa.Float):
        return None  # drivers take and give floats; asked for more, SQLAlchemy wants to know the column's type on the wire
    processor: _Convert | None = its.bind_processor(dialect) if which == "bind_processor" else its.result_processor(dialect, None)
    return processor
