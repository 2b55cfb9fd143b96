"""A real Chromium, if this machine has one. With REQUIRE_BROWSER=1 a machine without one fails instead of skipping."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.demo.process import Demo, demo

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """For this folder: as long as it is open, no other event loop can run in the main thread."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        why = f"none of {', '.join(NAMES)} is on the PATH"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(why)
        pytest.skip(why)
    # Chromium's sandbox does not run under root.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("demo") / "data") as started:
        yield started


@pytest.fixture
def page(browser: Browser, running: Demo) -> Iterator[Page]:
    """A window of a desktop, in Spanish. Whatever the browser complains about fails the test."""
    with browser.new_context(
        base_url=running.address, locale="es-CO", viewport={"width": 1360, "height": 860}, reduced_motion="reduce"
    ) as context:
        context.set_default_timeout(20_000)
        complaints: list[str] = []

        def listen(message: ConsoleMessage) -> None:
            # ERR_FAILED is what a test gets that breaks a connection itself.
            if message.type in {"error", "warning"} and "net::ERR_FAILED" not in message.text:
                complaints.append(message.text)

        opened = context.new_page()
        opened.on("console", listen)
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        yield opened
        opened.close()
    assert complaints == []


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures are kept: the folder that SCREENSHOTS names, or a temporary one."""
    chosen = os.environ.get("SCREENSHOTS")
    folder = Path(chosen) if chosen else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
