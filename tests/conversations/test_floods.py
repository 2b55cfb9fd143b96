"""More files than are kept: the customer is told kindly, once, and what came before stays."""

from pathlib import Path

import sqlalchemy as sa

from bot.attachments.tables import attachments
from bot.channels.fake_twilio import File
from tests.stack import running_stack

ANA, LUIS = "whatsapp:+573005550142", "whatsapp:+573115550178"


def test_a_flood_of_files_is_refused_kindly_and_once_and_others_are_not_concerned(tmp_path: Path) -> None:
    with running_stack(tmp_path, overload={"files_per_hour": 2}) as stack:
        stack.receive(ANA, text="hola")
        for _ in range(4):
            stack.receive(ANA, media=[File("image/png", b"x")])
        stack.receive(LUIS, media=[File("image/png", b"x")])
        stack.settle()
        assert [("muchos archivos" in text) for text in stack.said(ANA)].count(True) == 1
        assert not any("muchos archivos" in text for text in stack.said(LUIS))
        by_reason = sa.select(attachments.c.reason == "flood", sa.func.count()).group_by(attachments.c.reason == "flood")
        rows = stack.runtime.database.read_now(lambda connection: connection.execute(by_reason).all())
        assert {bool(flood): number for flood, number in rows} == {False: 3, True: 2}
        stack.advance(2)
        stack.receive(ANA, media=[File("image/png", b"x")])
        stack.settle()
        assert "muchos archivos" not in stack.said(ANA)[-1]
