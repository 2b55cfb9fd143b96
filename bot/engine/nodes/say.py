"""Say something and go on."""

from collections.abc import Iterator, Mapping
from typing import Literal

from bot.engine.nodes.base import Node, NodeName, Text
from bot.engine.turn import Turn


class Say(Node):
    """Say something and go on.

    despedida:
      type: say
      text: ¡Con mucho gusto!
      goto: inicio
    """

    waits = False
    type: Literal["say"]
    text: Text
    goto: NodeName

    def leads_to(self) -> Mapping[str, str]:
        """One way on."""
        return {"said": self.goto}

    def texts(self) -> Iterator[tuple[str, str, frozenset[str]]]:
        """What is said."""
        yield "text", self.text, frozenset()

    def enter(self, turn: Turn) -> str | None:
        """Say it and pass on."""
        turn.say(self.text)
        return "said"
