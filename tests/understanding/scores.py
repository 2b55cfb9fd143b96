"""How well the bot understands, over every labelled set: `python -m tests.understanding.scores [--misses]`.

Development sets lie beside the repository (`../shared/understanding`); those that are absent are left out, and said so.
Of our own sets, `aside` and `holdout` were written before the rules and no rule was made from them.
"""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from bot.commands.understand import answerer
from bot.engine.flow import Flow
from bot.flows import our_flow
from bot.understanding.folding import fold
from bot.understanding.questions import DOCUMENTED, OUTSIDE, UNCLEAR

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared" / "understanding"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("America/Bogota"))
#: The menu that the development set of menu answers was written for.
OPTIONS = [
    "Olvidé mi usuario",
    "Olvidé mi contraseña",
    "Soy nuevo y no me llegó usuario o clave",
    "Compré hace poco y aún no tengo usuario",
    "Cómo ingresar a Siigo",
]

Row = dict[str, Any]
#: For each name of a figure, whether one row counts for it, and whether it is met.
Marks = Iterator[tuple[str, bool]]


@dataclass(frozen=True)
class Scored:
    """Figures as shares of rows, and the rows that were not right."""

    figures: dict[str, float]
    misses: list[str]


def also_accepted(row: Row) -> set[str]:
    """Labels that a row's note allows beside the expected one: `alt=x,y`."""
    notes = [note.strip() for note in str(row.get("note", "")).split(";")]
    return {label for note in notes if note.startswith("alt=") for label in note[4:].split(",")}


def mark_question(row: Row, answer: Row) -> Marks:
    """Right answers, wrong cases, answers where none was due, questions asked back, both of two requests."""
    got, want, also = set(answer["intents"]), row["expected"], also_accepted(row)
    if isinstance(want, list):
        yield "both of two", set(want) <= got
    elif want == OUTSIDE:
        false = bool(got - {OUTSIDE, UNCLEAR} - also)
        yield "false out of scope", false
        if "near_miss" in str(row.get("note", "")):
            yield "false near miss", false
    elif want == UNCLEAR:
        yield "unclear answered", bool(got & set(DOCUMENTED) - also)
        yield "unclear asked back", got == {UNCLEAR} or got <= also
    else:
        right = got == {want} or got <= also | {want}
        yield "right", right
        yield "wrong case", bool(got & set(DOCUMENTED)) and not right


def mark_menu(row: Row, answer: Row) -> Marks:
    """Options and commands matched, and matches where nothing was chosen."""
    if row["expected"] is None:
        yield "false", answer["choice"] is not None
    else:
        yield "matched", answer["choice"] == row["expected"]


def mark_field(row: Row, answer: Row) -> Marks:
    """Accepted with the right value, or refused, as the row says."""
    alternatives = row.get("alt") or []
    wanted = [row["normalized"], *([alternatives] if isinstance(alternatives, str) else alternatives)]
    same = not row["valid"] or any(fold(str(answer["normalized"])) == fold(str(want)) for want in wanted)
    yield "right", answer["valid"] == row["valid"] and same


def mark_redaction(row: Row, answer: Row) -> Marks:
    """Secrets covered, and innocent lines touched."""
    if row["secrets"]:
        yield "masked", not any(secret in answer["text"] for secret in row["secrets"])
    else:
        yield "touched", answer["text"] != row["text"]


@dataclass(frozen=True)
class Sort:
    """One sort of understanding: how it is marked, and its labelled sets."""

    mark: Callable[[Row, Row], Marks]
    sets: dict[str, list[Path]]
    #: Figures of which less is better.
    least: frozenset[str]


SORTS = {
    "question": Sort(
        mark_question,
        {
            "dev": [SHARED / "questions_dev.jsonl"],
            "tuned": sorted((HERE / "questions" / "tuned").glob("*.jsonl")),
            "aside": sorted((HERE / "questions" / "aside").glob("*.jsonl")),
        },
        frozenset({"wrong case", "false out of scope", "false near miss", "unclear answered"}),
    ),
    "menu": Sort(
        mark_menu, {"dev": [SHARED / "menu_dev.jsonl"], "holdout": [HERE / "menu" / "holdout.yaml"]}, frozenset({"false"})
    ),
    "field": Sort(mark_field, {"dev": [SHARED / "fields_dev.jsonl"]}, frozenset()),
    "redact": Sort(
        mark_redaction,
        {
            "dev": [SHARED / "redact_dev.jsonl"],
            "tuned": [HERE / "redaction" / "tuned.jsonl"],
            "aside": [HERE / "redaction" / "aside.jsonl"],
        },
        frozenset({"touched"}),
    ),
}


@cache
def flow() -> Flow:
    """The flow as it stands."""
    return our_flow()


def rows(files: list[Path]) -> list[Row]:
    """The labelled rows of some files; menus of our own say their labels with each row."""
    found: list[Row] = []
    for file in files:
        if file.suffix == ".yaml":
            data = yaml.safe_load(file.read_text(encoding="utf-8"))
            found += [{"text": text, "expected": want, "labels": data["menus"][menu]} for menu, text, want in data["cases"]]
        else:
            found += [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return found


def score(sort: str, name: str) -> Scored:
    """Answer a set as `soporte understand` does, and mark it."""
    marks: dict[str, list[bool]] = {}
    misses = []
    for row in rows(SORTS[sort].sets[name]):
        answer = answerer(sort, flow(), row.get("labels", OPTIONS), NOW)(row)
        for figure, met in SORTS[sort].mark(row, answer):
            marks.setdefault(figure, []).append(met)
            if met == (figure in SORTS[sort].least):
                misses.append(f"{figure}: {row['text']!r} → {answer}")
    return Scored({figure: sum(met) / len(met) for figure, met in marks.items()}, misses)


def main() -> None:
    """Print every figure, and with --misses every row that was not right."""
    for sort, of_sort in SORTS.items():
        for name, files in of_sort.sets.items():
            if not all(file.exists() for file in files):
                print(f"{sort:9} {name:8} not here: {files[0].name}")
                continue
            scored = score(sort, name)
            figures = "  ".join(f"{figure} {share:.3f}" for figure, share in scored.figures.items())
            print(f"{sort:9} {name:8} {len(rows(files)):5} lines  {figures}")
            if "--misses" in sys.argv:
                print("\n".join(f"    {miss}" for miss in scored.misses))


if __name__ == "__main__":
    main()
