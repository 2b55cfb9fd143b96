"""What can be broken by hand in a database of real traffic, each with what has to be said about it."""

# ruff: noqa: S608 (statements of our own)

from dataclasses import dataclass

#: The conversation without a ticket: in (1), out (2), in (3), out (4). The other one has the ticket.
LUIS = "conversation_id <> (SELECT conversation_id FROM tickets)"
_LUIS_HIMSELF = "id <> (SELECT conversation_id FROM tickets)"
_LATER = "'2099-01-01 00:00:00.000000'"
_LONG_AGO = "'2020-01-01 00:00:00.000000'"


@dataclass(frozen=True)
class Damage:
    """Statements that break it, the problems that are then named (beginnings, by rule), and a query for the ids they name."""

    statements: tuple[str, ...]
    problems: set[tuple[str, str]]
    names: str


def _again(table: str, which: str, **changed: str) -> tuple[str, ...]:
    """A row once more, with some columns changed."""
    changes = ", ".join(f"{name} = {value}" for name, value in changed.items())
    copy = f"CREATE TABLE one AS SELECT * FROM {table} WHERE {which}"
    return copy, f"UPDATE one SET {changes}", f"INSERT INTO {table} SELECT * FROM one"


def _unprotected(table: str) -> tuple[str, ...]:
    """The table without its unique keys: what a broken index amounts to."""
    return f"CREATE TABLE bare AS SELECT * FROM {table}", f"DROP TABLE {table}", f"ALTER TABLE bare RENAME TO {table}"


def _input(**changed: str) -> tuple[str, ...]:
    """One more input of Luis'."""
    place = f"UPDATE conversations SET arrivals = arrivals + 1 WHERE {_LUIS_HIMSELF}"
    return place, *_again("inbox", f"{LUIS} AND arrival = 2", **{"id": "901", "arrival": "3", "key": "'SMlost'"} | changed)


def _message(position: int, /, **changed: str) -> tuple[str, ...]:
    """Something about one of Luis' messages."""
    changes = ", ".join(f"{name} = {value}" for name, value in changed.items())
    return (f"UPDATE messages SET {changes} WHERE {LUIS} AND position = {position}",)


def _line(position: int) -> str:
    return f"SELECT id FROM messages WHERE {LUIS} AND position = {position}"


_ONE_MORE_LINE = f"UPDATE conversations SET positions = positions + 1 WHERE {_LUIS_HIMSELF}"
_LAST_INPUT = f"{LUIS} AND arrival = 2"
_NUMBER = "SELECT 'SF-000001'"
_UNTOLD = ("I5", "its number was not told")
_NOT_STORED = ("I5", "a ticket number was told that is not stored")
_OPENED_AGAIN = (
    *_again("ticket_events", "kind = 'opened'", id="901", ticket_id="2"),
    "DROP TABLE one",
    "UPDATE tickets SET status = 'open', assignee = '' WHERE id = 2",
)

DAMAGES = {
    "an input that is there twice": Damage(
        (*_unprotected("inbox"), *_input(key=f"(SELECT key FROM inbox WHERE {_LAST_INPUT})")),
        {("I1", "the inbox has the same input more than once")},
        f"SELECT id FROM inbox WHERE {LUIS} AND arrival > 1",
    ),
    "a customer's message that stands in the transcript twice": Damage(
        (_ONE_MORE_LINE, *_again("messages", f"{LUIS} AND position = 3", id="'twice'", position="5", cause="cause || '9'")),
        {("I1", "a customer's message stands in the transcript more than once")},
        f"SELECT id FROM messages WHERE {LUIS} AND position IN (3, 5)",
    ),
    "an effect that is there twice": Damage(
        (
            *_unprotected("messages"),
            _ONE_MORE_LINE,
            *_again("messages", f"{LUIS} AND position = 4", id="'twice'", position="5", sid="'SMother'"),
        ),
        {("I1", "an input was given the same effect more than once")},
        f"SELECT id FROM messages WHERE {LUIS} AND position > 3",
    ),
    "effects of an input that is not marked as handled": Damage(
        (f"UPDATE inbox SET handled_at = NULL WHERE {_LAST_INPUT}",),
        {("I1", "the input that caused it is not marked as handled")},
        f"SELECT id FROM inbox WHERE {_LAST_INPUT}",
    ),
    "effects of an input that is gone": Damage(
        (f"DELETE FROM inbox WHERE {_LAST_INPUT}",),
        {("I1", "the input that caused it is not there")},
        f"SELECT id FROM messages WHERE {LUIS} AND position > 2",
    ),
    "messages that changed places": Damage(
        (*_message(2, position="99"), *_message(3, position="2"), *_message(99, position="3")),
        {("I2", "a message stands behind the effects of a later input")},
        _line(3),
    ),
    "an input that was passed over": Damage(
        _input(arrival="0", handled_at="NULL"), {("I2", "an input was passed over")}, "SELECT 901"
    ),
    "an input in a place that was not given out": Damage(
        (f"UPDATE conversations SET arrivals = 1 WHERE {_LUIS_HIMSELF}",),
        {("I2", "an input has a place that the conversation has not given out")},
        f"SELECT id FROM inbox WHERE {_LAST_INPUT}",
    ),
    "a message in a place that was not given out": Damage(
        (f"UPDATE conversations SET positions = 3 WHERE {_LUIS_HIMSELF}",),
        {("I2", "a message has a place that the conversation has not given out")},
        _line(4),
    ),
    "a handled message that the transcript lacks": Damage(
        _input(), {("I3", "a message counts as handled, but the transcript lacks it")}, "SELECT 901"
    ),
    "an input that nobody handles": Damage(
        _input(handled_at="NULL", received_at=_LONG_AGO), {("I3", "an input waits to be handled for too long")}, "SELECT 901"
    ),
    "an input that was given up": Damage(
        _input(handled_at="NULL", attempts="5"), {("I3", "an input was given up")}, "SELECT 901"
    ),
    "a time-out that did not happen": Damage(
        (f"UPDATE conversations SET wake_at = {_LONG_AGO} WHERE {_LUIS_HIMSELF}",),
        {("I3", "time ran out, and nothing happened")},
        f"SELECT id FROM conversations WHERE {_LUIS_HIMSELF}",
    ),
    "a message that was deleted": Damage(
        (f"DELETE FROM messages WHERE {LUIS} AND position = 2",),
        {("I3", "the transcript lacks place 2")},
        f"SELECT id FROM conversations WHERE {_LUIS_HIMSELF}",
    ),
    "two messages that are one at the provider": Damage(
        _message(4, sid=f"(SELECT sid FROM messages WHERE {LUIS} AND position = 2)"),
        {("I4", "two messages claim to be the same one")},
        f"SELECT id FROM messages WHERE {LUIS} AND position IN (2, 4)",
    ),
    "a sent message without the provider's id": Damage(
        _message(4, sid="NULL"), {("I4", "a message counts as sent, but has no id")}, _line(4)
    ),
    "a message that was overtaken": Damage(
        _message(2, status="'queued'", attempts="0", due_at=_LATER),
        {("I4", "a message was never tried, but a later one was sent")},
        _line(2),
    ),
    "a message that is never due": Damage(
        _message(4, status="'queued'", due_at="NULL"), {("I4", "a message is to be sent, but never due")}, _line(4)
    ),
    "a message that is stuck": Damage(
        _message(4, status="'unknown'", due_at=_LONG_AGO), {("I4", "a message waits to be sent for too long")}, _line(4)
    ),
    "a ticket with another number": Damage(
        ("UPDATE tickets SET number = 'SF-000099'",),
        {("I5", "its number is not the one that its id makes"), _UNTOLD, _NOT_STORED},
        "SELECT 'SF-000099'",
    ),
    "a number of two tickets": Damage(
        (*_unprotected("tickets"), *_again("tickets", "id = 1", id="2"), "DROP TABLE one", *_OPENED_AGAIN),
        {
            ("I5", "a ticket number was given out more than once"),
            ("I5", "its number is not the one that its id makes"),
            ("I5", "one confirmation opened more than one ticket"),
        },
        _NUMBER,
    ),
    "a second ticket for one confirmation": Damage(
        (
            *_again("tickets", "id = 1", id="2", number="'SF-000002'", cause="cause || '9'"),
            "DROP TABLE one",
            *_OPENED_AGAIN,
        ),
        {("I5", "one confirmation opened more than one ticket"), _UNTOLD},
        "SELECT number FROM tickets",
    ),
    "a ticket of somebody else": Damage(
        ("UPDATE tickets SET contact_id = (SELECT id FROM contacts WHERE id <> tickets.contact_id)",),
        {("I5", "it belongs to another contact")},
        _NUMBER,
    ),
    "a ticket whose state has no history": Damage(
        ("UPDATE tickets SET status = 'open', assignee = '', resolved_at = NULL",),
        {("I5", "its history does not lead to the state it is in")},
        _NUMBER,
    ),
    "a ticket that is gone": Damage(
        ("DELETE FROM ticket_events", "DELETE FROM tickets"),
        {_NOT_STORED},
        _NUMBER,
    ),
}
