"""Labels on tickets, in the list, and the page where supervisors keep them."""

from functools import partial

import pytest
import sqlalchemy as sa

from bot.agents import accounts
from bot.agents.rights import Role
from bot.agents.tables import audit
from bot.settings import ROOT
from bot.tickets import labels
from bot.tickets.exporting import COLUMNS, Reader, Wanted, Words
from bot.tickets.labels import Colour
from bot.tickets.service import open_ticket
from tests.conversations.transcript import ZONE
from tests.tickets.world import NOW, asked
from tests.web.console.browser import Browser, parsed
from tests.web.console.conftest import World

TICKET, LABELS = "/consola/solicitudes/SF-000001", "/consola/etiquetas"


@pytest.fixture
def lead(agent: Browser, world: World) -> Browser:
    """Ana's browser, who is a supervisor; a ticket, and a label on nothing."""
    world.write(accounts.set_role, username="ana.gomez", role=Role.SUPERVISOR, now=NOW)
    world.write(open_ticket, ticket=asked("ana", "SM1:0"), now=NOW)
    world.write(labels.add, name="Pago pendiente", colour=Colour.AMBER)
    return agent


def send(browser: Browser, path: str, **fields: str) -> int:
    return browser.post(path, {"csrf": browser.csrf(), **fields}).status_code


def test_a_label_is_put_on_a_ticket_found_by_and_taken_off(lead: Browser, world: World) -> None:
    assert send(lead, f"{TICKET}/etiquetas", put="pago-pendiente") == 303
    assert "Quitar la etiqueta Pago pendiente" in parsed(lead.get(TICKET)).words
    assert "Se puso la etiqueta Pago pendiente" in parsed(lead.get(TICKET)).words
    found = parsed(lead.get("/consola/?etiqueta=pago-pendiente")).words
    assert "SF-000001" in found
    assert "Una solicitud con estos filtros" in found
    assert "Pago pendiente (1)" in found
    assert send(lead, f"{TICKET}/etiquetas", take="pago-pendiente") == 303
    assert "Ninguna solicitud con estos filtros" in parsed(lead.get("/consola/?etiqueta=pago-pendiente")).words
    told = sa.select(audit.c.data).where(audit.c.action == "ticket:changed").order_by(audit.c.id)
    assert world.database.read_now(lambda connection: connection.execute(told).scalars().all()) == [
        {"trigger": "label", "label": "pago-pendiente"},
        {"trigger": "unlabel", "label": "pago-pendiente"},
    ]


def test_a_label_that_was_archived_meanwhile_is_not_put_on_and_the_page_says_so(lead: Browser, world: World) -> None:
    world.write(labels.archive, key="pago-pendiente", at=NOW)
    answer = lead.post(f"{TICKET}/etiquetas", {"csrf": lead.csrf(), "put": "pago-pendiente"})
    assert answer.status_code == 409
    assert "esa etiqueta ya no está en uso" in parsed(answer).words
    assert send(lead, f"{TICKET}/etiquetas") == 303  # nothing chosen, nothing done


def test_labels_are_made_renamed_and_archived_and_the_trail_has_before_and_after(lead: Browser, world: World) -> None:
    assert send(lead, LABELS, name="Correo cambiado", colour="blue") == 303
    assert send(lead, f"{LABELS}/correo-cambiado", name="Cambió el correo", colour="teal") == 303
    assert send(lead, f"{LABELS}/correo-cambiado/archivar") == 303
    assert send(lead, f"{LABELS}/correo-cambiado/activar") == 303
    (label, _) = world.database.read_now(labels.listed)
    assert (label.name, label.colour, label.archived_at) == ("Cambió el correo", Colour.TEAL, None)
    words = parsed(lead.get("/consola/registro?objeto=correo-cambiado")).words
    for told in ("Creó una etiqueta", "Correo cambiado → Cambió el correo", "Azul → Turquesa", "Archivada: no → sí"):
        assert told in words


def test_a_name_that_is_taken_is_told_beside_its_form_with_what_was_typed(lead: Browser, world: World) -> None:
    world.write(labels.add, name="Otra", colour=Colour.RED)
    for path in (LABELS, f"{LABELS}/otra"):
        answer = lead.post(path, {"csrf": lead.csrf(), "name": "PAGO PENDIENTÉ", "colour": "no"})
        assert answer.status_code == 422
        document = parsed(answer)
        assert "Ya hay una etiqueta con ese nombre" in document.words
        assert [one["value"] for one in document.tags("input") if one.get("aria-invalid")] == ["PAGO PENDIENTÉ"]
    assert world.database.read_now(partial(labels.known, key="otra")).name == "Otra"


def test_an_agent_puts_labels_on_and_is_shown_no_way_to_keep_them(lead: Browser, world: World) -> None:
    assert any(link["href"] == LABELS for link in parsed(lead.get(TICKET)).tags("a"))
    world.write(accounts.set_role, username="ana.gomez", role=Role.AGENT, now=NOW)
    document = parsed(lead.get(TICKET))
    assert not any(link["href"] == LABELS for link in document.tags("a"))
    assert any(option.get("value") == "pago-pendiente" for option in document.tags("option"))


def test_the_export_has_a_tickets_labels(lead: Browser, world: World) -> None:
    send(lead, f"{TICKET}/etiquetas", put="pago-pendiente")
    reader = Reader(Wanted(filters={"etiqueta": "pago-pendiente"}), NOW, ZONE)
    found, _ = world.database.read_now(partial(reader.batch, after=None))
    assert [row[COLUMNS.index("labels")] for row in reader.rows(found, Words({}))] == ["Pago pendiente"]


@pytest.mark.parametrize("colour", Colour)
def test_every_colour_has_its_style(colour: Colour) -> None:
    assert f".label-{colour} {{" in (ROOT / "bot/web/static/labels.css").read_text(encoding="utf-8")
