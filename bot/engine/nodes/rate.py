"""Ask how a request was attended, once an agent resolved it."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from bot.engine.answers import option
from bot.engine.effects import RecordRating
from bot.engine.inputs import MessageReceived
from bot.engine.nodes.base import Label, Node, NodeName, Text
from bot.engine.turn import Turn

_STAR = "⭐"


class Rate(Node):
    """Ask for one to five stars. The number, the words, so many ⭐, or a tap are taken; they are kept with the ticket.

    calificar:
      type: rate
      text: ¿Cómo te atendimos?
      answers: [Muy mal, Mal, Regular, Bien, Muy bien]
      goto: comentar
    """

    type: Literal["rate"]
    text: Text
    answers: Annotated[tuple[Label, ...], Field(min_length=5, max_length=5)]  #: from one star to five
    goto: NodeName

    def leads_to(self) -> Mapping[str, str]:
        """One way on."""
        return {"rated": self.goto}

    def texts(self) -> Iterator[tuple[str, str, frozenset[str]]]:
        """The question and what each number means."""
        yield "text", self.text, frozenset()
        for number, answer in enumerate(self.answers):
            yield f"answers.{number}.label", answer, frozenset()

    def enter(self, turn: Turn) -> str | None:
        """Ask."""
        lines = "\n".join(f"*{stars}.* {answer}" for stars, answer in enumerate(self.answers, 1))
        turn.say("{text}\n\n{lines}", {"text": self.text, "lines": lines})
        return None

    def read(self, said: MessageReceived, turn: Turn) -> str | None:
        """So many stars."""
        stars = said.text.count(_STAR) if said.text.strip(f"{_STAR}\ufe0f ") == "" else 0
        chosen = stars or option(said, self.answers, turn)
        if chosen is None or chosen > len(self.answers):
            return None
        turn.effects.append(RecordRating(turn.conversation.rating, chosen))
        return "rated"
