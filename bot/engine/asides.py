"""What a customer can say anywhere: commands, questions that the document answers, and requests in plain words.

Nothing that is pending is lost: in the middle of a form an answer is given in passing and the question asked again.
"""

from collections.abc import Callable
from typing import assert_never

from bot.engine import desk
from bot.engine.nodes.ask import Ask
from bot.engine.nodes.collect import Collect
from bot.engine.nodes.menu import Menu
from bot.engine.nodes.rate import Rate
from bot.engine.nodes.start import Start
from bot.engine.turn import Turn
from bot.understanding.commands import Command
from bot.understanding.questions import Understanding, understand

Fire = Callable[[Turn, str], None]

#: Labels of requests and turns of talk, other than documented answers, and the trigger that serves them.
_REQUESTS = {"ticket_estado": "tickets", "hablar_con_agente": "agent", "menu": "menu", "volver": "back", "cancelar": "cancel"}
_COURTESIES = (("saludo",), ("despedida_gracias",))
#: Fewer words that nobody understands are a slip; more are a request for something else.
_WORDS_OF_A_REQUEST = 3


def obey(turn: Turn, command: Command, fire: Fire) -> None:
    """Do what a command says."""
    match command:
        case Command.MENU:
            fire(turn, "menu")
        case Command.BACK:
            go_back(turn, fire)
        case Command.CANCEL:
            cancel(turn, fire)
        case Command.AGENT:
            fire(turn, "agent")
        case Command.STATUS:
            fire(turn, "tickets")
        case Command.HELP:
            turn.say_phrase("help")
            turn.remind()
        case Command.MY_DATA | Command.CORRECT_DATA | Command.ERASE_DATA | Command.REVOKE | Command.POLICY:
            pass  # heard before, by `rights`; but for "no acepto" where that is the node's own answer
        case _:
            assert_never(command)


def cancel(turn: Turn, fire: Fire) -> None:
    """Drop what is under way, or say that nothing is."""
    if turn.state in turn.flow.forms or turn.conversation.answers or turn.conversation.return_to in turn.flow.forms:
        fire(turn, "cancel")
    else:
        turn.say_phrase("nothing_to_cancel")
        fire(turn, "rest")


def go_back(turn: Turn, fire: Fire) -> None:
    """One question back: to the field before (which is asked again), to the menu before, or out of an aside."""
    flow, roles = turn.flow, turn.flow.roles
    left = turn.conversation.return_to
    if left and turn.state in (roles.resume, roles.offer_agent, roles.clarify, roles.offer_ticket):
        turn.change(return_to="")
        fire(turn, f"return.{left}")
        return
    if turn.conversation.correcting and isinstance(flow.nodes[turn.state], Ask | Collect):
        turn.change(correcting=False)
        fire(turn, "corrected")
        return
    before = flow.nodes.get(flow.back.get(turn.state, ""))
    if before is None:
        fire(turn, "menu")
        return
    if isinstance(before, Ask | Collect):
        turn.forget(before.field)
    fire(turn, "back")


def answer_question(turn: Turn, text: str, fire: Fire) -> bool:
    """At a question that takes nearly any words: answer a documented question; True if it was one."""
    understood = _understand(turn, text)
    if not any(name in turn.flow.cases or name in ("hablar_con_agente", "ticket_estado") for name in understood.intents):
        return False
    _note(turn, understood)
    return _serve(turn, text, understood, fire)


def answer(turn: Turn, text: str, fire: Fire) -> bool:
    """Serve a question or a request in plain words; True if something was understood."""
    understood = _understand(turn, text)
    _note(turn, understood)
    return _serve(turn, text, understood, fire)


def explain_detail(turn: Turn, text: str) -> bool:
    """If the detail of a request is a documented case, explain it; True if so. A case is explained once in a dialogue."""
    understood = _understand(turn, text)
    _note(turn, understood)
    cases = [name for name in understood.intents if name in turn.flow.cases]
    if cases:
        turn.change(case=cases[0])
    fresh = [name for name in cases if name not in turn.conversation.answered]
    for name in fresh:
        turn.flow.cases[name].explain(name, turn)
    return bool(fresh)


def _understand(turn: Turn, text: str) -> Understanding:
    return understand(text, turn.flow.vocabulary.questions)


def _note(turn: Turn, understood: Understanding) -> None:
    turn.reasons += [*understood.intents, *(str(reason) for reason in understood.reasons)]


def _serve(turn: Turn, text: str, understood: Understanding, fire: Fire) -> bool:
    cases = [name for name in understood.intents if name in turn.flow.cases]
    requests = [_REQUESTS[name] for name in understood.intents if name in _REQUESTS]
    in_form = turn.state in turn.flow.forms
    if cases:
        turn.has_gap = bool(understood.gap)
        _tell_cases(turn, cases, fire, moves=not in_form and not requests)
        for trigger in requests[:1]:
            _request(turn, trigger, fire)
        return True
    if requests:
        _request(turn, requests[0], fire)
        return True
    if _may_be_about_before(turn, text, understood):
        if desk.reopen(turn, fire):
            return True
        if turn.state == turn.flow.start and turn.last_resolved() is not None:
            return False  # the greeting tells the old ticket's number
    return _small_talk(turn, text, understood, fire, in_form=in_form)


def _may_be_about_before(turn: Turn, text: str, understood: Understanding) -> bool:
    """Between two dialogues, more than a courtesy and more than a slip: it may be about a ticket that was resolved."""
    is_between = isinstance(turn.flow.nodes[turn.state], Start | Menu | Rate)
    return is_between and understood.intents not in _COURTESIES and len(text.split()) >= _WORDS_OF_A_REQUEST


def _tell_cases(turn: Turn, cases: list[str], fire: Fire, *, moves: bool) -> None:
    """Explain in passing, or move to the last case, which goes on to ask whether it helped."""
    for name in cases[:-1] if moves else cases:
        turn.flow.cases[name].explain(name, turn)
    if moves:
        fire(turn, f"case.{cases[-1]}")
    elif turn.state in turn.flow.forms:
        turn.say_phrase("back_to_question")
        turn.remind()


def _request(turn: Turn, trigger: str, fire: Fire) -> None:
    if trigger == "back":
        go_back(turn, fire)
    elif trigger == "cancel":
        cancel(turn, fire)
    else:
        fire(turn, trigger)


def _small_talk(turn: Turn, text: str, understood: Understanding, fire: Fire, *, in_form: bool) -> bool:
    """Greetings, thanks, and what is unclear or not ours."""
    match understood.intents:
        case ("saludo",) if turn.state != turn.flow.start:  # the start node greets in its own words
            turn.say_phrase("hello_again")
            turn.remind()
            return True
        case ("despedida_gracias",):
            turn.say_phrase("you_are_welcome")
            if in_form:
                turn.remind()
            else:
                fire(turn, "rest")
            return True
        case ("ambiguo",) if understood.candidates:
            turn.change(candidates=tuple(name for name in understood.candidates if name in turn.flow.cases), return_to=turn.state)
            fire(turn, "aside.clarify")
            return True
        case ("fuera_de_alcance",) if not in_form and turn.refusal is None and len(text.split()) >= _WORDS_OF_A_REQUEST:
            turn.change(return_to=turn.state)
            fire(turn, "aside.offer_ticket")
            return True
        case _:
            return False
