"""How texts that are said in a row become one message: people read one bubble better than five."""

from bot.engine.effects import Effect, Say

#: Twilio takes 1,600 characters in a message; texts said in one step are joined up to a size that is pleasant to read.
_LONGEST_JOINED = 1200


def joined(effects: list[Effect]) -> tuple[Effect, ...]:
    """Texts said in a row become one message, as long as it stays readable: WhatsApp limits messages to one customer."""
    kept: list[Effect] = []
    for effect in effects:
        last = kept[-1] if kept else None
        if isinstance(effect, Say) and isinstance(last, Say) and _fit_together(last, effect):
            kept[-1] = Say(f"{last.text}\n\n{effect.text}", effect.author, is_question=last.is_question and effect.is_question)
        else:
            kept.append(effect)
    return tuple(kept)


def _fit_together(first: Say, second: Say) -> bool:
    if first.files or second.files:
        return False  # each file is a message of its own, right after the text it belongs to
    return first.author == second.author and len(first.text) + len(second.text) < _LONGEST_JOINED
