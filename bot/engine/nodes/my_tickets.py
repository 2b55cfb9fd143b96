"""Tell a customer how their tickets stand."""

from collections.abc import Iterator, Mapping
from typing import Literal

from bot.engine.nodes.base import Node, NodeName, Text
from bot.engine.turn import TicketSummary, Turn

#: More would not be read on a phone, and must fit into one message.
_MOST = 5


class MyTickets(Node):
    """List the customer's latest tickets with number, state and time, and go on.

    estado:
      type: my_tickets
      text: "Estas son tus solicitudes:"
      line: "*{ticket}* · {category}: {status} ({date})"
      none: No encuentro solicitudes a tu nombre.
      goto: menu.principal
    """

    waits = False
    type: Literal["my_tickets"]
    text: Text
    line: Text
    none: Text
    goto: NodeName

    def leads_to(self) -> Mapping[str, str]:
        """One way on."""
        return {"told": self.goto}

    def texts(self) -> Iterator[tuple[str, str, frozenset[str]]]:
        """The heading, a line of the list, and what is said when it is empty."""
        yield "text", self.text, frozenset()
        yield "line", self.line, frozenset({"ticket", "category", "status", "date"})
        yield "none", self.none, frozenset()

    def enter(self, turn: Turn) -> str | None:
        """Say it and pass on."""
        tickets = turn.circumstances.tickets()
        if not tickets:
            turn.say(self.none)
            return "told"
        turn.say(self.text)
        for ticket in tickets[:_MOST]:
            turn.say(self.line, self._values(ticket, turn))
        return "told"

    def _values(self, ticket: TicketSummary, turn: Turn) -> dict[str, str]:
        return {
            "ticket": ticket.number,
            "category": ticket.category,
            "status": turn.flow.statuses[ticket.status],
            "date": turn.flow.calendar.spell(turn.flow.local(ticket.updated_at).date()),
        }
