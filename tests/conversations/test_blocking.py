"""Customers who are blocked get nothing, lose nothing, and are heard again when they are let in."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from bot.attachments.tables import attachments
from bot.channels.fake_twilio import File
from bot.contacts import blocks
from bot.contacts.blocks import Reason
from bot.contacts.tables import addresses, contacts
from bot.conversations import blocking
from bot.messages.tables import messages
from bot.tickets.tables import tickets
from tests.stack import Stack, running_stack
from tests.web.test_hooks import form, post, sign

ANA, LUIS = "whatsapp:+573005550142", "whatsapp:+573115550178"


def contact_of(stack: Stack, address: str) -> str:
    query = sa.select(addresses.c.contact_id).where(addresses.c.address == address)
    found: str = stack.runtime.database.read_now(lambda connection: connection.execute(query).scalar_one())
    return found


def write(stack: Stack, job: Callable[..., bool], **values: object) -> bool:
    return stack.runtime.database.write_now(partial(job, **values))


def block(stack: Stack, address: str) -> bool:
    now = stack.runtime.clock.now()
    return write(stack, blocking.block, contact_id=contact_of(stack, address), reason=Reason.SPAM, by="ana.gomez", now=now)


def count(stack: Stack, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    query = sa.select(sa.func.count()).select_from(table).where(*where)
    number: int = stack.runtime.database.read_now(lambda connection: connection.execute(query).scalar_one())
    return number


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_who_is_blocked_gets_nothing_loses_nothing_and_is_answered_again_later(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    chosen = {} if kind == "sqlite" else {"database_url": request.getfixturevalue("postgres_url")}
    with running_stack(tmp_path, **chosen) as stack:
        for address in (ANA, LUIS):
            stack.receive(address, text="hola")
        stack.settle()
        heard = len(stack.said(ANA))
        assert (block(stack, ANA), block(stack, ANA)) == (True, False)
        stack.receive(ANA, text="asesor")
        stack.receive(ANA, text="mira", media=[File("image/png", b"x")])
        stack.receive(LUIS, text="ayuda")
        stack.settle()
        assert (len(stack.said(ANA)), len(stack.said(LUIS))) == (heard, 2)
        said = stack.runtime.database.read_now(lambda connection: connection.execute(sa.select(messages.c.body)).scalars().all())
        assert {"asesor", "mira"} <= set(said)
        assert (count(stack, attachments), count(stack, tickets)) == (0, 0)
        assert write(stack, blocks.unblock, contact_id=contact_of(stack, ANA))
        stack.receive(ANA, text="ayuda")
        stack.settle()
        assert len(stack.said(ANA)) == heard + 1


def test_who_is_blocked_keeps_the_rights_over_their_data_and_is_answered_once(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        stack.receive(ANA, text="hola")
        stack.settle()
        assert block(stack, ANA)
        heard = len(stack.said(ANA))
        for text in ("eliminen mis datos", "hola", "eliminen mis datos"):
            stack.receive(ANA, text=text, media=[File("image/png", b"x")])
            stack.settle()
        (receipt,) = stack.said(ANA)[heard:]
        assert "SF-000001" in receipt
        assert (count(stack, tickets), count(stack, attachments, attachments.c.state == "fetched")) == (1, 0)
        stack.receive(ANA, text="mis datos")
        stack.settle()
        assert len(stack.said(ANA)) > heard + 1, "another right is another case"
        assert count(stack, tickets) == 2


def test_a_block_withdraws_what_the_bot_had_not_begun_to_send_and_stays_with_the_person(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        stack.receive(ANA, text="hola")
        stack.settle()
        stack.runtime.database.write_now(
            lambda connection: connection.execute(
                sa.update(messages).where(messages.c.direction == "out").values(status="queued", due_at=None)
            )
        )
        assert block(stack, ANA)
        assert count(stack, messages, messages.c.status == "withdrawn") == 1
        # The same person under an id that WhatsApp shows in place of the number.
        for sid, address, more in (("1", "whatsapp:CO.99", {}), ("2", ANA, {"ExternalUserId": "CO.99"})):
            told = form("SM" + "e" * 31 + sid, From=address, **more)
            assert post(stack, urlencode(told).encode(), sign(stack, told)).status_code == 200
        stack.settle()
        owner = contact_of(stack, ANA)
        assert owner == contact_of(stack, "whatsapp:CO.99")
        assert count(stack, contacts, contacts.c.blocked_at.is_not(None)) == 1
        found = stack.runtime.database.read_now(partial(blocks.blocked, contact_id=owner))
        assert found is not None
        assert (found.reason, found.by) == (Reason.SPAM, "ana.gomez")
