"""WCAG 2.2 AA on every page of the console: axe-core, and what axe-core cannot see: the keyboard's way, sizes, small screens."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.desk import NARROWEST, PHONE, WIDE, Desk, desk_in, open_page
from tests.browser.pages import ROUTES, Visit, unvisited, visits
from tests.browser.scene import INES, Scene, half_logged_in, set_up

_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: Whether words can be read on their ground is all that the colours change.
_EVERYTHING = {"runOnly": {"type": "tag", "values": _AA}, "rules": {"target-size": {"enabled": True}}}
_LOOKS = {"runOnly": {"type": "rule", "values": ["color-contrast", "target-size", "scrollable-region-focusable"]}}
#: Everything that can be worked, in the order of the page; of radio buttons with one name the chosen one.
_NUMBERED = """() => {
  const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')].filter((one) =>
    one.checkVisibility({ visibilityProperty: true }) && one.tabIndex >= 0 && !one.disabled && one.type !== 'hidden' &&
    !one.closest('details:not([open]) > :not(summary:first-child)') && (one.type !== 'radio' || one.checked));
  all.forEach((one, at) => { one.dataset.at = at; });
  return all.length;
}"""
_FOCUSED = """() => {
  const one = document.activeElement;
  const box = one.getBoundingClientRect();
  const isOn = box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  const isDrawn = [null, '::after'].some((part) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(one, part);
    return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
  });
  return [Number(one.dataset.at ?? -1), isOn && isDrawn, one.outerHTML.slice(0, 120)];
}"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk_in(tmp_path_factory.mktemp("desk")) as started:
        yield started


@pytest.fixture(scope="module")
def scene(desk: Desk) -> Scene:
    half_logged_in(desk)
    return set_up(desk)


@pytest.fixture(scope="module")
def seats(browser: Browser, desk: Desk, scene: Scene) -> Iterator[dict[str, BrowserContext]]:
    """A browser for each of those who look at pages."""
    with ExitStack() as stack:
        people = ("agente", "sara.pardo", "nora.paz", "")
        yield {who: stack.enter_context(desk.seat(browser, who)) for who in people}


def come(seats: dict[str, BrowserContext], visit: Visit) -> Page:
    """A page as it is visited, in the one tab of who visits it."""
    seat = seats[visit.who]
    page = seat.pages[0] if seat.pages else seat.new_page()
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="light")
    page.goto(f"/consola{visit.path}")
    if visit.deed:
        visit.deed(page)
    return page


def violations(page: Page, options: dict[str, Any]) -> list[str]:
    """What axe-core objects to: the rule, and where."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("(options) => axe.run(document, options)", {**options, "resultTypes": ["violations"]})
    return [f"{one['id']}: {node['target']} {node['html'][:160]}" for one in found["violations"] for node in one["nodes"]]


def test_every_page_of_the_table_is_visited(scene: Scene) -> None:
    assert unvisited(visits(scene)) == set()
    assert unvisited(visits(scene), ROUTES | {"GET /nueva"}) == {"GET /nueva"}


@pytest.mark.timeout(400)
def test_no_page_violates_a_rule_in_light_in_dark_or_on_a_phone(seats: dict[str, BrowserContext], scene: Scene) -> None:
    found: dict[str, list[str]] = {}
    for visit in visits(scene):
        page = come(seats, visit)
        found[visit.name] = violations(page, _EVERYTHING)
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        found[f"{visit.name}, phone, dark"] = violations(page, _LOOKS)
        for size in (PHONE, NARROWEST):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            wide = page.evaluate("document.documentElement.scrollWidth")
            found[f"{visit.name}, {size['width']} wide"] = [f"scrolls to {wide}"] if wide > size["width"] else []
    assert {name: some for name, some in found.items() if some} == {}


def test_axe_sees_what_is_wrong(seats: dict[str, BrowserContext]) -> None:
    page = open_page(seats["agente"], "/")
    page.evaluate("document.getElementById('buscar').closest('label').replaceWith(document.getElementById('buscar'))")
    page.evaluate("document.querySelector('h1').style.setProperty('color', '#eeeeee')")
    page.evaluate("document.getElementById('buscar').removeAttribute('placeholder')")
    seen = {one.partition(":")[0] for one in violations(page, _EVERYTHING)}
    page.close()
    assert {"label", "color-contrast"} <= seen


@pytest.mark.parametrize("name", ["login", "list", "ticket-held", "exports", "account"])
def test_the_tab_key_comes_to_everything_in_order_and_shows_where_it_is(
    seats: dict[str, BrowserContext], scene: Scene, name: str
) -> None:
    for seat in seats.values():
        seat.route("**/vivo", lambda route: route.abort())  # what has a number here is not renewed
    page = come(seats, next(visit for visit in visits(scene) if visit.name == name))
    page.evaluate("document.body.tabIndex = -1; document.body.focus()")
    count = page.evaluate(_NUMBERED)
    reached: list[int] = []
    hidden = []
    for _ in range(3 * count):
        page.keyboard.press("Tab")
        at, is_seen, what = page.evaluate(_FOCUSED)
        if reached and at == reached[-1]:
            continue  # the day, the month, and the year of a date
        if at < 0 or at in reached:
            break
        reached.append(at)
        hidden += [] if is_seen else [what]
    page.close()
    for seat in seats.values():
        seat.unroute("**/vivo")
    assert reached == list(range(count))
    assert hidden == []


@pytest.mark.parametrize("size", [(1280, 720), (1440, 900)], ids=str)
def test_a_desk_shows_the_end_of_the_conversation_and_the_box_at_once(
    seats: dict[str, BrowserContext], scene: Scene, size: tuple[int, int]
) -> None:
    page = open_page(seats["agente"], f"/solicitudes/{scene.held}")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    assert page.evaluate("document.documentElement.scrollHeight") == size[1]
    send = page.get_by_role("button", name="Enviar", exact=True)
    for shown in (page.locator(".bubble").last, send, page.get_by_label("Etiqueta", exact=True)):
        expect(shown).to_be_in_viewport(ratio=1)
    room = page.locator(".talk-scroll").bounding_box()
    page.close()
    assert room is not None
    assert room["height"] > size[1] * 0.35


def test_a_phone_has_the_menu_in_one_row_without_a_script(desk: Desk, browser: Browser, scene: Scene) -> None:
    with desk.seat(browser, "agente", viewport=PHONE, java_script_enabled=False) as seat:
        page = open_page(seat, f"/solicitudes/{scene.held}")
        bar = page.locator(".bar").bounding_box()
        assert bar is not None
        assert bar["height"] < 64
        page.get_by_role("button", name="Menú").click()
        page.get_by_role("navigation", name="Principal").get_by_role("link", name="Solicitudes").click()
        page.get_by_role("button", name="Filtros").click()
        page.get_by_label("Orden").select_option("antiguas")
        page.get_by_role("button", name="Aplicar filtros").click()
        assert page.url.endswith("orden=antiguas")


def test_news_are_announced_politely(desk: Desk, seats: dict[str, BrowserContext], scene: Scene) -> None:
    # One after the other: who has the ticket open reads what comes at once, and the list counts it no more.
    for path, news in (("/", "no leídas"), (f"/solicitudes/{scene.open}", "Último mensaje, del")):
        page = open_page(seats["agente"], path)
        page.wait_for_load_state("load")
        page.wait_for_timeout(1500)  # the stream has begun, and what it fetched first is there
        assert page.locator("[aria-live=assertive]").count() == 0
        desk.hear(INES, text="¿Hay alguien?")
        expect(page.get_by_role("status").and_(page.locator("#announcer"))).to_contain_text(news)
        page.close()
