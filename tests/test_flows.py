"""Reading the flow from disk."""

import shutil
from pathlib import Path

import pytest

from bot.engine.problems import BrokenFlow
from bot.flows import FLOWS, read_flow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copied = tmp_path / "flows"
    shutil.copytree(FLOWS, copied)
    return copied


def test_the_flow_of_the_product_is_sound(folder: Path) -> None:
    assert read_flow(folder).start == "inicio"


def test_a_file_in_another_encoding_is_named_with_its_line(folder: Path) -> None:
    (folder / "hours.yaml").write_bytes("zone: America/Bogota\n# atención\n".encode("latin-1"))
    with pytest.raises(BrokenFlow, match=r"hours\.yaml:2: this is not UTF-8"):
        read_flow(folder)


def test_a_file_that_would_be_passed_over_is_named(folder: Path) -> None:
    (folder / "hours.yaml").rename(folder / "hours.yml")
    with pytest.raises(BrokenFlow, match=r"hours\.yml: this file is not read"):
        read_flow(folder)
