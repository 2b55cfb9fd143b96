"""Tell a customer how their tickets stand."""

from collections.abc import Iterator, Mapping
from typing import Literal

from bot.engine.nodes.base import Node, NodeName, Text
from bot.engine.texts import fill
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
      due: Te respondemos antes del {date} a las {time}.
      late: Debimos responderte antes del {date} a las {time}.
      goto: menu.principal
    """

    waits = False
    type: Literal["my_tickets"]
    text: Text
    line: Text
    none: Text
    due: Text | None = None  #: said after the line of a ticket whose first answer is still to come
    late: Text | None = None  #: said instead once the time for it has passed
    goto: NodeName

    def leads_to(self) -> Mapping[str, str]:
        """One way on."""
        return {"told": self.goto}

    def texts(self) -> Iterator[tuple[str, str, frozenset[str]]]:
        """The heading, a line of the list, and what is said when it is empty."""
        yield "text", self.text, frozenset()
        yield "line", self.line, frozenset({"ticket", "category", "status", "date"})
        yield "none", self.none, frozenset()
        for name, text in (("due", self.due), ("late", self.late)):
            if text is not None:
                yield name, text, frozenset({"date", "time"})

    def enter(self, turn: Turn) -> str | None:
        """Say it and pass on."""
        tickets = turn.circumstances.tickets()
        if not tickets:
            turn.say(self.none)
            return "told"
        turn.say(self.text)
        for ticket in tickets[:_MOST]:
            line = fill(self.line, self._values(ticket, turn))
            turn.say("{line}{promise}", {"line": line, "promise": self._promise(ticket, turn)})
        return "told"

    def _promise(self, ticket: TicketSummary, turn: Turn) -> str:
        """What is still to be kept of what was promised for this ticket, on a line of its own; or nothing."""
        if ticket.answer_due is None:
            return ""
        text = self.due if turn.circumstances.now < ticket.answer_due else self.late
        if text is None:
            return ""
        at = turn.flow.local(ticket.answer_due)
        return "\n" + fill(text, {"date": turn.flow.calendar.spell(at.date()), "time": f"{at:%H:%M}"})

    def _values(self, ticket: TicketSummary, turn: Turn) -> dict[str, str]:
        return {
            "ticket": ticket.number,
            "category": ticket.category,
            "status": turn.flow.statuses[ticket.status],
            "date": turn.flow.calendar.spell(turn.flow.local(ticket.updated_at).date()),
        }
