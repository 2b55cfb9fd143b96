"""Several messages at once, and messages that had to wait: what customers are spared, and what they are told.

Who writes "hola", "hola", "hola" within a moment gets one menu: a question that was asked just now and still stands as the
last thing said is not asked again. Who waited long is asked for pardon, and who writes faster than they are answered is told
so, once in a while.
"""

import zlib
from dataclasses import replace
from datetime import timedelta

from bot.engine.conversation import Conversation
from bot.engine.effects import Say
from bot.engine.inputs import Kind, MessageReceived
from bot.engine.turn import Turn

#: What was told about waiting is not told again for so long.
_TOLD_FOR = timedelta(minutes=10)
#: What only introduces a question falls away with it.
_INTRODUCTIONS = ("hello_again", "back_to_question")


def leave_out_repeats(turn: Turn, before: Conversation) -> None:
    """Take back the question at the end of what is said, if the customer has it before them since a moment ago."""
    if not turn.effects:
        return
    last = turn.effects[-1]
    # After an answer the question is asked again: it would be out of sight above.
    if not all(effect.is_question for effect in turn.effects if isinstance(effect, Say)) or not isinstance(last, Say):
        turn.change(asked="")
        return
    asked = f"{zlib.crc32(last.text.encode()):08x}"
    stands = before.asked == asked and before.node == turn.state
    if not stands or not turn.is_just_now(before.last_at, turn.circumstances.burst):
        turn.change(asked=asked)
        return
    turn.reasons.append("asked just now")
    turn.effects.pop()
    introductions = {turn.flow.phrases[name] for name in _INTRODUCTIONS}
    if turn.effects and isinstance(last := turn.effects[-1], Say) and last.text in introductions:
        turn.effects.pop()
    turn.change(asked="" if turn.effects else asked)


def ask_pardon(turn: Turn) -> None:
    """Begin an answer that comes late by saying so."""
    first = next((place for place, effect in enumerate(turn.effects) if isinstance(effect, Say)), None)
    if first is None or turn.circumstances.waited < turn.circumstances.late_after or _is_told(turn):
        return
    turn.effects.insert(first, Say(turn.flow.phrases["late"], is_question=True))
    turn.change(delay_told_at=turn.circumstances.now)


def slow_down(turn: Turn) -> None:
    """The customer writes faster than they are answered: nothing is lost, and they need not repeat it."""
    if turn.conversation.agent or _is_told(turn):
        return
    turn.say_phrase("slow_down")
    turn.change(delay_told_at=turn.circumstances.now)


def _is_told(turn: Turn) -> bool:
    return turn.is_just_now(turn.conversation.delay_told_at, _TOLD_FOR)


def without_files(turn: Turn, said: MessageReceived) -> MessageReceived:
    """The message as it is to be read: without its files if more came than are kept. The customer is told, once in a while."""
    if not said.media or not turn.circumstances.refuses_files:
        return said
    turn.reasons.append("happened files_refused")
    if not turn.is_just_now(turn.conversation.files_told_at, _TOLD_FOR):
        turn.say_phrase("too_many_files")
        turn.change(files_told_at=turn.circumstances.now)
    return replace(said, media=(), kind=Kind.TEXT)
