"""Where every conversation begins and comes to rest."""

from collections.abc import Iterator, Mapping
from typing import Literal

from bot.engine.inputs import MessageReceived
from bot.engine.nodes.base import Node, NodeName, Text
from bot.engine.turn import Turn


class Start(Node):
    """Wait in silence; whatever comes first is greeted and shown the menu.

    inicio:
      type: start
      text: ¡Hola! Soy el asistente de soporte.
      goto: menu.principal
    """

    type: Literal["start"]
    text: Text
    goto: NodeName

    def leads_to(self) -> Mapping[str, str]:
        """On to the menu."""
        return {"greeted": self.goto}

    def texts(self) -> Iterator[tuple[str, str, frozenset[str]]]:
        """The greeting."""
        yield "text", self.text, frozenset()

    def enter(self, turn: Turn) -> str | None:
        """Say nothing: the dialogue before has said its last word."""
        turn.drop_draft()
        return None

    def remind(self, turn: Turn) -> None:
        """Nothing is asked here."""

    def read(self, said: MessageReceived, turn: Turn) -> str | None:  # noqa: ARG002
        """Anything at all opens the dialogue. Whose ticket was resolved is told its number."""
        turn.say(self.text)
        turn.mark_questions(len(turn.effects) - 1)  # the menu follows
        if (ticket := turn.last_resolved()) is not None:
            turn.say_phrase("resolved_lately" if turn.is_recent(ticket) else "resolved_before", {"ticket": ticket.number})
        return "greeted"
