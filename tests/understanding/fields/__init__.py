"""The words of the product, as the tests of menus, commands and fields use them."""

from pathlib import Path
from typing import Any

import yaml

FLOWS = Path(__file__).parents[3] / "flows"
CASES = Path(__file__).parent


def load_vocabulary() -> dict[str, Any]:
    """File stem → data of `flows/vocabulary/`, read anew so that a test may change it."""
    return {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in (FLOWS / "vocabulary").glob("*.yaml")}
