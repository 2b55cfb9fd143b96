"""Labelled lines: recorded floors, and the sets themselves.

`tuned.jsonl` was written while the rules were made; `aside.jsonl` before, and no rule was made from it. `python -m
tests.understanding.redaction.test_redaction_figures` prints the figures, with `--misses` the lines behind them.
"""

import json
import sys
from pathlib import Path
from typing import NamedTuple, TypedDict

import pytest

from bot.understanding.redaction import redact
from tests.understanding.test_redaction import SECRETS

_HERE = Path(__file__).parent
_DEV = _HERE.parents[3] / "shared" / "understanding" / "redact_dev.jsonl"
_SETS = {"dev": _DEV, "tuned": _HERE / "tuned.jsonl", "aside": _HERE / "aside.jsonl"}
#: least share of secrets covered, largest share of innocent lines touched
_FLOORS = {"dev": (0.98, 0.01), "tuned": (0.98, 0.01), "aside": (0.95, 0.01)}


class Row(TypedDict, total=False):
    text: str
    secrets: list[str]
    context: str
    note: str


class Figures(NamedTuple):
    covered: float
    touched: float
    misses: list[str]


def _rows(name: str) -> list[Row]:
    lines = _SETS[name].read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def _figures(rows: list[Row]) -> Figures:
    secret, touched, misses = 0, 0, []
    for row in rows:
        text = redact(row["text"], SECRETS, row.get("context", "")).text
        if row["secrets"] and any(one in text for one in row["secrets"]):
            secret += 1
        elif not row["secrets"] and text != row["text"]:
            touched += 1
        else:
            continue
        misses.append(f"{row['text']} -> {text}")
    with_secrets = sum(bool(row["secrets"]) for row in rows)
    return Figures(1 - secret / with_secrets, touched / (len(rows) - with_secrets), misses)


@pytest.mark.parametrize("name", list(_SETS))
def test_figures_stay_above_their_floors(name: str) -> None:
    if not _SETS[name].exists():
        pytest.skip(f"the shared set {_SETS[name].name} is not beside this repository")
    figures = _figures(_rows(name))
    covered, touched = _FLOORS[name]
    assert figures.covered >= covered, "\n".join(figures.misses)
    assert figures.touched <= touched, "\n".join(figures.misses)


@pytest.mark.parametrize(("name", "least"), [("tuned", 400), ("aside", 200)])
def test_labels_are_sound(name: str, least: int) -> None:
    rows = _rows(name)
    assert len(rows) >= least
    assert all(secret in row["text"] for row in rows for secret in row["secrets"])
    keys = [(row["text"], row.get("context")) for row in rows]
    assert len(set(keys)) == len(keys)


def test_sets_share_no_line() -> None:
    assert not {row["text"] for row in _rows("tuned") if row["secrets"]} & {row["text"] for row in _rows("aside")}


if __name__ == "__main__":
    for each, path in _SETS.items():
        if path.exists():
            result = _figures(_rows(each))
            print(each, round(result.covered, 4), round(result.touched, 4))
            print("\n".join(result.misses if "--misses" in sys.argv else []))
