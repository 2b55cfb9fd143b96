"""One documented answer."""

from collections.abc import Iterator, Mapping
from typing import Literal

from bot.engine.nodes.base import Label, Node, NodeName, Text
from bot.engine.turn import Turn


class Case(Node):
    """Give a documented answer, and go on to ask whether it helped. Its name is the label that understanding gives.

    cambiar_clave:
      type: case
      label: Cambiar mi clave
      text: Cuando ingreses a tu programa puedes cambiar la clave.
      goto: ayudo
    """

    waits = False
    type: Literal["case"]
    label: Label  #: how menus and clarifying questions name it
    text: Text
    goto: NodeName

    def leads_to(self) -> Mapping[str, str]:
        """On to "did it help?"."""
        return {"explained": self.goto}

    def texts(self) -> Iterator[tuple[str, str, frozenset[str]]]:
        """The answer and its name."""
        yield "text", self.text, frozenset()

    def enter(self, turn: Turn) -> str | None:
        """Say the answer and pass on."""
        turn.change(case=turn.state)
        self.explain(turn.state, turn)
        return "explained"

    def explain(self, name: str, turn: Turn) -> None:
        """Give the answer, also in passing, in the middle of a form; `name` is this node's."""
        turn.say(self.text)
        turn.note_answered(name)
