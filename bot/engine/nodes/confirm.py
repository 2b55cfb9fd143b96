"""A question that is answered with yes or no."""

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict

from bot.engine.answers import is_first
from bot.engine.inputs import MessageReceived
from bot.engine.nodes.base import Label, Node, NodeName, Text
from bot.engine.turn import Turn


class Way(BaseModel):
    """An answer and where it leads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: Label
    goto: NodeName  #: `return`: back to where the customer was before this question


class Confirm(Node):
    """Ask something that is answered with yes or no, or with the number of the answer.

    ayudo:
      type: confirm
      text: ¿Te funcionó?
      if_yes: {label: Sí, goto: resuelto}
      if_no: {label: No, goto: registrar}
    """

    type: Literal["confirm"]
    text: Text
    if_yes: Way
    if_no: Way

    def leads_to(self) -> Mapping[str, str]:
        """Two ways; one that returns is found out only when it is taken."""
        ways = {"agreed": self.if_yes.goto, "declined": self.if_no.goto}
        return {trigger: goto for trigger, goto in ways.items() if goto != "return"}

    def texts(self) -> Iterator[tuple[str, str, frozenset[str]]]:
        """The question and its two answers."""
        yield "text", self.text, frozenset()
        yield "if_yes.label", self.if_yes.label, frozenset()
        yield "if_no.label", self.if_no.label, frozenset()

    def enter(self, turn: Turn) -> str | None:
        """Ask."""
        turn.say("{text}\n\n*1.* {yes}\n*2.* {no}", {"text": self.text, "yes": self.if_yes.label, "no": self.if_no.label})
        return None

    def read(self, said: MessageReceived, turn: Turn) -> str | None:
        """Yes, no, or the number or words of an answer."""
        agreed = is_first(said, (self.if_yes.label, self.if_no.label), turn)
        if agreed is None:
            return None
        way = self.if_yes if agreed else self.if_no
        if way.goto == "return":
            left = turn.conversation.return_to or turn.flow.start
            turn.change(return_to="")
            return f"return.{left}"
        return "agreed" if agreed else "declined"
