"""A small world for tests: a database with every table, customers, conversations, messages and tickets in it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.contacts.tables import contacts
from bot.conversations.tables import conversations
from bot.engine.effects import FieldValue
from bot.messages.tables import messages
from bot.tickets.service import NewTicket, open_ticket

#: A Monday, 10:00 in Colombia.
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def add_customer(connection: Connection, name: str, *, profile_name: str = "", phone: str = "+573001234567") -> None:
    """A contact and its conversation, both under ids made from `name`."""
    contact = {"id": f"contact-{name}", "phone": phone, "profile_name": profile_name or name, "created_at": NOW}
    connection.execute(sa.insert(contacts).values(contact))
    conversation = {
        "id": f"conversation-{name}",
        "contact_id": f"contact-{name}",
        "address": f"whatsapp:{phone}",
        "state": {"node": "inicio"},
        "version": 0,
        "arrivals": 0,
        "positions": 0,
        "last_message_at": NOW,
        "wake_at": None,
    }
    connection.execute(sa.insert(conversations).values(conversation))


def asked(name: str, cause: str, **changes: Any) -> NewTicket:
    """A ticket that the customer `name` confirmed."""
    values: dict[str, Any] = {
        "category": "Otra consulta",
        "case": "olvide_clave",
        "fields": (FieldValue("nombre", "Nombre completo", name), FieldValue("nit", "NIT o cédula", "900123456-8")),
        "detail": "No recuerdo la contraseña y el correo no llega.",
        "attachments": (),
        **changes,
    }
    return NewTicket(contact_id=f"contact-{name}", conversation_id=f"conversation-{name}", cause=cause, **values)


def open_many(connection: Connection, name: str, count: int) -> list[str]:
    """So many tickets of one customer, a minute apart; their numbers, oldest first."""
    return [open_ticket(connection, asked(name, f"{name}:{n}"), NOW + n * MINUTE) for n in range(count)]


def say(connection: Connection, name: str, position: int, body: str, **changes: Any) -> None:
    """A message in the conversation of `name`: the customer's at even positions, the bot's at odd ones."""
    is_bot = position % 2 == 1
    values: dict[str, Any] = {
        "id": f"message-{name}-{position}",
        "conversation_id": f"conversation-{name}",
        "position": position,
        "direction": "out" if is_bot else "in",
        "author": "bot" if is_bot else "customer",
        "cause": f"{name}:{position}",
        "sid": None,
        "address": "whatsapp:+573001234567",
        "kind": "text",
        "body": body,
        "attachments": [],
        "reasons": [],
        "status": "delivered" if is_bot else "received",
        "error_code": None,
        "attempts": 0,
        "due_at": None,
        "answers_sid": "",
        "created_at": NOW + position * MINUTE,
        "updated_at": NOW + position * MINUTE,
        **changes,
    }
    connection.execute(sa.insert(messages).values(values))
