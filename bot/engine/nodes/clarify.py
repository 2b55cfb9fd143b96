"""Ask which of several documented answers is meant."""

from collections.abc import Iterator, Mapping
from typing import Literal

from bot.engine.answers import option
from bot.engine.inputs import MessageReceived
from bot.engine.nodes.base import Label, Node, NodeName, Text
from bot.engine.turn import Turn


class Clarify(Node):
    """One short question, with the documented answers that could be meant as numbered candidates.

    aclarar:
      type: clarify
      text: "Para ayudarte bien, ¿cuál de estas es?"
      other: Otra cosa
      goto: menu.principal
    """

    type: Literal["clarify"]
    text: Text
    other: Label  #: the last candidate, for whoever means none of them
    goto: NodeName

    def leads_to(self) -> Mapping[str, str]:
        """Where "none of them" leads; the candidates are reached as from anywhere."""
        return {"other": self.goto}

    def texts(self) -> Iterator[tuple[str, str, frozenset[str]]]:
        """The question and the last candidate."""
        yield "text", self.text, frozenset()
        yield "other", self.other, frozenset()

    def enter(self, turn: Turn) -> str | None:
        """Ask."""
        lines = "\n".join(f"*{number}.* {label}" for number, label in enumerate(self._labels(turn), 1))
        turn.say("{text}\n\n{lines}", {"text": self.text, "lines": lines})
        return None

    def read(self, said: MessageReceived, turn: Turn) -> str | None:
        """The number or the words of a candidate."""
        number = option(said, self._labels(turn), turn)
        if number is None:
            return None
        candidates, left = turn.conversation.candidates, turn.conversation.return_to
        turn.change(candidates=(), return_to="")
        if number > len(candidates):
            return "other" if left not in turn.flow.forms else f"return.{left}"
        if left in turn.flow.forms:  # in the middle of a form the answer is given in passing
            turn.flow.cases[candidates[number - 1]].explain(candidates[number - 1], turn)
            turn.say_phrase("back_to_question")
            return f"return.{left}"
        return f"case.{candidates[number - 1]}"

    def _labels(self, turn: Turn) -> list[str]:
        return [*(turn.flow.cases[name].label for name in turn.conversation.candidates), self.other]
