"""Full-text search for tickets: by number, name, NIT, phone, e-mail and the words of the chat.

One set of words for each ticket, kept in the transaction that writes the ticket or the message. Both databases get the
same words from `words`: SQLite in an FTS5 table, PostgreSQL in a tsvector with a GIN index (`bot/migrations`, step 0002).
"""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.tickets.words import asked, words

#: A ticket has this many words at most; what is said after that cannot be found.
_MOST_WORDS = 3000


def add(connection: Connection, ticket_id: int, *texts: str) -> None:
    """Let the ticket be found by these texts too."""
    new = set().union(*map(words, texts))
    if not new:
        return
    if connection.dialect.name == "sqlite":
        _add_sqlite(connection, ticket_id, new)
    else:
        _add_postgresql(connection, ticket_id, new)


def found(connection: Connection, query: str, *, below: int | None, most: int) -> list[int]:
    """Ids of tickets that have all the words, the newest first; `below` is where a further page begins.

    The last word may be the beginning of one. Any query is taken; one without words finds nothing.
    """
    wanted = asked(query)
    if not wanted:
        return []
    search = _found_sqlite if connection.dialect.name == "sqlite" else _found_postgresql
    values = {"below": 2**63 - 1 if below is None else below, "most": most}
    return list(connection.execute(search(connection, wanted), values).scalars())


def _add_sqlite(connection: Connection, ticket_id: int, new: set[str]) -> None:
    known = connection.execute(sa.text("SELECT words FROM ticket_search WHERE rowid = :id"), {"id": ticket_id}).scalar()
    if known is None:
        values = {"id": ticket_id, "words": _joined(new)}
        connection.execute(sa.text("INSERT INTO ticket_search (rowid, words) VALUES (:id, :words)"), values)
        return
    before = set(known.split())
    if new - before and len(before) < _MOST_WORDS:
        values = {"id": ticket_id, "words": _joined(before | new)}
        connection.execute(sa.text("UPDATE ticket_search SET words = :words WHERE rowid = :id"), values)


def _add_postgresql(connection: Connection, ticket_id: int, new: set[str]) -> None:
    insert = """
        INSERT INTO ticket_search AS known (ticket_id, words) VALUES (:id, array_to_tsvector(CAST(:words AS text[])))
        ON CONFLICT (ticket_id) DO UPDATE SET words = known.words || excluded.words WHERE length(known.words) < :most"""
    connection.execute(sa.text(insert), {"id": ticket_id, "words": sorted(new)[:_MOST_WORDS], "most": _MOST_WORDS})


def _joined(new: set[str]) -> str:
    return " ".join(sorted(new)[:_MOST_WORDS])


def _found_sqlite(_connection: Connection, wanted: list[str]) -> sa.TextClause:
    # An FTS5 table is read in the order of its rows, from either end: no sorting, however many tickets match.
    query = "SELECT rowid FROM ticket_search WHERE ticket_search MATCH :query AND rowid < :below ORDER BY rowid DESC LIMIT :most"
    return _with_query(query, " AND ".join(f'"{word}"' for word in wanted) + "*")


def _found_postgresql(connection: Connection, wanted: list[str]) -> sa.TextClause:
    # Rare words are best found by the index, common ones by walking back from the newest ticket: planned anew for each query.
    connection.execute(sa.text("SET LOCAL plan_cache_mode = force_custom_plan"))
    query = """
        SELECT ticket_id FROM ticket_search WHERE words @@ CAST(:query AS tsquery) AND ticket_id < :below
        ORDER BY ticket_id DESC LIMIT :most"""
    return _with_query(query, " & ".join(f"'{word}'" for word in wanted) + ":*")


def _with_query(statement: str, query: str) -> sa.TextClause:
    bound: sa.TextClause = sa.text(statement).bindparams(query=query)
    return bound
