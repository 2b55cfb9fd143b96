"""The evidence of what somebody agreed to: whole, and never changed."""

from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from bot.contacts.tables import consents, contacts
from bot.tickets.rights import rights_cases
from tests.privacy.test_erasing import PHONE, servers
from tests.stack import Stack, running_stack


def say(stack: Stack, *texts: str) -> None:
    for text in texts:
        stack.receive(PHONE, text=text)
        stack.settle()


def evidence(stack: Stack) -> list[sa.Row[tuple[object, ...]]]:
    query = sa.select(consents).order_by(consents.c.id)
    return list(stack.runtime.database.read_now(lambda connection: connection.execute(query).all()))


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_an_answer_is_kept_with_what_was_shown_and_how_it_arrived_and_cannot_be_changed(tmp_path: Path, kind: str) -> None:
    with servers(kind) as chosen, running_stack(tmp_path, **chosen) as stack:
        say(stack, "asesor")
        assert evidence(stack) == [], "silence is never consent"
        notice = next(record for record in stack.fake.conversation(f"whatsapp:{PHONE}") if "Ley 1581" in record.body)
        say(stack, "Acepto", "Ana Gómez", "revocar", "no acepto")
        given, revoked = evidence(stack)
        assert (given.given, given.revokes, given.answer, given.policy_version) == (True, False, "Acepto", "2026-12")
        shown = notice.body[notice.body.index("Para registrar") :]
        assert given.text_sha256 == sha256(shown.encode()).hexdigest()
        assert len(given.purposes) == 2
        assert all(purpose in shown for purpose in given.purposes)
        assert (given.notice_sid, given.notice_status) == (notice.sid, "delivered")
        assert given.message_sid.startswith("SM")
        assert (revoked.given, revoked.revokes, revoked.answer, revoked.text_sha256) == (False, True, "revocar", "")
        cases = sa.select(rights_cases.c.right)
        assert stack.runtime.database.read_now(lambda connection: connection.execute(cases).scalars().all()) == ["revoke"]
        changes = [sa.update(consents).values(given=True), sa.update(consents).values(answer="sí")]
        for change in changes:
            with pytest.raises(DBAPIError, match="evidence is never changed"):
                stack.runtime.database.write_now(lambda connection, change=change: connection.execute(change) and None)  # type: ignore[misc]
        somebody = {"id": "other", "phone": "", "profile_name": "", "created_at": stack.runtime.clock.now()}
        stack.runtime.database.write_now(lambda connection: connection.execute(sa.insert(contacts).values(somebody)) and None)
        moved = sa.update(consents).values(contact_id="other")
        stack.runtime.database.write_now(lambda connection: connection.execute(moved) and None)
