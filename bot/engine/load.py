"""Flow files → Flow, or everything that is wrong with them at once. Reads no disk: `{file name: text}` comes in.

menus.yaml, cases/*.yaml     nodes
forms.yaml                   fields and forms, which become nodes
phrases.yaml, refusals.yaml  sentences that any node can need
hours.yaml                   business hours
vocabulary/, understanding/  how customers say things (compiled by `bot/understanding`)
"""

from collections import deque
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError
from transitions import Machine

from bot.engine import forms, sources
from bot.engine.checks import CHECKS, Draft
from bot.engine.flow import Flow, Roles, compile_machine
from bot.engine.hours import Hours
from bot.engine.nodes import NODES
from bot.engine.nodes.base import Node
from bot.engine.nodes.consent import Consent
from bot.engine.phrases import Phrases, check_phrases
from bot.engine.problems import BrokenFlow, FlowProblem
from bot.engine.sources import Path, Source
from bot.engine.texts import CalendarWords
from bot.engine.vocabulary import compile_vocabulary

_KEYS_OF_NODE_FILES = {"roles", "nodes"}


def load(files: Mapping[str, str], machine: type[Machine] = Machine) -> Flow:
    """Read, check and compile. Raises BrokenFlow with every problem found. `machine` may be a drawing one."""
    problems: list[FlowProblem] = []
    read = {name: sources.read(name, text, problems) for name, text in sorted(files.items())}
    for name in ("menus.yaml", "forms.yaml", "phrases.yaml", "refusals.yaml", "hours.yaml"):
        if name not in read:
            problems.append(FlowProblem(name, 0, "", "this file is missing", "restore it: the bot cannot do without it"))
            read[name] = Source(name, {})
    roles = _part(TypeAdapter(Roles), read["menus.yaml"], ("roles",), problems)
    nodes, places = _nodes(read, problems)
    phrases = _part(TypeAdapter(Phrases), read["phrases.yaml"], (), problems)
    refusals = _part(TypeAdapter(dict[str, str]), read["refusals.yaml"], ("refusals",), problems)
    hours = _part(TypeAdapter(Hours), read["hours.yaml"], (), problems)
    vocabulary = compile_vocabulary(read, problems)
    if phrases is not None:
        problems += check_phrases(phrases, read["phrases.yaml"])
    if roles is not None:
        problems += _roles_without_node(roles, nodes, read["menus.yaml"])
        for check in CHECKS:
            problems += check(Draft(roles, nodes, places))
    if problems or roles is None or phrases is None or refusals is None or hours is None or vocabulary is None:
        raise BrokenFlow(sorted(set(problems)))
    back = way_back(nodes, roles)
    return Flow(
        roles=roles,
        nodes=nodes,
        forms={name: name.split(".")[0] for name in nodes if isinstance(nodes.get(name.split(".")[0]), Consent)},
        back=back,
        phrases=phrases.phrases.model_dump(),
        statuses=phrases.statuses,
        refusals=refusals,
        calendar=CalendarWords(**phrases.calendar.model_dump()),
        hours=hours,
        vocabulary=vocabulary,
        machine=compile_machine(nodes, back, roles, machine),
    )


def way_back(nodes: Mapping[str, Node], roles: Roles) -> dict[str, str]:
    """Where `volver` leads from each node: the nearest node before it, on the shortest way from the start, that asks something.

    A consent that was given passes on by itself, so going back steps over it. The short cuts of a correction do not count.
    """
    before: dict[str, str] = {}
    queue = deque([(roles.start, "")])
    seen = {roles.start}
    while queue:
        name, asked_before = queue.popleft()
        if asked_before and nodes[name].waits:
            before[name] = asked_before
        here = name if nodes[name].waits and not isinstance(nodes[name], Consent) and name != roles.start else asked_before
        for trigger, target in nodes[name].leads_to().items():
            if target not in seen and not trigger.startswith("correct"):
                seen.add(target)
                queue.append((target, here))
    return before


def _nodes(read: Mapping[str, Source], problems: list[FlowProblem]) -> tuple[dict[str, Node], dict[str, tuple[Source, Path]]]:
    """Every node with the place it was written at; a name given twice is a problem."""
    written: dict[str, tuple[Any, Source, Path]] = {}
    for name, source in read.items():
        if name == "menus.yaml" or name.startswith("cases/"):
            for node, data in _written_nodes(source, problems).items():
                if node in written:
                    problems.append(
                        source.problem(
                            ("nodes", node), node, "this name is taken", f"see {written[node][1].file}; choose another"
                        )
                    )
                written[node] = (data, source, ("nodes", node))
    definition = _part(TypeAdapter(forms.Forms), read["forms.yaml"], (), problems)
    if definition is not None:
        source = read["forms.yaml"]
        problems += _unknown_fields(definition, source)
        for node, data in forms.expand(definition).items():
            form, _, field = node.partition(".")
            written[node] = (data, source, ("fields", field) if field in definition.fields else ("forms", form))
    nodes: dict[str, Node] = {}
    for node, (data, source, path) in written.items():
        made = _node(node, data, source, path, problems)
        if made is not None:
            nodes[node] = made
    return nodes, {node: (source, path) for node, (_, source, path) in written.items()}


def _written_nodes(source: Source, problems: list[FlowProblem]) -> dict[str, Any]:
    data = source.data if isinstance(source.data, dict) else {}
    problems += [
        source.problem((key,), str(key), "this key is not known here", "nodes stand under `nodes:`")
        for key in data
        if key not in _KEYS_OF_NODE_FILES
    ]
    nodes = data.get("nodes")
    if not isinstance(nodes, dict):
        problems.append(source.problem((), "", "there are no nodes", "write them under `nodes:`"))
        return {}
    return nodes


def _node(name: str, data: Any, source: Source, path: Path, problems: list[FlowProblem]) -> Node | None:
    kind = data.get("type") if isinstance(data, dict) else None
    if kind not in NODES:
        problems.append(source.problem((*path, "type"), name, f"unknown node type {kind!r}", f"there are: {', '.join(NODES)}"))
        return None
    try:
        return NODES[kind].model_validate(data)
    except ValidationError as error:
        problems += sources.describe(error, source, path, name)
        return None


def _part(adapter: TypeAdapter[Any], source: Source, path: Path, problems: list[FlowProblem]) -> Any:
    """A part of a file as the adapter's type, or None with the problems noted."""
    data = source.data
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    try:
        return adapter.validate_python({} if data is None else data)
    except ValidationError as error:
        problems += sources.describe(error, source, path, ".".join(str(key) for key in path))
        return None


def _unknown_fields(definition: forms.Forms, source: Source) -> list[FlowProblem]:
    return [
        source.problem(
            ("forms", name, "fields", number), name, f"there is no field {field!r}", f"there are: {', '.join(definition.fields)}"
        )
        for name, form in definition.forms.items()
        for number, field in enumerate(form.fields)
        if field not in definition.fields
    ]


def _roles_without_node(roles: Roles, nodes: Mapping[str, Node], source: Source) -> list[FlowProblem]:
    return [
        source.problem(("roles", role), role, f"leads to {name!r}, which is not there", "name a node that is there")
        for role, name in roles.model_dump().items()
        if name not in nodes
    ]
