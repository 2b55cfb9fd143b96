"""WCAG 2.2 AA on every page of the console: axe-core, and what axe-core cannot see: the keyboard's way, sizes, small screens."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.desk import PHONE, WIDE, Desk, desk_in, open_page
from tests.browser.pages import ROUTES, Visit, unvisited, visits
from tests.browser.scene import Scene, half_logged_in, set_up

_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: Whether words can be read on their ground is all that the colours change.
_EVERYTHING = {"runOnly": {"type": "tag", "values": _AA}, "rules": {"target-size": {"enabled": True}}}
_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


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
    page = open_page(seats[visit.who], visit.path)
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
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


def test_no_page_violates_a_rule_in_light_in_dark_or_on_a_phone(seats: dict[str, BrowserContext], scene: Scene) -> None:
    found: dict[str, list[str]] = {}
    for visit in visits(scene):
        page = come(seats, visit)
        found[visit.name] = violations(page, _EVERYTHING)
        page.emulate_media(color_scheme="dark")
        found[f"{visit.name}, dark"] = violations(page, _COLOURS)
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        found[f"{visit.name}, phone, dark"] = violations(page, _EVERYTHING)
        page.emulate_media(color_scheme="light")
        found[f"{visit.name}, phone"] = violations(page, _COLOURS)
        page.close()
    assert {name: some for name, some in found.items() if some} == {}
