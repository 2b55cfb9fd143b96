"""Who wrote: an address or an id of WhatsApp → the contact, made on the first message.

WhatsApp may show a phone number, an id of its own (`CO.…`), or both; the same person keeps the same contact. Where both
were met apart before, the id's contact stays and `bot/conversations/merge.py` brings the other's belongings over.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.contacts.tables import addresses, contacts
from bot.statements import Prepared, insert, insert_new


@dataclass(frozen=True)
class Found:
    """The contact of a message, and another contact that turned out to be the same person, if there was one."""

    contact_id: str
    duplicate_id: str = ""


#: In a list parameters do not get the column's type by themselves, and it is the type that seals.
_BOTH = [sa.bindparam(name, type_=addresses.c.address.type) for name in ("one", "other")]
_OWNERS = Prepared(
    sa.select(addresses.c.address, addresses.c.contact_id, contacts.c.phone)
    .join_from(addresses, contacts)
    .where(addresses.c.address.in_(_BOTH))
)
_KEEP_PHONE = Prepared(sa.update(contacts).where(contacts.c.id == sa.bindparam("contact_id")).values(phone=sa.bindparam("known")))


def find(connection: Connection, known_as: list[str], phone: str, profile_name: str, now: datetime) -> Found:
    """The contact behind these one or two addresses, the most lasting first. New ones are remembered for the next time."""
    rows = {row.address: row for row in _OWNERS.all(connection, one=known_as[0], other=known_as[-1])}
    ids = list(dict.fromkeys(rows[address].contact_id for address in known_as if address in rows))
    contact_id = ids[0] if ids else _new_contact(connection, phone, profile_name, now)
    for address in known_as:
        if address not in rows and not insert_new(connection, addresses, {"address": address, "contact_id": contact_id}):
            contact_id = _owner(connection, address)  # another process met this person at the same moment
    if phone and any(row.contact_id == contact_id and row.phone != phone for row in rows.values()):
        _KEEP_PHONE.run(connection, contact_id=contact_id, known=phone)
    return Found(contact_id, ids[1] if len(ids) > 1 else "")


def _new_contact(connection: Connection, phone: str, profile_name: str, now: datetime) -> str:
    contact_id = uuid4().hex
    insert(connection, contacts, {"id": contact_id, "phone": phone, "profile_name": profile_name, "created_at": now})
    return contact_id


def _owner(connection: Connection, address: str) -> str:
    owner: str = connection.execute(sa.select(addresses.c.contact_id).where(addresses.c.address == address)).scalar_one()
    return owner
