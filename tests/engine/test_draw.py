"""The diagram shows every node and every way, and nothing that Mermaid would stumble over."""

import re

import pytest

from bot.engine.draw import draw
from bot.engine.flow import node_ways
from bot.engine.nodes.summary import Summary
from tests.engine import node_cases, world

FLOW = world.real_flow()
DRAWN = draw(FLOW)
BOXES = dict(re.findall(r'^ *state "([^"]+)" as (\S+)$', DRAWN, re.MULTILINE))
ARROWS = set(re.findall(r"^ *(\S+) --> (\S+): (.+)$", DRAWN, re.MULTILINE))


def is_drawn(source: str, target: str, label: str) -> bool:
    """Ways between the same two nodes share an arrow."""
    return any((source, target) == arrow[:2] and label in arrow[2].split(" | ") for arrow in ARROWS)


def test_every_node_has_a_box() -> None:
    assert sorted(BOXES.values()) == sorted(FLOW.nodes)
    assert f"[*] --> {FLOW.start}" in DRAWN


@pytest.mark.parametrize("name", FLOW.nodes)
def test_every_way_of_a_node_is_an_arrow_or_is_told_in_the_box_of_the_summary(name: str) -> None:
    boxes = {node: label for label, node in BOXES.items()}
    for way in node_ways({name: FLOW.nodes[name]}):
        if way["trigger"].startswith("correct"):
            summary, question = sorted((name, way["dest"]), key=lambda node: not isinstance(FLOW.nodes[node], Summary))
            assert question.split(".")[-1] in re.split(r"[⇄, ]+", boxes[summary])
        else:
            assert any((name, way["dest"]) == arrow[:2] for arrow in ARROWS), way


def test_there_are_no_other_arrows() -> None:
    ways = {(way["source"], way["dest"]) for way in node_ways(FLOW.nodes)}
    assert {arrow[:2] for arrow in ARROWS} <= ways


def test_arrows_bear_the_words_that_customers_choose_by() -> None:
    assert is_drawn("menu.principal", "menu.producto", "1 Soporte de mi producto")
    assert is_drawn("menu.facturacion", "acceso", "1 No puedo ingresar usuario o contraseña"), "a colon would end the label"
    assert is_drawn("ayudo", "resuelto", "Sí, gracias")
    assert is_drawn("ayudo", "acceso", "No, registrar mi solicitud")
    assert is_drawn("acceso.nombre", "acceso.nit", "answered")


def test_two_ways_to_the_same_node_are_both_told() -> None:
    options = [{"label": "Uno", "goto": "fin"}, {"label": "Otro", "goto": "fin"}]
    drawn = draw(node_cases.small_flow({"prueba": {"type": "menu", "text": "¿Cuál?", "options": options}}))
    assert "prueba --> fin: 1 Uno | 2 Otro" in drawn


def test_signs_that_mean_something_in_mermaid_are_left_out_of_labels() -> None:
    options = [{"label": 'A: "b"; #c <d>', "goto": "fin"}]
    drawn = draw(node_cases.small_flow({"prueba": {"type": "menu", "text": "¿Cuál?", "options": options}}))
    assert "prueba --> fin: 1 A b c d\n" in drawn


def test_the_same_flow_is_always_drawn_the_same() -> None:
    assert draw(world.load(world.files())) == DRAWN
    assert FLOW.machine.models == []
