"""The flow as a tree to be drawn: what the menus lead to, the questions of each form under it, and then all the rest."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.engine.flow import Flow
from bot.engine.nodes.menu import Menu
from bot.engine.nodes.start import Start


@dataclass(frozen=True)
class Branch:
    """A node's place. `label` is what customers read: the words of its option, else its label or the first line it says."""

    node: str
    depth: int
    label: str


def branches(flow: Flow) -> list[Branch]:
    """Every node once, each behind the one that it hangs on."""
    found: dict[str, Branch] = {}
    for branch in _below(flow, flow.start, 0, "", found):
        found[branch.node] = branch
    rest = (Branch(name, 0, _label(flow, name, "")) for name in flow.nodes if name not in found)
    return [*found.values(), *rest]


def _below(flow: Flow, name: str, depth: int, label: str, found: dict[str, Branch]) -> Iterator[Branch]:
    if name in found:
        return
    yield Branch(name, depth, _label(flow, name, label))
    match flow.nodes[name]:
        case Start() as start:
            yield from _below(flow, start.goto, depth + 1, "", found)
        case Menu() as menu:
            for option in menu.options:
                yield from _below(flow, option.goto, depth + 1, option.label, found)
        case _:
            parts = (part for part, form in flow.forms.items() if form == name and part != name)
            yield from (Branch(part, depth + 1, _label(flow, part, "")) for part in parts)


def _label(flow: Flow, name: str, label: str) -> str:
    node = flow.nodes[name]
    said = str(getattr(node, "text", "")).partition("\n")[0].replace("*", "").strip()
    return label or str(getattr(node, "label", "")) or said or name
