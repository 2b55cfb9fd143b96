"""Every page of the console, from its table of routes: a page that is not named here fails the tests that visit them all."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from playwright.sync_api import Page, expect

from bot.web.console.reports import REPORTS
from bot.web.console.verbs import OPEN, VERBS
from tests.browser.scene import Scene

#: What is fetched and is no page.
NO_PAGES = frozenset(
    {
        "GET /vivo",
        "GET /entrar/empresa",  # leads to the company's own login, and back
        "GET /entrar/empresa/vuelta",
        "GET /cuenta/segundo-factor/qr.svg",
        "GET /informes",  # leads to the first of them
        "GET /informes/{report}/csv",
        "GET /exportaciones/{export}/archivo",
        "GET /clientes/{contact}/datos.json",
        "GET /clientes/{contact}/datos.html",
        "GET /adjuntos/{identity}",
        "GET /adjuntos/{identity}/original",
        "GET /adjuntos/{identity}/miniatura",
    }
)
ROUTES = frozenset(route for route in (*OPEN, *VERBS) if route.startswith("GET ")) - NO_PAGES


class Visit(NamedTuple):
    """A page as somebody sees it: who (nobody if empty), where, and what they do there first."""

    name: str
    route: str
    path: str
    who: str = "agente"
    deed: Callable[[Page], None] | None = None


def visits(scene: Scene) -> list[Visit]:
    """Every page in every state that looks different.

    What takes a long conversation or a full list is shown once: looking at a page costs by how much stands on it.
    """
    ticket = "GET /solicitudes/{number}"
    return [
        Visit("login", "GET /entrar", "/entrar", ""),
        Visit("login-wrong", "GET /entrar", "/entrar", "", _log_in_wrongly),
        Visit("code", "GET /entrar/codigo", "/entrar/codigo", "nora.paz"),
        Visit("list", "GET /", "/"),
        Visit("list-filtered", "GET /", "/?estado=assigned&orden=actividad"),
        Visit("list-searched", "GET /", "/?buscar=maria"),
        Visit("list-empty", "GET /", "/?buscar=nadadenada"),
        Visit("list-view-refused", "GET /", "/?mias=si&aviso=too_long"),
        Visit("list-keys", "GET /", "/?mias=si", deed=_open_keys),
        Visit("ticket-open", ticket, f"/solicitudes/{scene.open}"),
        Visit("ticket-held", ticket, f"/solicitudes/{scene.held}"),
        Visit("ticket-picker", ticket, f"/solicitudes/{scene.closed}", deed=_open_picker),
        Visit("ticket-correcting", ticket, f"/solicitudes/{scene.closed}", deed=_correct_wrongly),
        Visit("ticket-refused", ticket, f"/solicitudes/{scene.closed}", deed=_reply_without_words),
        Visit("ticket-unfolded", ticket, f"/solicitudes/{scene.held}", deed=_unfold),
        Visit("ticket-of-another", ticket, f"/solicitudes/{scene.others}"),
        Visit("ticket-closed", ticket, f"/solicitudes/{scene.closed}"),
        Visit("ticket-resolved", ticket, f"/solicitudes/{scene.rated}"),
        Visit("replies", "GET /respuestas", "/respuestas"),
        Visit("reply", "GET /respuestas/{shortcut}", "/respuestas/saludo"),
        Visit("labels", "GET /etiquetas", "/etiquetas"),
        Visit("people", "GET /personas", "/personas"),
        Visit("people-refused", "GET /personas", "/personas", deed=_add_nobody),
        Visit("person", "GET /personas/{username}", "/personas/laura.rios"),
        *(Visit(f"report-{name}", "GET /informes/{report}", f"/informes/{name}") for name in REPORTS),
        Visit("report-refused", "GET /informes/{report}", "/informes/resumen?desde=2026-02-31&hasta=2026-01-01"),
        Visit("exports", "GET /exportaciones", "/exportaciones?estado=open"),
        Visit("export", "GET /exportaciones/{export}", f"/exportaciones/{scene.export}"),
        Visit("blocked", "GET /bloqueados", "/bloqueados"),
        Visit("privacy", "GET /privacidad", "/privacidad"),
        Visit("customer", "GET /clientes/{contact}", f"/clientes/{scene.person}"),
        Visit("trail", "GET /registro", "/registro"),
        Visit("trail-empty", "GET /registro", "/registro?dia=2001-01-01"),
        Visit("account", "GET /cuenta", "/cuenta"),
        Visit("factor", "GET /cuenta/segundo-factor", "/cuenta/segundo-factor"),
        Visit("factor-begun", "GET /cuenta/segundo-factor", "/cuenta/segundo-factor", "sara.pardo", _begin_factor),
        Visit("keys", "GET /atajos", "/atajos"),
        Visit("error-absent", ticket, "/solicitudes/SF-999999"),
        Visit("error-right", "GET /personas", "/personas", "sara.pardo"),
    ]


def unvisited(some: list[Visit], routes: Mapping[str, object] | frozenset[str] = ROUTES) -> set[str]:
    """Pages of the table that no visit goes to."""
    return set(routes) - {visit.route for visit in some}


def _log_in_wrongly(page: Page) -> None:
    page.get_by_label("Usuario").fill("nadie")
    page.get_by_label("Contraseña").fill("no es esta")
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_role("alert")).to_be_visible()


def _open_keys(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def _open_picker(page: Page) -> None:
    page.get_by_role("button", name="Respuesta rápida").click()
    expect(page.locator("#picker-list").get_by_role("option").first).to_be_visible()


def _correct_wrongly(page: Page) -> None:
    page.get_by_text("Corregir Correo").click()
    value = page.locator("details[open] input[name=value]")
    value.fill("maria@gmial.com")
    value.press("Enter")  # a button may be redrawn by live news between the press and the release of a click
    expect(page.locator("details[open] .notice")).to_be_visible()


def _reply_without_words(page: Page) -> None:
    page.get_by_role("button", name="Avisar").click()
    expect(page.get_by_role("alert")).to_be_visible()


def _unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")


def _add_nobody(page: Page) -> None:
    page.get_by_label("Nombre").first.fill("Ñ")
    page.get_by_label("Usuario").fill("laura.rios")
    page.get_by_role("button", name="Agregar").click()
    expect(page.get_by_role("alert")).to_be_visible()


def _begin_factor(page: Page) -> None:
    begin = page.get_by_role("button", name="Activar").or_(page.get_by_role("button", name="Empezar")).first
    if begin.is_visible():
        begin.click()
    expect(page.locator("img").last).to_be_visible()
