"""Cases of node types: `nodes/<type>.yaml`, one file for each type, as anybody who writes flows can read and write them.

- nodes: …                  # as an author writes them; they stand in `small_flow`, whose option 1 leads to `prueba`
  cases:
    - shows: A sentence that says what the case shows.
      at: prueba            # where the conversation stands
      before: {answers: {nombre: Ana}, consent: "1", attachments: 2, …}     # what it remembers
      now: 2026-11-23 10:00 # on the customer's clock, America/Bogota
      phone: "+573005550142"
      tickets: [[SF-000001, Ingreso, open, 2026-11-20 09:00]]
      says: hola            # or {button: [id, label]}, {image: true}, … as in transcripts
      bot: [fragments, of, the, answer]        # in this order; [] means that the bot says nothing
      never: [what must not be said]
      then: fin             # where the conversation stands after
      answers: {nombre: Ana}                   # the whole draft after
      after: {misses: 1}    # what else it remembers
      opens: {category: …, fields: {name: [label, value]}, …}               # the ticket; otherwise there is none
      consents: {given: true, …}               # the recorded consent, or none
      rates: 5              # the recorded stars, or none
      comments: text        # the recorded comment, or none
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from bot.engine.conversation import Conversation, Suggestion
from bot.engine.effects import TICKET, OpenTicket, RecordComment, RecordConsent, RecordRating, Say
from bot.engine.flow import Flow
from bot.engine.inputs import Media
from bot.engine.step import Step, step
from bot.engine.turn import Circumstances, TicketSummary
from tests.conversations.transcript import ZONE, message
from tests.engine import world

HERE = Path(__file__).parent
FOLDER = HERE / "nodes"


@dataclass(frozen=True)
class Group:
    """Some nodes and the cases that are played with them."""

    nodes: dict[str, Any]
    cases: list[dict[str, Any]]


def groups(node_type: str) -> list[Group]:
    """What the file of a type holds. Raises FileNotFoundError for a type without one."""
    text = (FOLDER / f"{node_type}.yaml").read_text(encoding="utf-8")
    return TypeAdapter(list[Group]).validate_python(yaml.safe_load(text))


def small_flow(nodes: Mapping[str, Any]) -> Flow:
    """The smallest complete flow, with these nodes in it. Words, phrases, refusals and hours are the real ones."""
    menus = yaml.safe_load((HERE / "small_flow" / "menus.yaml").read_text(encoding="utf-8"))
    menus["nodes"] |= nodes
    real = {name: text for name, text in world.files().items() if name in ("phrases.yaml", "refusals.yaml", "hours.yaml")}
    return world.load(
        {
            **world.word_files(),
            **real,
            "menus.yaml": yaml.safe_dump(menus, allow_unicode=True),
            "forms.yaml": (HERE / "small_flow" / "forms.yaml").read_text(encoding="utf-8"),
        }
    )


def conversation(case: Mapping[str, Any]) -> Conversation:
    """The conversation that a case begins with."""
    before = dict(case.get("before", {}))
    if "suggestion" in before:
        before["suggestion"] = Suggestion(**before["suggestion"])
    before["attachments"] = tuple(Media(f"https://media.invalid/{n}", "image/png") for n in range(before.get("attachments", 0)))
    lists = {name: tuple(value) for name, value in before.items() if isinstance(value, list)}
    return Conversation(node=case.get("at", "prueba"), **{**before, **lists})


def play(case: Mapping[str, Any], flow: Flow) -> Step:
    """One step, as the case says."""
    tickets = [
        TicketSummary(
            number,
            category,
            status,
            _moment(at),
            _moment(at) if status == "resolved" else None,
            answer_due=_moment(due[0]) if due else None,
        )
        for number, category, status, at, *due in case.get("tickets", ())
    ]
    circumstances = Circumstances(
        now=_moment(case.get("now", "2026-11-23 10:00")), phone=case.get("phone", "+573005550142"), tickets=lambda: tickets
    )
    return step(flow, conversation(case), message(case["says"]), circumstances)


def compare(case: Mapping[str, Any], done: Step) -> None:
    """Everything that the case expects, and nothing else that matters: no ticket and no consent that it does not tell of."""
    said = "\n\n".join(effect.text for effect in done.effects if isinstance(effect, Say)).replace(TICKET, "SF-000001")
    _compare_said(case, said)
    after = done.conversation
    if "then" in case:
        assert after.node == case["then"], f"stands at {after.node}, having said:\n{said}"
    if "answers" in case:
        assert after.answers == case["answers"]
    remembered = {**asdict(after), "attachments": len(after.attachments), "answered": list(after.answered)}
    for name, value in case.get("after", {}).items():
        assert remembered[name] == value, name
    _compare_ticket(case, [effect for effect in done.effects if isinstance(effect, OpenTicket)], after.node)
    assert [effect.stars for effect in done.effects if isinstance(effect, RecordRating)] == _listed(case, "rates")
    assert [effect.text for effect in done.effects if isinstance(effect, RecordComment)] == _listed(case, "comments")
    _compare_consent(case, [effect for effect in done.effects if isinstance(effect, RecordConsent)])


def _listed(case: Mapping[str, Any], key: str) -> list[Any]:
    return [case[key]] if key in case else []


def _compare_said(case: Mapping[str, Any], said: str) -> None:
    if case.get("bot") == []:
        assert said == ""
    at = 0
    for fragment in case.get("bot", ()):
        found = said.find(fragment, at)
        assert found >= 0, f"should say {fragment!r}, but says:\n{said}"
        at = found + len(fragment)
    for fragment in case.get("never", ()):
        assert fragment not in said


def _compare_ticket(case: Mapping[str, Any], opened: list[OpenTicket], node: str) -> None:
    if "opens" in case:
        [ticket] = opened
        told = {**vars(ticket), "attachments": len(ticket.attachments)}
        told["fields"] = {field.name: [field.label, field.value] for field in ticket.fields}
        assert {name: told[name] for name in case["opens"]} == case["opens"]
    elif "SF-000001" not in str(case.get("bot")):
        assert opened == [], f"opens a ticket on the way to {node}"


def _compare_consent(case: Mapping[str, Any], recorded: list[RecordConsent]) -> None:
    if isinstance(case.get("consents"), dict):
        [consent] = recorded
        assert {name: getattr(consent, name) for name in case["consents"]} == case["consents"]
    else:
        assert recorded == []


def parameters(node_types: Iterable[str]) -> list[Any]:
    """Every case of these types for pytest, each with its nodes."""
    return [
        pytest.param(group.nodes, case, id=f"{node_type}: {case['shows']}")
        for node_type in node_types
        for group in groups(node_type)
        for case in group.cases
    ]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)
