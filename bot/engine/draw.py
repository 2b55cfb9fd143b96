"""The flow as a Mermaid diagram, drawn by `transitions` from the same nodes and ways that the machine is made of."""

from transitions import State
from transitions.extensions import GraphMachine

from bot.engine.flow import Flow, node_ways
from bot.engine.nodes.base import Node
from bot.engine.nodes.confirm import Confirm
from bot.engine.nodes.menu import Menu
from bot.engine.nodes.summary import Summary

#: What ends a label or means something else in Mermaid.
_SIGNS = str.maketrans(dict.fromkeys(':;#"<>{}', ""))
#: The library paints the state that a machine is in; a drawing of the whole has none.
_PAINT = ("Class ", "classDef ")


class _Drawing:
    """What the drawing machine calls its model."""


class _Machine(GraphMachine):
    machine_attributes = {"rankdir": "TB"}  # noqa: RUF012 (declared so in the library)


class _Box(State):
    def __init__(self, name: str, label: str) -> None:
        super().__init__(name)
        self.label = label


def draw(flow: Flow) -> str:
    """Mermaid text: a box for each node, an arrow for each way, with the words that a customer chooses it by.

    Ways that lead from anywhere (menú, asesor, volver…) are left out: they would cover all the others. For the same reason the
    ways from a summary to each of its questions and back are told in the summary's box.
    """
    nodes = _in_order(flow)
    ways = [
        {**way, "label": _label(nodes[way["source"]], way["trigger"])}
        for way in node_ways(nodes)
        if not way["trigger"].startswith("correct")
    ]
    machine = _Machine(
        model=_Drawing(),
        states=[_Box(name, _title(name, node)) for name, node in nodes.items()],
        initial=flow.start,
        transitions=ways,
        auto_transitions=False,
        graph_engine="mermaid",
        title="title: flows/",
    )
    lines = str(machine.get_combined_graph().draw(None)).strip().splitlines()
    return "\n".join(line.rstrip() for line in lines if not line.strip().startswith(_PAINT)) + "\n"


def _in_order(flow: Flow) -> dict[str, Node]:
    """The nodes as a customer comes upon them, which Mermaid lays out with fewer crossings; then those that interrupt."""
    names = [flow.start]
    for name in names:  # grows while it is walked
        names += [target for target in flow.nodes[name].leads_to().values() if target not in names]
    return {name: flow.nodes[name] for name in [*names, *flow.nodes]}


def _title(name: str, node: Node) -> str:
    if not isinstance(node, Summary):
        return name
    return f"{name}<br/>⇄ {', '.join(question.split('.')[-1] for question in node.fields)}"


def _label(node: Node, trigger: str) -> str:
    match node:
        case Menu():
            number = int(trigger.removeprefix("option_"))
            return f"{number} {node.options[number - 1].label}".translate(_SIGNS)
        case Confirm():
            return (node.if_yes if trigger == "agreed" else node.if_no).label.translate(_SIGNS)
        case _:
            return trigger
