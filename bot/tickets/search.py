"""Full-text search for tickets: by number, name, NIT, phone, e-mail and the words of the chat.

One set of words for each ticket, kept in the transaction that writes the ticket or the message. Both databases get the
same words from `words`: SQLite in an FTS5 table, PostgreSQL in a tsvector with a GIN index (`bot/migrations`, step 0002). In a
sealed database a word is kept as a keyed hash, so that the index does not tell what the columns hide.
"""

from collections.abc import Callable, Iterable, Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.sealing.columns import keyring_of
from bot.statements import on_driver
from bot.tickets.words import asked, words

#: A ticket has this many words at most; what is said after that cannot be found.
_MOST_WORDS = 3000
_ABOVE_ALL = 2**63 - 1
#: How many tickets PostgreSQL looks at one by one before it turns to the index.
_SHORTEST_WALK = 5_000
_WALK_FOR_EACH = 10


def add(connection: Connection, ticket_id: int, *texts: str) -> None:
    """Let the ticket be found by these texts too."""
    keep(connection, ticket_id, set(_as_kept(connection, set().union(*map(words, texts)))))


def keep(connection: Connection, ticket_id: int, new: set[str]) -> None:
    """Let the ticket be found by these too, which are words as the index keeps them already."""
    if not new:
        return
    if connection.dialect.name == "sqlite":
        _add_sqlite(connection, ticket_id, new)
    else:
        _add_postgresql(connection, ticket_id, new)


def remove(connection: Connection, ticket_ids: Iterable[int]) -> None:
    """Let these tickets be found no more, and keep none of their words."""
    key = "rowid" if connection.dialect.name == "sqlite" else "ticket_id"
    for identity in ticket_ids:
        connection.execute(sa.text(f"DELETE FROM ticket_search WHERE {key} = :id"), {"id": identity})  # noqa: S608 (a name of ours)


def found(connection: Connection, query: str, *, below: int | None, most: int) -> list[int]:
    """Ids of tickets that have all the words, the newest first; `below` is where a further page begins.

    The last word may be the beginning of one, unless words are sealed. Any query is taken; one without words finds nothing.
    """
    wanted = list(_as_kept(connection, asked(query)))
    if not wanted:
        return []
    search = _found_sqlite if connection.dialect.name == "sqlite" else _found_postgresql
    return search(connection, wanted, _ABOVE_ALL if below is None else below, most)


def everything(connection: Connection, ticket_id: int | None = None) -> Iterator[tuple[int, str]]:
    """All tickets by id, or one, each with its words, blanks between them: what `add` made of their texts."""
    key, words = "rowid", "words"
    if connection.dialect.name != "sqlite":
        key, words = "ticket_id", "array_to_string(tsvector_to_array(words), ' ')"
    which = "" if ticket_id is None else f"WHERE {key} = :id"
    query = sa.text(f"SELECT {key}, {words} FROM ticket_search {which} ORDER BY {key}")  # noqa: S608 (names of ours)
    for row in connection.execute(query.execution_options(yield_per=1000), {} if ticket_id is None else {"id": ticket_id}):
        yield row[0], row[1]


def rewrite(connection: Connection, change: Callable[[str], str]) -> None:
    """Put another word in place of each that the index keeps."""
    key = "rowid" if connection.dialect.name == "sqlite" else "ticket_id"
    for (identity,) in connection.execute(sa.text(f"SELECT {key} FROM ticket_search")).all():  # noqa: S608 (a name of ours)
        kept = set().union(*(some.split() for _, some in everything(connection, identity)))
        remove(connection, [identity])
        keep(connection, identity, set(map(change, kept)))


def _as_kept(connection: Connection, some: Iterable[str]) -> Iterable[str]:
    """Words as the index keeps them: where the database is sealed, by what only its key makes of them, and whole ones alone."""
    keyring = keyring_of(connection.dialect)
    return some if keyring is None else map(keyring.word, some)


def _add_sqlite(connection: Connection, ticket_id: int, new: set[str]) -> None:
    known = on_driver(connection, "SELECT words FROM ticket_search WHERE rowid = ?", (ticket_id,)).fetchone()
    if known is None:
        on_driver(connection, "INSERT INTO ticket_search (rowid, words) VALUES (?, ?)", (ticket_id, _joined(new)))
        return
    before = set(known[0].split())
    if new - before and len(before) < _MOST_WORDS:
        on_driver(connection, "UPDATE ticket_search SET words = ? WHERE rowid = ?", (_joined(before | new), ticket_id))


def _add_postgresql(connection: Connection, ticket_id: int, new: set[str]) -> None:
    insert = """
        INSERT INTO ticket_search AS known (ticket_id, words) VALUES (:id, array_to_tsvector(CAST(:words AS text[])))
        ON CONFLICT (ticket_id) DO UPDATE SET words = known.words || excluded.words WHERE length(known.words) < :most"""
    connection.execute(sa.text(insert), {"id": ticket_id, "words": sorted(new)[:_MOST_WORDS], "most": _MOST_WORDS})


def _joined(new: set[str]) -> str:
    return " ".join(sorted(new)[:_MOST_WORDS])


def _found_sqlite(connection: Connection, wanted: list[str], below: int, most: int) -> list[int]:
    # An FTS5 table is read in the order of its rows, from either end: no sorting, however many tickets match.
    query = "SELECT rowid FROM ticket_search WHERE ticket_search MATCH :query AND rowid < :below ORDER BY rowid DESC LIMIT :most"
    values = {"query": " AND ".join(f'"{word}"' for word in wanted) + "*", "below": below, "most": most}
    return list(connection.execute(sa.text(query), values).scalars())


def _found_postgresql(connection: Connection, wanted: list[str], below: int, most: int) -> list[int]:
    # Common words are found quickest by walking back from the newest ticket, rare ones by the index, and the planner cannot
    # tell which they are: so a bounded walk, and the index if that did not find enough.
    query = "SELECT ticket_id FROM ticket_search WHERE words @@ CAST(:query AS tsquery) AND ticket_id < :below"
    walk = f"{query} AND ticket_id >= :first ORDER BY ticket_id DESC LIMIT :most"
    by_index = f"SELECT ticket_id FROM ({query} OFFSET 0) AS matches ORDER BY ticket_id DESC LIMIT :most"  # noqa: S608 (texts of our own)
    highest = connection.execute(sa.text("SELECT max(ticket_id) FROM ticket_search")).scalar() or 0
    first = min(below, highest + 1) - max(_SHORTEST_WALK, _WALK_FOR_EACH * most)
    values = {"query": " & ".join(f"'{word}'" for word in wanted) + ":*", "below": below, "most": most}
    # Otherwise the server would in time settle on one plan for all words.
    connection.execute(sa.text("SET LOCAL plan_cache_mode = force_custom_plan"))
    found = list(connection.execute(sa.text(walk), {**values, "first": first}).scalars())
    if len(found) == most or first <= 1:
        return found
    return list(connection.execute(sa.text(by_index), values).scalars())
