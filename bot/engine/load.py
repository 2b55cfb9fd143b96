"""Flow files → Flow, or everything that is wrong with them at once. Reads no disk: `{file name: text}` comes in.

menus.yaml, cases/*.yaml     nodes
forms.yaml                   fields and forms, which become nodes
phrases.yaml, refusals.yaml  sentences that any node can need
hours.yaml                   business hours
vocabulary/, understanding/  how customers say things (compiled by `bot/understanding`)
"""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bot.engine import forms, sources
from bot.engine.checks import CHECKS, Draft
from bot.engine.flow import Flow, Roles, compile_machine
from bot.engine.hours import Hours
from bot.engine.nodes import NODES
from bot.engine.nodes.base import Node, NodeName, Text
from bot.engine.nodes.consent import Consent
from bot.engine.phrases import Phrases, check_hours, check_phrases, check_refusals
from bot.engine.problems import BrokenFlow, FlowProblem
from bot.engine.sources import Path, Place, Source
from bot.engine.texts import CalendarWords
from bot.engine.vocabulary import compile_vocabulary

_KEYS_OF_NODE_FILES = {"roles", "nodes"}


def load(files: Mapping[str, str]) -> Flow:
    """Read, check and compile. Raises BrokenFlow with every problem found."""
    problems: list[FlowProblem] = []
    read = {name: sources.read(name, text, problems) for name, text in sorted(files.items())}
    for name in ("menus.yaml", "forms.yaml", "phrases.yaml", "refusals.yaml", "hours.yaml"):
        if name not in read:
            problems.append(FlowProblem(name, 0, "", "this file is missing", "restore it: the bot cannot do without it"))
            read[name] = Source(name, {}, is_readable=False)
    roles = _part(TypeAdapter(Roles), read["menus.yaml"], ("roles",), problems)
    draft = _draft(read, problems)
    for check in CHECKS:
        problems += check(draft)
    phrases = _part(TypeAdapter(Phrases), read["phrases.yaml"], (), problems)
    refusals = _part(TypeAdapter(dict[str, Text]), read["refusals.yaml"], ("refusals",), problems)
    hours = _part(TypeAdapter(Hours), read["hours.yaml"], (), problems)
    vocabulary = compile_vocabulary(read, problems)
    if phrases is not None:
        problems += check_phrases(phrases, read["phrases.yaml"])
    if refusals is not None:
        problems += check_refusals(refusals, read["refusals.yaml"])
    if hours is not None:
        problems += check_hours(hours, read["hours.yaml"])
    if problems or roles is None or phrases is None or refusals is None or hours is None or vocabulary is None:
        raise BrokenFlow(sorted(set(problems)))
    nodes = draft.nodes
    back = way_back(nodes, roles)
    return Flow(
        roles=roles,
        nodes=nodes,
        forms={name: name.split(".")[0] for name in nodes if isinstance(nodes.get(name.split(".")[0]), Consent)},
        back=back,
        phrases=phrases.phrases.model_dump(),
        rights=phrases.rights,
        statuses=phrases.statuses,
        refusals=refusals,
        calendar=CalendarWords(**phrases.calendar.model_dump()),
        hours=hours,
        vocabulary=vocabulary,
        machine=compile_machine(nodes, back, roles),
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


def _draft(read: Mapping[str, Source], problems: list[FlowProblem]) -> Draft:
    """All nodes as they were written. One that cannot be read is a problem, and so is a name given twice."""
    places: dict[str, Place] = {}
    nodes: dict[str, Node] = {}
    mentioned: dict[str, frozenset[str]] = {}
    source = read["forms.yaml"]
    definition = _part(TypeAdapter(forms.Forms), source, (), problems)
    made = () if definition is None else forms.expand(definition, source)
    if definition is not None:
        problems += _wrong_fields(definition, source)
    for name, data, place in (*made, *_nodes_of_files(read, problems)):
        if name in places:
            problems.append(place.problem(f"the name {name!r} is taken", f"see {places[name]}; choose another"))
            continue
        places[name] = place
        node = _node(data, place, problems)
        if node is None:
            mentioned[name] = frozenset(_words(data))
        else:
            nodes[name] = node
    if definition is None:
        for name in filter(str.islower, _names(source.data, "forms")):  # others were reported; nothing can lead there
            places[name] = Place(source, ("forms", name), f"forms.{name}")
            mentioned[name] = frozenset(_words(source.data))
    return Draft(
        menus=read["menus.yaml"],
        nodes=nodes,
        places=places,
        mentioned=mentioned,
        is_whole=all(source.is_readable for name, source in read.items() if _holds_nodes(name) or name == "forms.yaml"),
    )


def _holds_nodes(file: str) -> bool:
    return file == "menus.yaml" or file.startswith("cases/")


def _nodes_of_files(read: Mapping[str, Source], problems: list[FlowProblem]) -> Iterator[tuple[str, Any, Place]]:
    """Name, data and place of each node in the files that hold nodes."""
    for source in read.values():
        if not source.is_readable or not _holds_nodes(source.file):
            continue
        problems += [
            source.problem((key,), key, "this key is not known here", "nodes stand under `nodes:`")
            for key in _names(source.data)
            if key not in _KEYS_OF_NODE_FILES
        ]
        if not _names(source.data, "nodes"):
            problems.append(source.problem(("nodes",), "", "there are no nodes", "write them under `nodes:`"))
            continue
        for name, node in source.data["nodes"].items():
            place = Place(source, ("nodes", str(name)), str(name))
            try:
                yield TypeAdapter(NodeName).validate_python(name), node, place
            except ValidationError as error:
                problems += sources.describe(error, place)


def _names(data: Any, *path: str) -> list[str]:
    """The keys of the mapping at a path, if there is one."""
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return [str(name) for name in data] if isinstance(data, dict) else []


def _node(data: Any, place: Place, problems: list[FlowProblem]) -> Node | None:
    kind = data.get("type") if isinstance(data, dict) else None
    if not isinstance(kind, str) or kind not in NODES:
        what = "this node has no type" if kind is None else f"unknown node type {kind!r}"
        problems.append(place.problem(what, f"there are: {', '.join(NODES)}", "type"))
        return None
    try:
        return NODES[kind].model_validate(data)
    except ValidationError as error:
        problems += sources.describe(error, place)
        return None


def _words(data: Any) -> Iterator[str]:
    """Every word written anywhere in a node: names of other nodes are among them."""
    match data:
        case str():
            yield data
        case dict():
            yield from (word for value in data.values() for word in _words(value))
        case list():
            yield from (word for value in data for word in _words(value))


def _part(adapter: TypeAdapter[Any], source: Source, path: Path, problems: list[FlowProblem]) -> Any:
    """A part of a file as the adapter's type, or None with the problems noted. A file that is no YAML was reported before."""
    if not source.is_readable:
        return None
    data = source.data
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    try:
        return adapter.validate_python({} if data is None else data)
    except ValidationError as error:
        problems += sources.describe(error, Place(source, path, ".".join(str(key) for key in path)))
        return None


def _wrong_fields(definition: forms.Forms, source: Source) -> Iterator[FlowProblem]:
    """Fields that a form asks for and that are not there, are asked twice, or bear the name of another part of the form."""
    known = f"there are: {', '.join(definition.fields)}"
    for name, form in definition.forms.items():
        place = Place(source, ("forms", name), f"forms.{name}")
        for number, field in enumerate(form.fields):
            if field not in definition.fields:
                yield place.problem(f"there is no field {field!r}", known, f"fields.{number}")
            elif field in form.fields[:number]:
                yield place.problem(f"the field {field!r} stands here twice", "remove one of the two", f"fields.{number}")
        if not any(field in definition.fields and definition.fields[field].type == "detail" for field in form.fields):
            yield place.problem("no field of the type 'detail'", "add one: agents read there what the request is", "fields")
    for field in forms.PARTS & definition.fields.keys():
        yield source.problem(("fields", field), f"fields.{field}", "every form has a part of this name", "choose another name")
