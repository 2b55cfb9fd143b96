"""Everything that the code names has a word in Spanish, and every failure a reason."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.agents.rights import Role
from bot.agents.trail import Action
from bot.attachments.tables import Reason
from bot.contacts.blocks import Reason as BlockReason
from bot.conversations.reports import OUTCOMES
from bot.engine.inputs import Kind
from bot.messages.tables import Status as Delivery
from bot.settings import ROOT
from bot.tickets import lifecycle, rights
from bot.tickets.canned import VARIABLES
from bot.tickets.exports import State as ExportState
from bot.tickets.filters import FILTERS
from bot.tickets.labels import Colour
from bot.tickets.listing import SORTS
from bot.tickets.service import HAPPENINGS
from bot.web.console.delivery import load
from bot.web.console.pages import environment
from bot.web.console.reports import REPORTS
from bot.web.console.transcript import Part, parts

REASONS = ROOT / "flows" / "delivery.yaml"


@pytest.mark.parametrize(
    ("dictionary", "names"),
    [
        ("statuses", set(lifecycle.Status)),
        ("filters", set(lifecycle.Status)),
        ("narrowings", set(FILTERS)),
        ("sorts", set(SORTS)),
        ("events", {*HAPPENINGS, *rights.HAPPENINGS, *lifecycle.EVENTS.values()}),
        ("kinds", set(Kind)),
        ("deliveries", set(Delivery)),
        ("roles", set(Role)),
        ("role_hints", set(Role)),
        ("actions", set(Action)),
        ("variables", set(VARIABLES)),
        ("made_up", set(VARIABLES) - {"agente"}),
        ("colours", set(Colour)),
        ("block_reasons", set(BlockReason)),
        ("reports", set(REPORTS)),
        ("report_hints", set(REPORTS)),
        ("unfetched", set(Reason)),
        ("exports", set(ExportState)),
        ("outcomes", set(OUTCOMES)),
    ],
)
def test_everything_that_can_be_shown_has_exactly_one_word(dictionary: str, names: set[str]) -> None:
    words = getattr(environment().get_template("console/words.html").module, dictionary)
    assert set(words) == names
    assert all(words.values())


def test_every_failure_has_a_reason_with_and_without_a_known_number() -> None:
    reasons = load(REASONS)
    assert "24 horas" in reasons.reason(63016)
    assert reasons.reason(12345) == reasons.unlisted
    assert reasons.reason(None) == reasons.unnumbered
    sentences = [reasons.unlisted, reasons.unnumbered, *reasons.reasons.values()]
    assert all(sentence.endswith(".") and "\n" not in sentence and len(sentence) < 200 for sentence in sentences)


@pytest.mark.parametrize(
    "text",
    [
        "unlisted: a\nreasons: {}",
        "unlisted: a\nunnumbered: b\nreasons: {x: c}",
        "unlisted: a\nunnumbered: b\nreasons: {1: ''}",
        "unlisted: a\nunnumbered: b\nreasons: {1: c}\nmore: d",
        "",
    ],
)
def test_reasons_that_are_incomplete_stop_the_start(tmp_path: Path, text: str) -> None:
    file = tmp_path / "delivery.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValidationError):
        load(file)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("hola", (Part("hola"),)),
        ("*1.* Soporte", (Part("1.", "*"), Part(" Soporte"))),
        ("es la *SF-000001*.", (Part("es la "), Part("SF-000001", "*"), Part("."))),
        ("_muy_ *bien*", (Part("muy", "_"), Part(" "), Part("bien", "*"))),
        ("ana_maria_gomez@x.co", (Part("ana_maria_gomez@x.co"),)),
        ("2 * 3 * 4", (Part("2 * 3 * 4"),)),
        ("*a\nb*", (Part("*a\nb*"),)),
        ("* a* *b *", (Part("* a* *b *"),)),
        ("*" * 4000, (Part("*" * 4000),)),
    ],
)
def test_whatsapps_marks_become_styles_and_everything_else_stays(text: str, expected: tuple[Part, ...]) -> None:
    assert parts(text) == expected
