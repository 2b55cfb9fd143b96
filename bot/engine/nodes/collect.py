"""Collect files that belong to a request."""

from collections.abc import Iterator, Mapping
from typing import Literal

from bot.engine.answers import is_yes, option
from bot.engine.inputs import MessageReceived
from bot.engine.nodes.base import STAY, Label, Node, NodeName, Text
from bot.engine.turn import Turn
from bot.understanding.phrases import words_of


class Collect(Node):
    """Take as many files as the customer likes to send, or none.

    acceso.adjuntos:
      type: collect
      field: adjuntos
      label: Adjuntos
      text: Si tienes un pantallazo, envíalo ahora.
      skip: Continuar sin adjuntos
      done: Listo, continuar
      received: Recibido ({count}).
      waiting: Envíalo cuando quieras.
      go_on: [nada, no tengo, eso es todo]
      goto: acceso.resumen
      summary: acceso.resumen
    """

    type: Literal["collect"]
    field: Label
    label: Label
    text: Text
    skip: Label  #: the answer that goes on without any
    done: Label  #: the answer that ends a series
    received: Text
    waiting: Text  #: said to a "yes" without a file
    go_on: tuple[Label, ...] = ()  #: other ways of saying that there is nothing more
    goto: NodeName
    summary: NodeName

    def leads_to(self) -> Mapping[str, str]:
        """On, or back to the summary."""
        return {"answered": self.goto, "corrected": self.summary}

    def texts(self) -> Iterator[tuple[str, str, frozenset[str]]]:
        """What is asked and said on the way."""
        yield "text", self.text, frozenset()
        yield "received", self.received, frozenset({"count"})
        yield "waiting", self.waiting, frozenset()
        yield "skip", self.skip, frozenset()
        yield "done", self.done, frozenset()

    def enter(self, turn: Turn) -> str | None:
        """Ask for files, unless that was settled before."""
        if self.field in turn.conversation.answers and not turn.conversation.correcting:
            return "answered"
        turn.say("{text}\n\n*1.* {skip}", {"text": self.text, "skip": self._way_on(turn)})
        return None

    def read(self, said: MessageReceived, turn: Turn) -> str | None:
        """A file is kept; the number, the words, or a "no" go on."""
        if said.media or said.location:
            turn.attach(said)
            turn.say(self.received, {"count": str(len(turn.conversation.attachments))})
            turn.say("*1.* {done}", {"done": self.done})
            return STAY
        goes_on = self.goes_on(said.text) or option(said, (self._way_on(turn),), turn) == 1
        if goes_on or option(said, (self.skip, self.done), turn) or is_yes(said, turn) is False:
            turn.answer(self.field, str(len(turn.conversation.attachments)))
            return self._onward(turn)
        if is_yes(said, turn):
            turn.say(self.waiting)
            return STAY
        return None

    def goes_on(self, text: str) -> bool:
        """Whether these are words that end a series of files, as a whole message."""
        return words_of(text) in {words_of(phrase) for phrase in self.go_on}

    def _way_on(self, turn: Turn) -> str:
        return self.done if turn.conversation.attachments else self.skip

    def _onward(self, turn: Turn) -> str:
        trigger = "corrected" if turn.conversation.correcting else "answered"
        turn.change(correcting=False)
        return trigger
