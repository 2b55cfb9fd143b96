"""Fills an SQLite database with a history, for `line`: so many messages of customers who wrote long ago, all of them handled."""

from typing import Any

import sqlalchemy as sa

from bot.db import Database
from bot.migrations import upgrade

#: A conversation of the benchmark's: 13 messages in, 13 out.
_EACH = 26
_BATCH = 20_000

_STEPS = (
    """INSERT INTO contacts (id, phone, profile_name, created_at)
       SELECT printf('%032x', n), '+5731' || n, 'Cliente ' || n, :at FROM batch""",
    "INSERT INTO addresses (address, contact_id) SELECT 'whatsapp:+5731' || n, printf('%032x', n) FROM batch",
    """INSERT INTO conversations (id, contact_id, address, state, version, arrivals, positions, last_message_at)
       SELECT lower(hex(randomblob(16))), printf('%032x', n), 'whatsapp:+5731' || n, '{"node": "inicio"}', 13, 13, 26, :at
       FROM batch""",
    """INSERT INTO inbox (conversation_id, arrival, "key", input, parameters, awaits_secret, received_at, handled_at, attempts,
                          error)
       SELECT c.id, p.n, 'SM' || lower(hex(randomblob(16))),
              '{"type": "message_received", "kind": "text", "text": "una línea"}',
              json_object('Body', json_array('una línea'), 'filler', hex(randomblob(300))), 0, :at, :at, 0, ''
       FROM batch JOIN conversations c ON c.contact_id = printf('%032x', batch.n) CROSS JOIN places p WHERE p.n <= 13""",
    """INSERT INTO messages (id, conversation_id, position, direction, author, cause, sid, address, kind, body, attachments,
                             reasons, status, attempts, answers_sid, content_sid, created_at, updated_at)
       SELECT lower(hex(randomblob(16))), c.id, p.n, CASE p.n % 2 WHEN 1 THEN 'in' ELSE 'out' END,
              CASE p.n % 2 WHEN 1 THEN 'customer' ELSE 'bot' END, 'stored:' || batch.n || ':' || p.n,
              'SM' || lower(hex(randomblob(16))), c.address, 'text', 'Una línea del chat, de las de siempre. ' || batch.n,
              '[]', '[]',
              CASE p.n % 2 WHEN 1 THEN 'received' ELSE 'read' END, 1, '', '', :at, :at
       FROM batch JOIN conversations c ON c.contact_id = printf('%032x', batch.n) CROSS JOIN places p""",
)
_NUMBERS = """WITH RECURSIVE batch(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM batch WHERE n < :last),
                             places(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM places WHERE n < 26) """


def store(url: str, count: int) -> None:
    """Add messages until there are about `count`; what is there already counts."""
    database = Database(url)
    upgrade(database)
    there = database.read_now(lambda connection: connection.scalar(sa.text("SELECT count(*) FROM contacts"))) or 0
    for first in range(there + 1, count // _EACH + 1, _BATCH):
        last = min(first + _BATCH - 1, count // _EACH)
        values = {"first": first, "last": last, "at": "2026-01-15 10:00:00.000000"}

        def fill(connection: sa.Connection, values: dict[str, Any] = values) -> None:
            for step in _STEPS:
                into, _, rest = step.partition("SELECT")
                connection.execute(sa.text(f"{into}{_NUMBERS}SELECT{rest}"), values)

        database.write_now(fill)
        print(f"\rstored {last * _EACH:,} messages", end="", flush=True)
    print()
    database.write_now(lambda connection: connection.execute(sa.text("ANALYZE")))
    database.close()
