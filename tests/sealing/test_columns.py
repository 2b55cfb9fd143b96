"""Every column with words is sealed or known to hold none of a customer's, and SQL cannot ask for what is sealed."""

from importlib import import_module
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.contacts.tables import contacts
from bot.conversations.tables import conversations
from bot.db import Database, metadata
from bot.sealing.columns import Sealed, SealedJson
from bot.sealing.keys import DamagedError, Keyring, new_key, read_keys

KEYRING = Keyring(read_keys(new_key()), b"i" * 32)
#: Ids, kinds, counts, hashes, agents' names, and what the team arranges its work with. A new column is sealed or stands here.
READABLE = {
    "addresses": "contact_id",
    "agents": "id username name password_hash role",
    "attachments": "id message_id account_sid message_sid media_sid told_type found_type state reason stored_as",
    "audit": "agent_id action object address data",  # of agents; never a text that somebody typed: agents.trail
    "canned_replies": "shortcut title text",
    "catch_ups": "line",
    "consents": "contact_id policy_version text_sha256 message_sid purposes notice_id notice_sid notice_status",
    "contacts": "id blocked_by blocked_reason",
    "conversations": "id contact_id",
    "dialogues": "conversation_id path node",
    "drafts": "agent",
    "erasure_refusals": "contact_id actor",
    "erasures": "id persons reason actor counts proofs error",
    "exports": "id agent format state",
    "identities": "issuer kind value agent_id",
    "inbox": "conversation_id key error",
    "labels": "key name folded colour",
    "login_attempts": "key",
    "messages": "id conversation_id direction author cause sid kind status answers_sid content_sid past_sids",
    "recovery_codes": "agent_id code_hash",
    "retention_runs": "day report",
    "rights_cases": "right",
    "sealing_keys": "id index_key",
    "second_factors": "agent_id nonce",
    "sessions": "token_hash agent_id id csrf_token address browser",
    "ticket_events": "kind actor",
    "ticket_labels": "label",
    "tickets": "number contact_id conversation_id cause category case status assignee",
    "tombstones": "sid_hash",
    "views": "agent name",
}


def test_every_column_with_words_was_decided_on() -> None:
    import_module("bot.runtime")  # which knows all tables
    assert set(READABLE) <= set(metadata.tables)
    for table in metadata.sorted_tables:
        words = [column for column in table.columns if isinstance(column.type, sa.Text | sa.JSON | Sealed | SealedJson)]
        sealed = {column.name: column.type.place for column in words if isinstance(column.type, Sealed | SealedJson)}
        assert sealed == {name: f"{table.name}.{name}" for name in sealed}, "a column's place is its own"
        assert {column.name for column in words} - set(sealed) == set(READABLE.get(table.name, "").split()), table.name


def test_sql_may_ask_whether_something_is_empty_and_where_a_conversation_stands_and_nothing_else() -> None:
    name, state = contacts.c.profile_name, conversations.c.state
    assert (name != "").compile()
    assert (state["node"].as_string() == "menu").compile()
    for ask in (
        lambda: name == "Ana",
        lambda: name.contains("A"),
        lambda: name < "B",
        lambda: state["answers"],
        lambda: state == {},
    ):
        with pytest.raises(TypeError, match="sealed"):
            ask()


def test_values_are_sealed_as_they_are_written_and_opened_where_they_belong(tmp_path: Path) -> None:
    table = sa.Table(
        "kept",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("text", Sealed("kept.text")),
        sa.Column("data", SealedJson("kept.data", ("node",))),
    )
    values = [
        ("José", {"node": "menu", "answers": {"nombre": "José"}}),
        ("", {}),
        (None, None),
        ("sealed:x", ["José", None, 1.5]),
    ]
    database = Database(f"sqlite:///{tmp_path / 'test.db'}", KEYRING)
    rows = [{"id": number, "text": text, "data": data} for number, (text, data) in enumerate(values)]
    database.write_now(table.create)
    database.write_now(lambda connection: connection.execute(sa.insert(table), rows))
    assert database.read_now(lambda connection: [tuple(row[1:]) for row in connection.execute(sa.select(table))]) == values
    raw = database.read_now(lambda connection: repr(connection.exec_driver_sql("SELECT * FROM kept").all()))
    assert ("José" in raw, "menu" in raw, "sealed:x" in raw) == (False, True, False)
    swap = "UPDATE kept SET text = (SELECT json_extract(data, '$.sealed') FROM kept WHERE id = 0) WHERE id = 0"
    database.write_now(lambda connection: connection.exec_driver_sql(swap))
    with pytest.raises(DamagedError, match=r"kept\.text"):
        database.read_now(lambda connection: connection.execute(sa.select(table)).all())
    database.close()
