"""Recorded floors: a figure may rise; it may not fall unseen. `python -m tests.understanding.scores --misses` shows the rows."""

import json

import pytest
import yaml

from bot.understanding.folding import fold
from tests.understanding.scores import HERE, SORTS, rows, score

#: What was measured, rounded down (up, where less is better).
FLOORS: dict[tuple[str, str], dict[str, float]] = {
    ("question", "dev"): {
        "right": 0.97,
        "wrong case": 0.01,
        "false out of scope": 0.02,
        "false near miss": 0.02,
        "unclear answered": 0.02,
        "unclear asked back": 0.95,
        "both of two": 0.87,
    },
    ("question", "tuned"): {
        "right": 0.98,
        "wrong case": 0.01,
        "false out of scope": 0.01,
        "false near miss": 0.01,
        "unclear answered": 0.01,
        "unclear asked back": 0.98,
        "both of two": 0.93,
    },
    ("question", "aside"): {
        "right": 0.93,
        "wrong case": 0.01,
        "false out of scope": 0.03,
        "false near miss": 0.02,
        "unclear answered": 0.01,
        "unclear asked back": 0.95,
        "both of two": 0.82,
    },
    ("menu", "dev"): {"matched": 0.98, "false": 0.0},
    ("menu", "holdout"): {"matched": 0.98, "false": 0.03},
    ("field", "dev"): {"right": 0.98},
    ("redact", "dev"): {"masked": 0.98, "touched": 0.01},
    ("redact", "tuned"): {"masked": 0.98, "touched": 0.01},
    ("redact", "aside"): {"masked": 0.95, "touched": 0.01},
}


@pytest.mark.parametrize(("sort", "name"), FLOORS, ids=lambda part: part)
def test_figures_stay_above_their_floors(sort: str, name: str) -> None:
    if not all(file.exists() for file in SORTS[sort].sets[name]):
        pytest.skip(f"the set {SORTS[sort].sets[name][0].name} is not beside this repository")
    scored = score(sort, name)
    least = SORTS[sort].least
    fallen = {
        figure: share
        for figure, share in scored.figures.items()
        if (share > FLOORS[sort, name][figure] if figure in least else share < FLOORS[sort, name][figure])
    }
    assert not fallen, f"{fallen}\n" + "\n".join(scored.misses)


def test_every_set_has_its_floors() -> None:
    assert set(FLOORS) == {(sort, name) for sort, of_sort in SORTS.items() for name in of_sort.sets}


@pytest.mark.parametrize(("sort", "least"), [("question", 300), ("redact", 200)])
def test_sets_aside_are_large_enough_and_share_no_line_with_the_tuned_ones(sort: str, least: int) -> None:
    sets = SORTS[sort].sets
    tuned, aside = ({fold(row["text"]) for row in rows(sets[name]) if row.get("secrets", True)} for name in ("tuned", "aside"))
    assert len(rows(sets["aside"])) >= least
    assert not tuned & aside


def test_no_line_set_aside_stands_among_the_examples_of_the_flows() -> None:
    aside = {fold(row["text"]) for row in rows(SORTS["question"].sets["aside"])}
    flows = (HERE.parents[1] / "flows" / "understanding").glob("*.yaml")
    files = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in flows]
    examples = {fold(sentence) for file in files for sentence in file.get("examples", ())}
    assert len(examples) > 1_000
    assert not aside & examples


def test_the_labels_of_secrets_are_sound() -> None:
    for name in ("tuned", "aside"):
        lines = rows(SORTS["redact"].sets[name])
        assert all(secret in row["text"] for row in lines for secret in row["secrets"])
        assert len({json.dumps(row, sort_keys=True) for row in lines}) == len(lines)
