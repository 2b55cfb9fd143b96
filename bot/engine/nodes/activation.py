"""The documented wait of 48 to 120 hours, with the customer's own dates."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Literal

from bot.engine.inputs import MessageReceived
from bot.engine.nodes.base import Label, Node, NodeName, Text
from bot.engine.turn import Turn
from bot.understanding.fields.base import Accepted, Refused

#: "es necesario esperar de 48 a 120 horas" (the document, section "Para tener en cuenta").
SHORTEST, LONGEST = timedelta(hours=48), timedelta(hours=120)


class Activation(Node):
    """Explain the wait; ask for the day of purchase and say what it means for this customer.

    Hours are clock hours. A customer knows the day, not the hour, so they count from the beginning of that day.

    espera_activacion:
      type: activation
      label: Compré hace poco y aún no tengo usuario
      text: Es necesario esperar de 48 a 120 horas.
      ask: ¿Qué día compraste?
      early: Compraste el {bought}. Cuenta con tu usuario entre el {since} y el {until}.
      waiting: Compraste el {bought}; el plazo va hasta el {until}.
      late: El plazo terminó el {until}. Registremos tu solicitud.
      field: fecha_compra
      kind: purchase_date
      goto: registrar
      late_goto: acceso
    """

    type: Literal["activation"]
    label: Label
    text: Text  #: the rule, as documented
    ask: Text
    early: Text  #: before 48 hours
    waiting: Text  #: between 48 and 120 hours
    late: Text  #: after 120 hours
    field: Label  #: the answer's name in the draft, so that a form does not ask again
    kind: Label
    goto: NodeName
    late_goto: NodeName

    def leads_to(self) -> Mapping[str, str]:
        """On, or straight to the form once the documented time is over."""
        return {"explained": self.goto, "late": self.late_goto}

    def texts(self) -> Iterator[tuple[str, str, frozenset[str]]]:
        """The rule, the question, and the three answers."""
        yield "text", self.text, frozenset()
        yield "ask", self.ask, frozenset()
        for key in ("early", "waiting", "late"):
            yield key, getattr(self, key), frozenset({"bought", "since", "until"})

    def enter(self, turn: Turn) -> str | None:
        """Say the rule, then the dates if the day of purchase is known, else ask for it."""
        turn.say(self.text)
        turn.change(case=turn.state)
        turn.note_answered(turn.state)
        return self._tell(turn)

    def remind(self, turn: Turn) -> None:
        """Ask for the day again."""
        turn.say(self.ask)

    def explain(self, name: str, turn: Turn) -> None:
        """Give the answer in passing, in the middle of a form: the rule, and the dates if they are known."""
        turn.say(self.text)
        turn.note_answered(name)
        if (bought := turn.conversation.answers.get(self.field)) is not None:
            self._dates(date.fromisoformat(bought), turn)

    def read(self, said: MessageReceived, turn: Turn) -> str | None:
        """The day of purchase."""
        match turn.read_field(self.kind, said.text):
            case Accepted(value=value):
                turn.answer(self.field, value)
                return self._tell(turn)
            case Refused() as refusal:
                turn.refusal = refusal
                return None

    def _tell(self, turn: Turn) -> str | None:
        bought = turn.conversation.answers.get(self.field)
        if bought is None:
            turn.say(self.ask)
            return None
        return "late" if self._dates(date.fromisoformat(bought), turn) else "explained"

    def _dates(self, bought: date, turn: Turn) -> bool:
        """Say what the day of purchase means; True if the documented time is over."""
        begin = datetime.combine(bought, time(), turn.flow.zone)
        now = turn.flow.local(turn.circumstances.now)
        elapsed = now - begin
        spell = turn.flow.calendar.spell
        values = {"bought": spell(bought), "since": spell((begin + SHORTEST).date()), "until": spell((begin + LONGEST).date())}
        if elapsed < SHORTEST:
            turn.say(self.early, values)
        elif elapsed <= LONGEST:
            turn.say(self.waiting, values)
        else:
            turn.say(self.late, values)
        return elapsed > LONGEST
