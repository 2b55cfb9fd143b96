"""Pictures of every page, for the documentation: `python -m tests.browser.screenshots`, some minutes, into docs/screens.

Each page as a desktop shows it in light and in dark, and as a phone does; reduced to 24 colours, so that all of them stay small.
"""

import io
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import NAMES
from tests.browser.desk import PHONE, WIDE, desk_in, open_page
from tests.browser.pages import Visit, visits
from tests.browser.scene import half_logged_in, set_up

FOLDER = Path(__file__).parents[2] / "docs" / "screens"
MOST_BYTES = 3_000_000
_COLOURS = 24
_LOOKS = (("light", WIDE, "light"), ("dark", WIDE, "dark"), ("phone", PHONE, "light"))
#: What looks like one of the others says nothing more in a picture.
_LEFT_OUT = (
    "list-view-refused",
    "list-filtered",
    "list-searched",
    "report-refused",
    "people-refused",
    "report-calificaciones-",
    "report-casos",
    "report-bot-casos",
)


def take_all(folder: Path, only: str = "") -> int:
    """Write the pictures of all pages whose name begins with `only`; returns how many bytes the folder holds."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        desk = stack.enter_context(desk_in(Path(stack.enter_context(TemporaryDirectory()))))
        half_logged_in(desk)
        scene = set_up(desk)
        playwright = stack.enter_context(sync_playwright())
        path = next(found for name in NAMES if (found := shutil.which(name)))
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--lang=es-CO"], env={"LANGUAGE": "es_CO", "LANG": "es_CO.UTF-8"}
        )
        for who in ("agente", "sara.pardo", "nora.paz", ""):
            context = stack.enter_context(desk.seat(browser, who))
            for visit in visits(scene):
                if visit.who == who and visit.name.startswith(only) and not visit.name.startswith(_LEFT_OUT):
                    page = open_page(context, visit.path)
                    _take(page, visit, folder)
                    page.close()
        browser.close()
    return sum(file.stat().st_size for file in folder.glob("*.png"))


def _take(page: Page, visit: Visit, folder: Path) -> None:
    if visit.deed:
        visit.deed(page)
    for name, size, scheme in _LOOKS:
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.wait_for_timeout(150)
        (folder / f"{visit.name}-{name}.png").write_bytes(reduced(page.screenshot()))


def reduced(picture: bytes) -> bytes:
    """The same PNG with a palette."""
    file = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()


def main() -> int:
    """Take them. The exit code: 1 if they came out too large."""
    written = take_all(FOLDER, *sys.argv[1:2])
    print(f"{FOLDER}: {written / 1e6:.1f} MB")
    return int(written > MOST_BYTES)


if __name__ == "__main__":
    sys.exit(main())
