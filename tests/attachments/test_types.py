"""A file is what its bytes say. The table knows the types of WhatsApp and no other."""

import pytest

from bot.attachments.types import LARGEST, TYPES, found_type
from tests.attachments.samples import FILES, NO_TYPE, POLYGLOTS


@pytest.mark.parametrize("extension", FILES)
def test_every_type_is_told_by_its_bytes(extension: str) -> None:
    kind = found_type(FILES[extension])
    assert kind is not None
    assert (kind.extension, TYPES[kind.content_type]) == (extension, kind)


def test_there_is_a_sample_of_every_type() -> None:
    assert {kind.extension for kind in TYPES.values()} == set(FILES)


@pytest.mark.parametrize("name", NO_TYPE)
def test_everything_else_is_of_no_type(name: str) -> None:
    assert found_type(NO_TYPE[name]) is None


@pytest.mark.parametrize("name", POLYGLOTS)
def test_a_file_that_is_two_things_is_the_harmless_one(name: str) -> None:
    content, extension = POLYGLOTS[name]
    kind = found_type(content)
    assert kind is not None
    assert kind.extension == extension


def test_no_type_is_one_that_browsers_run_and_none_is_sent_larger_than_whatsapp_takes() -> None:
    runs = {"text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/xml", "text/javascript", "text/plain"}
    assert not runs & set(TYPES)
    images = {kind.extension: kind.largest_sent // 2**20 for kind in TYPES.values() if kind.is_image}
    assert images == {"jpg": 5, "png": 5, "webp": 0}
    assert all(kind.largest_sent <= LARGEST for kind in TYPES.values())
