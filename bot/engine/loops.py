"""Two programs that answer each other would never stop. What gives the other one away, and how the bot falls silent.

Twice in a row our own words come back, or the same words come again and again in quick succession, as automatic answers do.
Then a ticket asks a person to look, the customer is told so once, and the bot says nothing for a while; what comes meanwhile
goes into the transcript. If the same happens again within a day there is neither a second ticket nor a second sentence.
"""

import zlib
from datetime import timedelta

from bot.engine.effects import TICKET, OpenTicket
from bot.engine.inputs import MessageReceived
from bot.engine.turn import Turn

#: Two messages further apart than this are no quick succession.
_QUICK = timedelta(minutes=1)
#: So long the bot is silent.
_SILENT_FOR = timedelta(hours=1)
#: So long after a silence another one is the same story.
_SAME_STORY = timedelta(hours=24)
#: Shorter words are what people press and press again: it takes more of them.
_SENTENCE = 20
_MOST_SENTENCES, _MOST_WORDS = 5, 20
_MOST_ECHOES = 2


def falls_silent(turn: Turn, said: MessageReceived) -> bool:
    """Whether the bot has nothing to say to this, because a program seems to be talking; decided before the message is read."""
    before, now = turn.conversation, turn.circumstances.now
    # What seems to end much later began by a clock that was set back since.
    if before.silent_until is not None and now < before.silent_until <= now + _SILENT_FOR + _QUICK:
        turn.reasons.append("happened silent")
        return True
    words = _plain(said.text)
    if not words:
        return False
    heard = f"{zlib.crc32(words.encode()):08x}"
    is_quick = turn.is_just_now(before.last_at, _QUICK)
    repeats = before.repeats + 1 if is_quick and heard == before.heard else 1
    echoes = before.echoes + 1 if _is_echo(turn, words) and (is_quick or not before.echoes) else 0
    turn.change(heard=heard, repeats=repeats, echoes=echoes)
    if echoes < _MOST_ECHOES and repeats < (_MOST_SENTENCES if len(words) >= _SENTENCE else _MOST_WORDS):
        return False
    _call_a_person(turn, said)
    return True


def _call_a_person(turn: Turn, said: MessageReceived) -> None:
    before, now = turn.conversation, turn.circumstances.now
    turn.reasons.append("happened silent")
    turn.change(repeats=0, echoes=0, silent_until=now + _SILENT_FOR)
    if before.silent_until is not None and now - before.silent_until < _SAME_STORY:
        return
    turn.effects.append(OpenTicket(turn.flow.phrases["loop_category"], "", (), said.text, ()))
    turn.say_phrase("loop", {"ticket": TICKET, "hours": turn.flow.hours.tell(now)})


def _is_echo(turn: Turn, words: str) -> bool:
    """Whether these are words of the bot's, said lately; asked only of what is long enough to be no coincidence."""
    return len(words) >= _SENTENCE and any(_plain(text) == words for text in turn.circumstances.said())


def _plain(text: str) -> str:
    """A text without WhatsApp's marks, capitals and spaces: those change on the way."""
    return " ".join(text.replace("*", "").replace("_", "").casefold().split())
