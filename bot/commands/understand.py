"""Understand lines of text as the bot does: questions, menu answers, fields, or what must be masked.

Reads JSON lines from standard input ({"text": …}, for fields also {"field": …}, for redaction {"context": previous message}) and
writes one JSON line for each, in order.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.engine.flow import Flow
from bot.flows import our_flow
from bot.settings import Settings
from bot.understanding.fields import SPANISH_NAMES
from bot.understanding.fields.base import Accepted, Context, Refused
from bot.understanding.menu import choose
from bot.understanding.questions import understand
from bot.understanding.redaction import redact

Line = dict[str, Any]
Answer = Callable[[Line], Line]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="question|menu|field|redact")
    questions = kinds.add_parser("question", help='{"text"} → {"intents"}')
    menu = kinds.add_parser("menu", help='{"text"} → {"choice": number, command or null}')
    menu.add_argument("--options", type=Path, help="file with the menu's labels, one a line (default: the documented answers)")
    fields = kinds.add_parser("field", help='{"field", "text"} → {"valid", "normalized"}')
    fields.add_argument(
        "--now", type=datetime.fromisoformat, help="the time to reckon from, as 2026-11-23T10:00:00-05:00 (default: now)"
    )
    redaction = kinds.add_parser("redact", help='{"text", "context"} → {"text"}')
    for kind in (questions, menu, fields, redaction):
        kind.add_argument("--explain", action="store_true", help="add the reasons")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Answer every line."""
    del settings
    flow = our_flow()
    now = getattr(arguments, "now", None) or datetime.now(UTC)
    file = getattr(arguments, "options", None)
    answer = answerer(arguments.kind, flow, _labels(file, flow), now if now.tzinfo is not None else now.replace(tzinfo=flow.zone))
    for number, text in enumerate(sys.stdin, 1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
            found = answer(line)
        except (ValueError, KeyError, TypeError) as error:
            print(f"line {number} cannot be read: {type(error).__name__}: {error}", file=sys.stderr)
            return 1
        if not arguments.explain:
            found.pop("why", None)
        print(json.dumps(found, ensure_ascii=False))
    return 0


def answerer(kind: str, flow: Flow, labels: list[str], now: datetime) -> Answer:
    """What answers a line of this kind (question, menu, field, redact); its reasons stand under `why`."""
    match kind:
        case "question":
            return lambda line: _question(line, flow)
        case "menu":
            return lambda line: _menu(line, labels, flow)
        case "field":
            return lambda line: _field(line, now, flow)
        case _:
            return lambda line: _redact(line, flow)


def _question(line: Line, flow: Flow) -> Line:
    found = understand(line["text"], flow.vocabulary.questions)
    why = {"reasons": [str(reason) for reason in found.reasons], "candidates": list(found.candidates), "gap": found.gap}
    return {"intents": list(found.intents), "why": why}


def _menu(line: Line, labels: list[str], flow: Flow) -> Line:
    chosen = choose(line["text"], labels, flow.vocabulary.menu)
    option = chosen.option
    return {"choice": option if option is None or isinstance(option, int) else option.value, "why": chosen.reason}


def _field(line: Line, now: datetime, flow: Flow) -> Line:
    name = str(line["field"])
    kind = SPANISH_NAMES.get(name, name)
    # Fields see what the inbox lets through: secrets are masked before anything is read.
    text = redact(line["text"], flow.vocabulary.secrets).text if kind == "detail" else line["text"]
    match flow.vocabulary.fields[kind](text, Context(now=now, own_phone=line.get("phone", ""))):
        case Accepted() as accepted:
            return {
                "valid": True,
                "normalized": accepted.value,
                "why": {"note": accepted.note, "suggestion": accepted.suggestion},
            }
        case Refused() as refused:
            return {"valid": False, "normalized": None, "why": {**asdict(refused), "said": flow.refusal(refused)}}


def _redact(line: Line, flow: Flow) -> Line:
    found = redact(line["text"], flow.vocabulary.secrets, line.get("context") or "")
    return {"text": found.text, "why": {"reasons": list(found.reasons), "awaits": found.awaits}}


def _labels(file: Path | None, flow: Flow) -> list[str]:
    lines: Iterable[str] = file.read_text(encoding="utf-8").splitlines() if file else [case.label for case in flow.cases.values()]
    return [line for line in lines if line.strip()]
