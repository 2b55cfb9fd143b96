"""Which of the provider's messages is the one whose send ended without an answer. Pure.

Nothing of a conversation overtakes it, so it came after all that went before it; and what belongs to another message of
ours, or to an earlier attempt, cannot be it: of texts that are word for word the same each belongs to one row.
"""

from collections.abc import Mapping, Sequence

from bot.channels.base import Sent
from bot.messages.outbox import Claimed


def match(claimed: Claimed, listed: Sequence[Sent], known: Mapping[str, int]) -> Sent | None:
    """The message as the provider lists it (oldest first), or None if it is not there. `known`: ids of ours → place."""
    before = [sent.created_at for sent in listed if known.get(sent.sid, claimed.position) < claimed.position]
    # By the provider's own clock, whatever ours says; within one second the list's order means nothing.
    earliest = max(before, default=None)
    for sent in listed:
        is_later = earliest is None or sent.created_at >= earliest
        # A template's words are the provider's.
        if is_later and sent.sid not in known and (claimed.content_sid or _words(sent.body) == _words(claimed.body)):
            return sent
    return None


def _words(body: str) -> list[str]:
    """A text without what is lost on the way: line ends of another kind, blanks at an end."""
    return body.split()
