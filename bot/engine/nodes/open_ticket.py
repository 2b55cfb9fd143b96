"""Put the collected details before the agents."""

from collections.abc import Iterator, Mapping
from typing import Literal

from bot.engine.effects import TICKET, OpenTicket
from bot.engine.nodes.ask import Ask
from bot.engine.nodes.base import Label, Node, NodeName, Text
from bot.engine.turn import Turn


class OpensTicket(Node):
    """Open a ticket out of the draft and tell its number.

    acceso.radicado:
      type: open_ticket
      category: Ingreso
      text: Listo, tu solicitud es la *{ticket}*.
      fields: [acceso.nombre, acceso.correo]
      detail: detalle
      goto: inicio
    """

    waits = False
    type: Literal["open_ticket"]
    category: Label
    text: Text
    fields: tuple[NodeName, ...]
    detail: Label  #: the field that holds the customer's request in their own words
    goto: NodeName

    def leads_to(self) -> Mapping[str, str]:
        """One way on."""
        return {"opened": self.goto}

    def texts(self) -> Iterator[tuple[str, str, frozenset[str]]]:
        """What tells the number."""
        yield "text", self.text, frozenset({"ticket", "hours"})
        yield "category", self.category, frozenset()

    def enter(self, turn: Turn) -> str | None:
        """Open it and pass on; the number is put into the text once there is one."""
        conversation = turn.conversation
        asked = [name for name in self.fields if isinstance(node := turn.flow.nodes[name], Ask) and node.field != self.detail]
        turn.effects.append(
            OpenTicket(
                category=self.category,
                case=conversation.case,
                fields=turn.flow.shown_answers(conversation, asked),
                detail=conversation.answers.get(self.detail, ""),
                attachments=conversation.attachments,
            )
        )
        turn.say(self.text, {"ticket": TICKET, "hours": turn.flow.hours.tell(turn.circumstances.now)})
        return "opened"
