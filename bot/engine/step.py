"""One step, pure: (flow, conversation, input, circumstances) → the conversation after it and what is to be done.

While an agent has the conversation, the bot says nothing (`desk`) but to a request about the customer's data (`rights`), which
goes before everything. Else a customer's message is read in this order; the first that understands it wins:

1. silence that was too long: the draft is kept and the customer asked whether to go on with it
2. a message without words (a file, a place, a voice note…)
3. a command, as a whole message: menú, volver, cancelar, ayuda, asesor, estado
4. at a free-text question: a documented question, which is answered before the pending one is asked again
5. the node: an option, a field's value, a yes or no
6. a question or a request in plain words
7. a miss: what went wrong, and the question again; after two in a row, a person is offered
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from bot.engine import asides, bursts, desk, loops, rights
from bot.engine.conversation import Conversation
from bot.engine.effects import Effect, Say, WakeAt
from bot.engine.flow import Flow
from bot.engine.inputs import (
    AgentReleased,
    AgentReplied,
    AgentTookOver,
    Input,
    Kind,
    MessageReceived,
    MessagesPiledUp,
    TicketResolved,
    TimeRanOut,
)
from bot.engine.joining import joined
from bot.engine.nodes.ask import Ask
from bot.engine.nodes.base import STAY
from bot.engine.nodes.collect import Collect
from bot.engine.nodes.menu import Menu
from bot.engine.nodes.start import Start
from bot.engine.turn import Circumstances, Turn
from bot.understanding.commands import Command, find_command
from bot.understanding.menu import path

#: Ends loops that an author made and no check saw; a dialogue of ours takes about ten moves at most.
_MOST_MOVES = 50
#: Triggers that lead out of a form for good, so that a correction under way is over.
_LEAVES_FORM = frozenset({"menu", "agent", "tickets", "cancel", "rest"})


@dataclass(frozen=True)
class Step:
    """What one input led to."""

    conversation: Conversation
    effects: tuple[Effect, ...]
    #: Why, for agents: a meaning by its name alone, all else as a kind and what it is about. Kinds: those of understanding,
    #: `command`, `at` and `to` (nodes before and after), `way` (node and trigger), `unfit`, `missed`, `happened`.
    reasons: tuple[str, ...] = ()
    visited: tuple[str, ...] = ()  #: the nodes it led through, each once, in order; documented answers given in passing too


def begin(flow: Flow) -> Conversation:
    """A conversation in which nothing was said yet."""
    return Conversation(node=flow.start)


def step(flow: Flow, conversation: Conversation, happened: Input, circumstances: Circumstances) -> Step:
    """Decide. Never raises for anything a customer can do."""
    conversation = _of_this_flow(flow, conversation)
    turn = Turn(flow, conversation, circumstances, state=conversation.node, reasons=[f"at {conversation.node}"])
    match happened:
        case MessageReceived():
            _received(turn, happened, conversation)
            turn.change(last_at=circumstances.now, reminded=False)
        case TimeRanOut():
            turn.reasons.append("happened time_ran_out")
            desk.let_time_run_out(turn)
            _time_ran_out(turn)
        case MessagesPiledUp():
            bursts.slow_down(turn)
        case AgentTookOver():
            turn.reasons.append("happened agent_took_over")
            desk.take_over(turn, happened)
        case AgentReleased():
            turn.reasons.append("happened agent_released")
            desk.release(turn, happened)
        case AgentReplied():
            desk.reply(turn, happened)
        case TicketResolved():
            turn.reasons.append("happened ticket_resolved")
            desk.resolve(turn, happened, fire)
        case _:
            assert_never(happened)
    after = replace(turn.conversation, node=turn.state)
    turn.reasons.append(f"to {turn.state}")
    if (wake_at := _wake_at(turn)) is not None:
        turn.effects.append(WakeAt(wake_at))
    return Step(after, joined(turn.effects), tuple(turn.reasons), tuple(dict.fromkeys(turn.visited)))


def _received(turn: Turn, happened: MessageReceived, before: Conversation) -> None:
    if turn.circumstances.blocked:
        rights.hear(turn, happened, fire)
        return
    delivered = desk.deliver(turn)
    if before.agent:
        desk.hear(turn, happened, opens=delivered)
        rights.hear(turn, happened, fire)
    elif loops.falls_silent(turn, happened) or delivered:  # they wrote in order to read that, as they were asked to
        rights.hear(turn, happened, fire)
    else:
        _message(turn, bursts.without_files(turn, happened))
        bursts.leave_out_repeats(turn, before)
        bursts.ask_pardon(turn)


def _wake_at(turn: Turn) -> datetime | None:
    """When silence will mean something: the agent's, or the customer's in the middle of a form."""
    if (ends := desk.patience_ends(turn)) is not None:
        return ends
    if not in_form(turn) or turn.conversation.reminded:
        return None
    return (turn.conversation.last_at or turn.circumstances.now) + turn.circumstances.reminder_after


def _of_this_flow(flow: Flow, conversation: Conversation) -> Conversation:
    """A conversation from the time of an older flow, without the nodes and cases that are gone."""
    candidates = tuple(name for name in conversation.candidates if name in flow.cases)
    gone = conversation.node not in flow.nodes or (conversation.node == flow.roles.clarify and not candidates)
    return replace(
        conversation,
        node=flow.start if gone else conversation.node,
        candidates=candidates,
        return_to=conversation.return_to if conversation.return_to in flow.nodes else "",
    )


def in_form(turn: Turn) -> bool:
    """Whether a form is under way."""
    return turn.state in turn.flow.forms


def fire(turn: Turn, trigger: str) -> None:
    """Move, and move on while nodes pass on."""
    turn.reasons.append(f"way {turn.state} {trigger}")
    onward: str | None = trigger
    for _ in range(_MOST_MOVES):
        if onward is None:
            return
        if onward in _LEAVES_FORM or onward.startswith("case."):
            turn.change(correcting=False)
        turn.flow.machine.events[onward].trigger(turn)  # the new node is entered, which sets `turn.next`
        onward = turn.next
    message = f"the flow makes more than {_MOST_MOVES} moves without waiting at {turn.state}"
    raise RuntimeError(message)


def _message(turn: Turn, said: MessageReceived) -> None:
    if said.masked and not turn.conversation.secret_told:
        turn.say_phrase("secret_masked")
        turn.change(secret_told=True)
    if (
        said.kind is Kind.REACTION
        or rights.hear(turn, said, fire)
        or _resume(turn)
        or _without_words(turn, said)
        or _command(turn, said)
    ):
        return
    node = turn.flow.nodes[turn.state]
    if isinstance(node, Ask) and node.kind == "name" and asides.answer_question(turn, said.text, fire):
        return
    if _path(turn, said):
        return
    understood = None if isinstance(node, Start) else node.read(said, turn)
    if understood is not None:
        turn.change(misses=0)
        _go(turn, node, said, understood)
    elif asides.answer(turn, said.text, fire):
        turn.change(misses=0)
    elif isinstance(node, Start):
        fire(turn, node.read(said, turn) or "greeted")
    else:
        _miss(turn)


def _go(turn: Turn, node: object, said: MessageReceived, trigger: str) -> None:
    """Take the way that the node chose; a detail that is a documented case is explained first."""
    if trigger == STAY:
        return
    if isinstance(node, Ask) and node.documented is not None and trigger == "answered" and asides.explain_detail(turn, said.text):
        trigger = "documented"
    fire(turn, trigger)


def _resume(turn: Turn) -> bool:
    """After a long silence: ask whether to go on with the draft (True), or begin anew."""
    spoken = [at for at in (turn.conversation.last_at, turn.conversation.asked_at) if at is not None]
    is_live = not spoken or turn.circumstances.now - max(spoken) < turn.circumstances.resume_after
    if is_live or turn.state == turn.flow.roles.resume:
        return False
    pending = turn.state if in_form(turn) else turn.conversation.return_to
    if pending in turn.flow.forms:
        turn.change(return_to=pending)
        fire(turn, "aside.resume")
        return True
    turn.state = turn.flow.start  # a menu of days ago means nothing any more
    turn.drop_draft()
    return False


def _without_words(turn: Turn, said: MessageReceived) -> bool:
    """Deal with a message that has no words; True if that was all there was to it."""
    if isinstance(turn.flow.nodes[turn.state], Collect) and (said.media or said.location) and said.kind is not Kind.AUDIO:
        return False
    if said.media or said.location:
        if said.kind is Kind.AUDIO:
            turn.say_phrase("audio")
        elif said.kind is not Kind.STICKER:
            turn.say_phrase("media_kept" if in_form(turn) else "media_outside")
        if in_form(turn) and said.kind is not Kind.STICKER:
            turn.attach(said)
    if said.text.strip() or said.choice:
        return False
    if not turn.effects:
        turn.say_phrase("only_text")
    turn.remind()
    return True


def _command(turn: Turn, said: MessageReceived) -> bool:
    """Obey a command; True if it was one."""
    node = turn.flow.nodes[turn.state]
    if isinstance(node, Collect) and node.goes_on(said.text):
        return False  # "no más" ends a series of files; elsewhere it would cancel
    command = Command.BACK if said.text.strip() == "0" else find_command(said.text, turn.flow.vocabulary.menu.commands)
    if command is None or command in rights.RIGHTS:
        return False
    turn.reasons.append(f"command {command.value}")
    turn.change(misses=0)
    asides.obey(turn, command, fire)
    return True


def _path(turn: Turn, said: MessageReceived) -> bool:
    """Walk a path such as "1 3 1" when every part of it is an option; at the start also a single number. True if walked."""
    flow, node = turn.flow, turn.flow.nodes[turn.state]
    at = flow.roles.menu if isinstance(node, Start) else turn.state
    numbers = path(said.text)
    if numbers is None and isinstance(node, Start):
        menu = flow.nodes[at]
        return isinstance(menu, Menu) and (trigger := menu.read(said, turn)) is not None and _walk(turn, at, [trigger])
    if not isinstance(flow.nodes[at], Menu):
        return False
    triggers = [f"option_{number}" for number in numbers or ()]
    here = at
    for trigger in triggers:
        ways = flow.nodes[here].leads_to() if isinstance(flow.nodes[here], Menu) else {}
        if trigger not in ways:
            return False
        here = ways[trigger]
    return bool(triggers) and _walk(turn, at, triggers)


def _walk(turn: Turn, begin_at: str, triggers: list[str]) -> bool:
    """Take several menus in one go; only the last arrival is heard."""
    turn.state = begin_at
    turn.visited.append(begin_at)
    turn.change(misses=0)
    for trigger in triggers[:-1]:
        heard = len(turn.effects)
        fire(turn, trigger)
        del turn.effects[heard:]
    fire(turn, triggers[-1])
    return True


def _miss(turn: Turn) -> None:
    turn.change(misses=turn.conversation.misses + 1)
    turn.reasons.append(f"unfit {turn.refusal.reason}" if turn.refusal is not None else f"missed {turn.conversation.misses}")
    explained = turn.flow.refusal(turn.refusal) if turn.refusal is not None else turn.flow.phrases["not_understood"]
    turn.effects.append(Say(explained, is_question=True))
    if turn.conversation.misses >= 2 and turn.state != turn.flow.roles.offer_agent:
        turn.change(misses=0, return_to=turn.state)
        fire(turn, "aside.offer_agent")
    elif turn.refusal is None:
        turn.remind()


def _time_ran_out(turn: Turn) -> None:
    """Silence in the middle of a form: one reminder, with the pending question."""
    last = turn.conversation.last_at
    was_silent = last is None or turn.circumstances.now - last >= turn.circumstances.reminder_after
    if in_form(turn) and was_silent and not turn.conversation.reminded:
        turn.say_phrase("reminder")
        turn.remind()
        turn.change(reminded=True)
