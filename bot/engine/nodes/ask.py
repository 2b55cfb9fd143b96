"""One question of a form."""

from collections.abc import Iterator, Mapping
from typing import Literal

from bot.engine.answers import is_yes, option
from bot.engine.conversation import Suggestion
from bot.engine.inputs import MessageReceived
from bot.engine.nodes.base import STAY, Label, Node, NodeName, Text
from bot.engine.turn import Turn
from bot.understanding.fields.base import Accepted, Refused


class Ask(Node):
    """Ask for one field and keep the answer. Forms are written in `flows/forms.yaml`; each field becomes one of these.

    acceso.correo:
      type: ask
      field: correo
      kind: email
      label: Correo
      text: ¿Cuál es el correo registrado?
      goto: acceso.telefono
      summary: acceso.resumen
    """

    type: Literal["ask"]
    field: Label  #: the answer's name in the draft
    kind: Label  #: what sort of answer: a name in `bot/understanding/fields`
    label: Label
    text: Text
    text_without_phone: Text | None = None  #: asked instead while WhatsApp hides the customer's number
    goto: NodeName
    summary: NodeName  #: where a corrected answer leads
    documented: NodeName | None = None  #: where it leads when the answer is a documented case that was explained just now

    def leads_to(self) -> Mapping[str, str]:
        """On, back to the summary, or to "did that help?"."""
        ways = {"answered": self.goto, "corrected": self.summary}
        return ways if self.documented is None else {**ways, "documented": self.documented}

    def texts(self) -> Iterator[tuple[str, str, frozenset[str]]]:
        """The question, in both wordings, and the field's name."""
        yield "text", self.text, frozenset({"phone"})
        if self.text_without_phone is not None:
            yield "text_without_phone", self.text_without_phone, frozenset()
        yield "label", self.label, frozenset()

    def enter(self, turn: Turn) -> str | None:
        """Ask, unless the draft holds the answer already."""
        if self.field in turn.conversation.answers and not turn.conversation.correcting:
            return "answered"
        turn.change(suggestion=None)
        phone = turn.circumstances.phone
        if phone or self.text_without_phone is None:
            turn.say(self.text, {"phone": phone})
        else:
            turn.say(self.text_without_phone)
        return None

    def remind(self, turn: Turn) -> None:
        """Ask again, or ask again which of two spellings is meant."""
        if (suggestion := turn.conversation.suggestion) is not None:
            turn.say_phrase("did_you_mean", {"typed": suggestion.typed, "meant": suggestion.meant})
        else:
            self.enter(turn)

    def read(self, said: MessageReceived, turn: Turn) -> str | None:
        """Keep an accepted answer. A refused one is explained: the reason lies in the turn until the step ends."""
        suggestion = turn.conversation.suggestion
        if suggestion is not None and (kept := self._decide(said, suggestion, turn)) is not None:
            return kept
        match turn.read_field(self.kind, said.text):
            case Accepted(value=value, suggestion=meant) if meant and (suggestion is None or value != suggestion.typed):
                turn.suggest(value, meant)
                self.remind(turn)
                return STAY
            case Accepted(value=value):
                return self._keep(value, turn)
            case Refused() as refusal:
                if suggestion is None:
                    turn.refusal = refusal
                return None

    def _decide(self, said: MessageReceived, suggestion: Suggestion, turn: Turn) -> str | None:
        """Which of two spellings is meant: by number, by yes or no; an answer of its own is read as one instead."""
        number = option(said, (suggestion.meant, suggestion.typed), turn)
        if number is None and not isinstance(turn.read_field(self.kind, said.text), Accepted):
            agreed = is_yes(said, turn)
            number = None if agreed is None else 1 if agreed else 2
        return None if number is None else self._keep(suggestion.meant if number == 1 else suggestion.typed, turn)

    def _keep(self, value: str, turn: Turn) -> str:
        turn.answer(self.field, value)
        turn.change(suggestion=None)
        if turn.conversation.correcting:
            turn.change(correcting=False)
            return "corrected"
        return "answered"
