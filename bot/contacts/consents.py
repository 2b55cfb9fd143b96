"""The proof of what a person agreed to: written once, never changed (Ley 1581 de 2012, arts. 8 and 9).

Silence is never consent: a row is written only for an answer. The database itself refuses to change one.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy.engine import Connection

from bot.contacts.tables import consents
from bot.statements import insert


@dataclass(frozen=True)
class Notice:
    """The message that carried the notice, and how far it had got when it was answered. All empty if none was shown."""

    id: str = ""  #: ours
    sid: str = ""  #: the provider's
    status: str = ""  #: messages.tables.Status


@dataclass(frozen=True)
class Answer:
    """What somebody answered to the notice, and which notice that was."""

    contact_id: str
    given: bool
    policy_version: str
    text: str  #: exactly what was shown; empty if nothing was
    answer: str  #: exactly what was answered
    message_sid: str
    purposes: tuple[str, ...] = ()
    revokes: bool = False
    notice: Notice = Notice()


def record(connection: Connection, answer: Answer, now: datetime) -> None:
    """Add a row. Of the notice a SHA-256 is kept: with the version it proves the text, without storing it a million times."""
    values = {
        "contact_id": answer.contact_id,
        "given": answer.given,
        "policy_version": answer.policy_version,
        "text_sha256": sha256(answer.text.encode()).hexdigest() if answer.text else "",
        "answer": answer.answer,
        "message_sid": answer.message_sid,
        "purposes": list(answer.purposes),
        "revokes": answer.revokes,
        "notice_id": answer.notice.id,
        "notice_sid": answer.notice.sid,
        "notice_status": answer.notice.status,
        "at": now,
    }
    insert(connection, consents, values)
