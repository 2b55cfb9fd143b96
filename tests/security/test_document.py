"""docs/security.md names tests: they are there."""

import re

import pytest

from bot.settings import ROOT

_TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
_NAMED = sorted(set(re.findall(r"`((?:[\w/]+/)?test_[\w*]+\.py)(?:::(\w+)…?)?`", _TEXT)))


@pytest.mark.parametrize(("file", "test"), _NAMED)
def test_a_test_that_the_document_names_is_there(file: str, test: str) -> None:
    place = file.replace("console/", "web/console/", 1) if file.startswith("console/") else file
    found = list((ROOT / "tests").glob(place))
    assert found
    assert any(f"def {test}" in path.read_text(encoding="utf-8") for path in found) or not test


def test_the_document_names_tests() -> None:
    assert len(_NAMED) > 20
