"""What agents do to a conversation: take it over, reply, give it back.

While an agent has it the bot is silent, whatever the customer writes, commands too: two who answer at once are worse than
one who answers late. What the customer writes goes into the transcript and marks the ticket unread. The customer is told
who attends them and when the bot is back, as long as WhatsApp lets us write; agents see each switch in the transcript.

A customer who waits half an hour (`conversation.agent_idle_minutes`) for an answer waits no longer: the ticket goes back into
the queue. After a ticket was resolved the customer is asked for a rating, and within a week what they write reopens it.
"""

from collections.abc import Callable
from datetime import datetime

from bot.engine.conversation import Pending
from bot.engine.effects import Invite, MoveTicket, NoteSwitch, Say, Switch, WithdrawQueued
from bot.engine.inputs import AgentReleased, AgentReplied, AgentTookOver, Kind, MessageReceived, TicketResolved
from bot.engine.turn import Turn

Fire = Callable[[Turn, str], None]


def deliver(turn: Turn) -> bool:
    """The customer wrote, so what waited for that goes out before anything else; True if something did."""
    waited = turn.conversation.pending
    turn.effects += [Say(reply.text, reply.agent, reply.files) for reply in waited]
    turn.change(pending=(), invited=False)
    return bool(waited)


def hear(turn: Turn, said: MessageReceived, *, opens: bool) -> None:
    """The customer wrote to the agent. Neither a thumb up nor what only opens a waiting reply waits for an answer."""
    if said.kind is Kind.REACTION:
        return
    # Whoever waited for the customer waits no longer.
    turn.effects.append(MoveTicket(turn.conversation.ticket, "resume", "customer"))
    if opens:
        return
    turn.change(unanswered_at=turn.conversation.unanswered_at or turn.circumstances.now)


def patience_ends(turn: Turn) -> datetime | None:
    """When the customer has waited long enough for the agent; None while nothing is unanswered."""
    since = turn.conversation.unanswered_at
    return None if since is None else since + turn.circumstances.agent_idle_after


def let_time_run_out(turn: Turn) -> None:
    """If the agent has not answered: the ticket goes back into the queue, and the bot talks."""
    ends, ticket = patience_ends(turn), turn.conversation.ticket
    if ends is None or turn.circumstances.now < ends:
        return
    turn.effects += [MoveTicket(ticket, "release", "bot"), NoteSwitch(Switch.IDLE, ticket, turn.conversation.agent)]
    turn.say_phrase("agent_was_idle", {"ticket": ticket, "hours": turn.flow.hours.tell(turn.circumstances.now)})
    _give_back(turn)


def take_over(turn: Turn, happened: AgentTookOver) -> None:
    """The agent has it from now on; what the bot was about to say is not said any more."""
    before = turn.conversation.agent
    turn.effects += [WithdrawQueued(), NoteSwitch(Switch.TOOK_OVER, happened.ticket, happened.agent)]
    if turn.can_write and before != happened.agent:
        turn.say_phrase("agent_took_over", {"name": happened.name})
    _rest(turn)
    waits = turn.conversation.unanswered_at is not None  # for a colleague: the patience begins anew
    turn.change(agent=happened.agent, ticket=happened.ticket, unanswered_at=turn.circumstances.now if waits else None)


def release(turn: Turn, happened: AgentReleased) -> None:
    """The bot has it again, at rest."""
    if not _is_held_for(turn, happened.ticket):
        return
    turn.effects.append(NoteSwitch(Switch.RELEASED, happened.ticket, happened.agent))
    if turn.can_write:
        turn.say_phrase("bot_is_back", {"ticket": happened.ticket})
    _give_back(turn)


def reply(turn: Turn, happened: AgentReplied) -> None:
    """What the agent wrote goes out under their name, or waits for the customer to write, who is asked to once."""
    turn.change(unanswered_at=None)
    if turn.can_write:
        turn.effects.append(Say(happened.text, happened.agent, happened.files))
        return
    template, is_invited = turn.circumstances.template, turn.conversation.invited
    turn.change(pending=(*turn.conversation.pending, Pending(happened.text, happened.agent, happened.files)))
    if template and not is_invited:
        turn.effects.append(Invite(template, turn.flow.phrases["invitation"], happened.agent))
        turn.change(invited=True)


def resolve(turn: Turn, happened: TicketResolved, fire: Fire) -> None:
    """The ticket is done. If its agent had the conversation, the bot has it again, and asks for a rating.

    Whoever is in the middle of a form for something else is only told, and asked the pending question again.
    """
    turn.effects.append(NoteSwitch(Switch.RESOLVED, happened.ticket, happened.agent))
    if turn.conversation.agent and not _is_held_for(turn, happened.ticket):
        return  # an agent is talking to the customer about something else
    if turn.conversation.agent:
        _give_back(turn)
    if not turn.can_write:
        return
    turn.say_phrase("ticket_resolved", {"ticket": happened.ticket})
    if {turn.state, turn.conversation.return_to} & turn.flow.forms.keys():
        turn.remind()
        return
    turn.change(rating=happened.ticket, asked_at=turn.circumstances.now)
    fire(turn, "aside.rate")


def reopen(turn: Turn, fire: Fire) -> bool:
    """What the customer says reopens their ticket, if the last one was resolved a short while ago; True if so.

    Asked for what is no command, no answer to a menu, no documented question and no courtesy, and longer than a slip.
    """
    ticket = turn.last_resolved()
    if ticket is None or not turn.is_recent(ticket):
        return False
    turn.effects += [
        MoveTicket(ticket.number, "reopen", "customer"),
        NoteSwitch(Switch.REOPENED, ticket.number, "customer"),
    ]
    turn.say_phrase("reopened", {"ticket": ticket.number, "hours": turn.flow.hours.tell(turn.circumstances.now)})
    fire(turn, "rest")
    return True


def _is_held_for(turn: Turn, ticket: str) -> bool:
    return bool(turn.conversation.agent) and turn.conversation.ticket == ticket


def _give_back(turn: Turn) -> None:
    turn.change(agent="", ticket="", unanswered_at=None)
    _rest(turn)


def _rest(turn: Turn) -> None:
    """Forget the dialogue with the bot: the agent's words came in between."""
    turn.state = turn.flow.start
    turn.change(misses=0)
    turn.drop_draft()
