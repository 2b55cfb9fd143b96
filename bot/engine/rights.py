"""What customers may ask about their data, at any moment and whoever talks to them (Ley 1581 de 2012, art. 8).

Each request becomes a case with a legal date; while one for the same right is open, its number is told instead. Also while an
agent has the conversation, and to somebody who is blocked, the receipt is sent: the law counts from the request, and the customer
must know that it was heard.
"""

from collections.abc import Callable
from datetime import datetime
from typing import assert_never

from bot.engine.effects import TICKET, OpenCase, RecordConsent
from bot.engine.flow import Flow
from bot.engine.inputs import Input, Kind, MessageReceived
from bot.engine.nodes.ask import Ask
from bot.engine.nodes.collect import Collect
from bot.engine.nodes.consent import Consent
from bot.engine.terms import Right, last_day, term_of
from bot.engine.texts import fill
from bot.engine.turn import PendingCase, Turn
from bot.understanding.commands import Command, find_command

Fire = Callable[[Turn, str], None]
#: So many of the customer's requests are named; more would not be read on a phone.
_MOST_TICKETS = 5
#: The words that ask for each right.
RIGHTS = {
    Command.MY_DATA: Right.KNOW,
    Command.CORRECT_DATA: Right.CORRECT,
    Command.ERASE_DATA: Right.ERASE,
    Command.REVOKE: Right.REVOKE,
    Command.POLICY: Right.POLICY,
}


def asked_for(flow: Flow, happened: Input) -> Right | None:
    """The right that a message asks for; None if it is something else."""
    if not isinstance(happened, MessageReceived) or happened.kind is Kind.REACTION:
        return None
    command = find_command(happened.text, flow.vocabulary.menu.commands)
    return RIGHTS.get(command) if command is not None else None


def hear(turn: Turn, said: MessageReceived, fire: Fire) -> bool:
    """Take a request about the customer's data, if this is one; True if so."""
    right = asked_for(turn.flow, said)
    if right is None or (right is Right.REVOKE and isinstance(turn.flow.nodes[turn.state], Consent)):
        return False  # "no acepto" is the consent's own answer, when that was the question
    turn.reasons.append(f"right {right.value}")
    turn.change(misses=0)
    if turn.circumstances.blocked and _pending(turn, right) is not None:
        return True  # it was told once; a flooder is not to be answered over and over
    receipt = _receipt(turn, right, said)
    _answer(turn, right, said)
    turn.say(*receipt)
    if turn.conversation.agent or turn.circumstances.blocked:
        return True
    if right in (Right.ERASE, Right.REVOKE):
        fire(turn, "rest")
    else:
        turn.flow.nodes[turn.state].remind(turn)
    return True


def _answer(turn: Turn, right: Right, said: MessageReceived) -> None:
    """What can be said and done at once."""
    match right:
        case Right.KNOW:
            _tell_data(turn)
        case Right.POLICY:
            turn.say_phrase("policy")
        case Right.REVOKE:
            if version := turn.conversation.consent:
                turn.effects.append(RecordConsent(given=False, policy_version=version, text="", answer=said.text, revokes=True))
            turn.change(consent="")
            turn.drop_draft()
        case Right.CORRECT | Right.ERASE:
            pass
        case _:
            assert_never(right)


def _receipt(turn: Turn, right: Right, said: MessageReceived) -> tuple[str, dict[str, str]]:
    """Open a case, unless one is pending; what the customer is told about it comes last in what is said."""
    words = turn.flow.rights[right]
    pending = _pending(turn, right)
    if pending is not None:
        return words.pending, {"ticket": pending.number, "date": _date(turn, pending.due_at)}
    turn.effects.append(OpenCase(right, words.category, said.text))
    return words.opened, {"ticket": TICKET, "date": _date(turn, term_of(right).due(turn.circumstances.now))}


def _pending(turn: Turn, right: Right) -> PendingCase | None:
    return next((case for case in turn.circumstances.cases() if case.right is right), None)


def _date(turn: Turn, due: datetime) -> str:
    return turn.flow.calendar.spell(last_day(due))


def _tell_data(turn: Turn) -> None:
    """A summary: the number, the authorisation, the requests, and what the draft holds. The whole copy comes with the case."""
    asked = {node.field: name for name, node in turn.flow.nodes.items() if isinstance(node, Ask | Collect)}
    known = [asked[name] for name in turn.conversation.answers if name in asked]
    draft = [f"{shown.label}: {shown.value}" for shown in turn.flow.shown_answers(turn.conversation, known)]
    tickets = [f"{ticket.number} · {ticket.category}" for ticket in turn.circumstances.tickets()[:_MOST_TICKETS]]
    phrases, lines = turn.flow.phrases, []
    for phrase, values in (
        ("my_phone", [turn.circumstances.phone]),
        ("my_consent", [turn.conversation.consent]),
        ("my_tickets", tickets),
        ("my_draft", draft),
    ):
        if any(values):
            lines.append(fill(phrases[phrase], {"data": "\n".join(values)}))
    if lines:
        turn.say_phrase("my_data", {"data": "\n".join(lines)})
    else:
        turn.say_phrase("my_data_none")
