"""Take a comment to a rating that was just given."""

from collections.abc import Iterator, Mapping
from typing import Literal

from bot.engine.answers import is_yes, option
from bot.engine.effects import RecordComment
from bot.engine.inputs import MessageReceived
from bot.engine.nodes.base import STAY, Label, Node, NodeName, Text
from bot.engine.turn import Turn

_FEW_WORDS = 3
_LETTERS_OF_A_YES = 3


class Comment(Node):
    """Ask for a comment, which is kept with the ticket as it was written. A no, or the number, goes on without one.

    comentar:
      type: comment
      text: ¿Quieres contarnos por qué?
      skip: Sin comentarios
      waiting: Te leo.
      thanks: ¡Gracias!
      goto: inicio
    """

    type: Literal["comment"]
    text: Text
    skip: Label  #: the answer that goes on without
    waiting: Text  #: said to a bare "yes"
    thanks: Text
    goto: NodeName

    def leads_to(self) -> Mapping[str, str]:
        """One way on."""
        return {"commented": self.goto}

    def texts(self) -> Iterator[tuple[str, str, frozenset[str]]]:
        """What is asked, and what is said to an answer."""
        yield "text", self.text, frozenset()
        yield "skip.label", self.skip, frozenset()
        yield "waiting", self.waiting, frozenset()
        yield "thanks", self.thanks, frozenset()

    def enter(self, turn: Turn) -> str | None:
        """Ask."""
        turn.say("{text}\n\n*1.* {skip}", {"text": self.text, "skip": self.skip})
        return None

    def read(self, said: MessageReceived, turn: Turn) -> str | None:
        """Any words but a no. "Excelente" is a comment, though it can be a yes elsewhere; only a bare yes waits for one."""
        text = said.text.strip()
        is_short = len(text.split()) <= _FEW_WORDS
        agreed = is_yes(said, turn) if is_short else None
        if agreed and len(text) <= _LETTERS_OF_A_YES:
            turn.say(self.waiting)
            return STAY
        if agreed is not False and not (is_short and option(said, (self.skip,), turn)):
            turn.effects.append(RecordComment(turn.conversation.rating, text))
        turn.say(self.thanks)
        return "commented"
