"""Ask for the authorisation to keep personal details (Ley 1581 de 2012), before the first of them."""

from collections.abc import Iterator, Mapping
from typing import Literal

from bot.engine.answers import is_first
from bot.engine.effects import RecordConsent
from bot.engine.inputs import MessageReceived
from bot.engine.nodes.base import Label, Node, NodeName, Text
from bot.engine.texts import fill
from bot.engine.turn import Turn
from bot.understanding.commands import Command, find_command


class Consent(Node):
    """Ask once for each version of the policy; only a clear yes is a yes.

    acceso:
      type: consent
      version: "2026-11"
      text: Para registrar tu solicitud necesito tu autorización…
      accept: Acepto
      refuse: No acepto
      goto: acceso.nombre
      refused: sin_autorizacion
    """

    type: Literal["consent"]
    version: Label  #: of the policy; a new one asks everybody again
    text: Text
    purposes: tuple[Label, ...] = ()  #: what the details may be used for; `{purposes}` in the text names them
    accept: Label
    refuse: Label
    goto: NodeName
    refused: NodeName

    def leads_to(self) -> Mapping[str, str]:
        """On with the form, or out of it."""
        return {"accepted": self.goto, "refused": self.refused}

    def texts(self) -> Iterator[tuple[str, str, frozenset[str]]]:
        """The notice and its two answers."""
        yield "text", self.text, frozenset({"purposes"})
        yield "accept", self.accept, frozenset()
        yield "refuse", self.refuse, frozenset()

    def enter(self, turn: Turn) -> str | None:
        """Ask, unless this very version was agreed to before."""
        if turn.conversation.consent == self.version:
            return "accepted"
        turn.say("{notice}", {"notice": self._notice()})
        return None

    def read(self, said: MessageReceived, turn: Turn) -> str | None:
        """Record what was answered; anything unclear is asked again."""
        agreed = is_first(said, (self.accept, self.refuse), turn)
        if agreed is None and find_command(said.text, turn.flow.vocabulary.menu.commands) is Command.REVOKE:
            agreed = False  # who revokes what was asked for does not give it
        if agreed is None:
            return None
        turn.effects.append(
            RecordConsent(
                given=agreed, policy_version=self.version, text=self._notice(), answer=said.text, purposes=self.purposes
            )
        )
        turn.change(consent=self.version if agreed else "")
        return "accepted" if agreed else "refused"

    def _notice(self) -> str:
        text = fill(self.text, {"purposes": "\n".join(f"• {purpose}" for purpose in self.purposes)})
        return f"{text}\n\n*1.* {self.accept}\n*2.* {self.refuse}"
