"""Show all that was collected and let the customer correct any of it."""

from collections.abc import Iterator, Mapping
from typing import Literal

from bot.engine.answers import option
from bot.engine.inputs import MessageReceived
from bot.engine.nodes.ask import Ask
from bot.engine.nodes.base import STAY, Label, Node, NodeName, Text
from bot.engine.nodes.collect import Collect
from bot.engine.turn import Turn
from bot.understanding.fields.base import Accepted, Refused


class Summary(Node):
    """Read the draft back; a yes opens the ticket, a number or a name corrects that field.

    acceso.resumen:
      type: summary
      text: "Revisa por favor:"
      question: ¿Está todo bien?
      confirm: Sí, está bien
      which: ¿Cuál dato corrijo?
      fields: [acceso.nombre, acceso.correo]
      goto: acceso.radicado
    """

    type: Literal["summary"]
    text: Text
    question: Text  #: may hold {confirm}: the word that confirms
    confirm: Label
    which: Text  #: asked when the customer says no, but not to what
    fields: tuple[NodeName, ...]
    goto: NodeName

    def leads_to(self) -> Mapping[str, str]:
        """On, or back to any of the fields: `correct_1`, `correct_2`, …"""
        return {"confirmed": self.goto, **{f"correct_{number}": name for number, name in enumerate(self.fields, 1)}}

    def texts(self) -> Iterator[tuple[str, str, frozenset[str]]]:
        """What stands around the list."""
        yield "text", self.text, frozenset()
        yield "question", self.question, frozenset({"confirm"})
        yield "confirm", self.confirm, frozenset()
        yield "which", self.which, frozenset()

    def enter(self, turn: Turn) -> str | None:
        """Show the list, numbered."""
        shown = enumerate(turn.flow.shown_answers(turn.conversation, self.fields), 1)
        lines = "\n".join(f"*{number}.* {value.label}: {value.value}" for number, value in shown)
        turn.say("{text}\n\n{lines}", {"text": self.text, "lines": lines})
        turn.say(self.question, {"confirm": self.confirm})
        return None

    def read(self, said: MessageReceived, turn: Turn) -> str | None:
        """Yes; the number or the name of a field; or "sí, pero el correo está mal"."""
        number = option(said, [self._ask(turn, name).label for name in self.fields], turn)
        if number is None and option(said, (self.confirm,), turn) == 1:
            return "confirmed"
        if number is None:
            match turn.read_field("yes_no", said.text):
                case Accepted(value="si"):
                    return "confirmed"
                case Accepted(note=complaint):
                    number = self._complained_of(complaint, turn)
                    if number is None:
                        turn.say(self.which)
                        return STAY
                case Refused():
                    return None
        turn.change(correcting=True)
        return f"correct_{number}"

    def _ask(self, turn: Turn, name: str) -> Ask | Collect:
        node = turn.flow.nodes[name]
        assert isinstance(node, Ask | Collect)  # noqa: S101 (checked when the flow was read)
        return node

    def _complained_of(self, complaint: str, turn: Turn) -> int | None:
        """The field that a "sí, pero…" or a no is about; yes_no names it by its type."""
        kinds = complaint.split()
        asked = [self._ask(turn, name) for name in self.fields]
        return next((number for number, node in enumerate(asked, 1) if isinstance(node, Ask) and node.kind in kinds), None)
