"""What agents do to a conversation: take it over, reply, give it back.

While an agent has it the bot is silent, whatever the customer writes, commands too: two who answer at once are worse than
one who answers late. What the customer writes goes into the transcript and marks the ticket unread. The customer is told
who attends them and when the bot is back, as long as WhatsApp lets us write; agents see each switch in the transcript.
"""

from bot.engine.effects import MarkUnread, NoteSwitch, Say, Switch, WithdrawQueued
from bot.engine.inputs import AgentReleased, AgentReplied, AgentTookOver, TicketResolved
from bot.engine.turn import Turn


def hear(turn: Turn) -> None:
    """The customer wrote to the agent."""
    turn.effects.append(MarkUnread(turn.conversation.ticket))


def take_over(turn: Turn, happened: AgentTookOver) -> None:
    """The agent has it from now on; what the bot was about to say is not said any more."""
    before = turn.conversation.agent
    turn.effects += [WithdrawQueued(), NoteSwitch(Switch.TOOK_OVER, happened.ticket, happened.agent)]
    if turn.can_write and before != happened.agent:
        turn.say_phrase("agent_took_over", {"name": happened.name})
    _rest(turn)
    turn.change(agent=happened.agent, ticket=happened.ticket)


def release(turn: Turn, happened: AgentReleased) -> None:
    """The bot has it again, at rest."""
    if not _is_held_for(turn, happened.ticket):
        return
    turn.effects.append(NoteSwitch(Switch.RELEASED, happened.ticket, happened.agent))
    if turn.can_write:
        turn.say_phrase("bot_is_back", {"ticket": happened.ticket})
    _give_back(turn)


def reply(turn: Turn, happened: AgentReplied) -> None:
    """What the agent wrote goes out under their name."""
    turn.effects.append(Say(happened.text, happened.agent))


def resolve(turn: Turn, happened: TicketResolved) -> None:
    """The ticket is done. If its agent had the conversation, the bot has it again."""
    turn.effects.append(NoteSwitch(Switch.RESOLVED, happened.ticket, happened.agent))
    if turn.conversation.agent and not _is_held_for(turn, happened.ticket):
        return  # an agent is talking to the customer about something else
    if turn.conversation.agent:
        _give_back(turn)
    if turn.can_write:
        turn.say_phrase("ticket_resolved", {"ticket": happened.ticket})


def _is_held_for(turn: Turn, ticket: str) -> bool:
    return bool(turn.conversation.agent) and turn.conversation.ticket == ticket


def _give_back(turn: Turn) -> None:
    turn.change(agent="", ticket="")
    _rest(turn)


def _rest(turn: Turn) -> None:
    """Forget the dialogue with the bot: the agent's words came in between."""
    turn.state = turn.flow.start
    turn.change(misses=0)
    turn.drop_draft()
