"""Previews carry pixels and nothing else, and no image makes the product slow, large or dead."""

import io
import resource
import time

import pytest
from PIL import Image

from bot.attachments.preview import preview
from tests.attachments.samples import FILES, NO_TYPE, POLYGLOTS, SCRIPT, huge_png, image


def opened(content: bytes) -> Image.Image:
    made = Image.open(io.BytesIO(content))
    made.load()
    return made


@pytest.mark.parametrize("extension", ["jpg", "png", "webp"])
@pytest.mark.parametrize("size", [(4000, 3000), (300, 900), (1, 1)])
def test_an_image_gets_a_view_and_a_thumbnail_that_keep_its_shape(extension: str, size: tuple[int, int]) -> None:
    made = preview(image({"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}[extension], size))
    assert made is not None
    for content, side in ((made.view, 1600), (made.thumb, 360)):
        shown = opened(content)
        assert shown.format == "WEBP"
        assert max(shown.size) == min(side, max(size))
        assert abs(shown.width / shown.height - size[0] / size[1]) < 0.02


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_sort_of_pixels_is_understood(mode: str) -> None:
    made = preview(image("PNG", mode=mode))
    assert made is not None
    assert opened(made.thumb).mode == "RGB"


def test_what_is_transparent_stays_so() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (30, 20), (200, 0, 0, 90)).save(file, "PNG")
    made = preview(file.getvalue())
    assert made is not None
    assert opened(made.thumb).getchannel("A").getextrema() == (90, 90)


def test_exif_is_dropped_and_the_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # held on its side
    exif[0x8825] = {1: "N", 2: (4.0, 36.0, 0.0)}  # where it was taken
    exif[0x010F] = "maker-of-the-phone"
    content = image("JPEG", (400, 200), exif=exif, comment=SCRIPT, icc_profile=b"profile-of-the-phone")
    assert b"maker-of-the-phone" in content
    made = preview(content)
    assert made is not None
    shown = opened(made.view)
    assert shown.size == (200, 400)
    assert not shown.getexif()
    assert not {"exif", "icc_profile", "xmp"} & set(shown.info)
    for secret in (b"maker", b"script", b"profile"):
        assert secret not in made.view + made.thumb


@pytest.mark.parametrize("name", [name for name, (_, extension) in POLYGLOTS.items() if extension in {"jpg", "png"}])
def test_what_else_a_picture_is_does_not_come_along(name: str) -> None:
    made = preview(POLYGLOTS[name][0])
    assert made is not None
    for content in (made.view, made.thumb):
        assert SCRIPT not in content
        assert b"PK" not in content[:4]
        assert opened(content).format == "WEBP"


def test_a_small_file_of_too_many_pixels_is_left_alone_in_little_time_and_memory() -> None:
    bomb = huge_png(40_000, 40_000)
    assert len(bomb) < 500_000
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    began = time.monotonic()
    assert preview(bomb) is None
    assert time.monotonic() - began < 5
    # The high-water mark of all children so far, in kB: the bomb alone would be 200 MB as bits, 4.8 GB as colours.
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < max(before, 150_000) + 20_000


@pytest.mark.parametrize("name", ["nothing", "html", "svg", "gif", "almost a PNG"])
def test_what_is_no_image_gets_none(name: str) -> None:
    assert preview(NO_TYPE[name]) is None


@pytest.mark.parametrize("extension", ["jpg", "png", "webp"])
def test_a_broken_image_gets_none(extension: str) -> None:
    content = FILES[extension]
    assert preview(content[: len(content) // 2]) is None
    assert preview(content[:-40] + b"\xff" * 40) is None or extension != "png"


def test_other_formats_of_the_library_are_not_tried() -> None:
    for form in ("GIF", "BMP", "TIFF", "ICO", "PPM", "TGA", "PDF"):
        assert preview(image(form)) is None
