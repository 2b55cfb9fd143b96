"""What every node offers. A node type is one file: example, data, ways out, understanding, what it says."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, StringConstraints

from bot.engine.inputs import MessageReceived
from bot.engine.turn import Turn

NodeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=3000)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Node(BaseModel):
    """A place in the conversation. Immutable: what changes is in the conversation and in the turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: Whether the customer's next message is awaited here; a node that does not wait passes on at once.
    waits: ClassVar[bool] = True

    def leads_to(self) -> Mapping[str, str]:
        """Trigger → name of the node it leads to."""
        raise NotImplementedError

    def texts(self) -> Iterator[tuple[str, str, frozenset[str]]]:
        """Each text with its key and the placeholders that it may hold; for the checks."""
        yield from ()

    def enter(self, turn: Turn) -> str | None:
        """Say what there is to say on arrival. A node that does not wait returns the trigger to pass on with."""
        raise NotImplementedError

    def remind(self, turn: Turn) -> None:
        """Ask again, after an aside or a miss."""
        self.enter(turn)

    def read(self, said: MessageReceived, turn: Turn) -> str | None:  # noqa: ARG002
        """Understand an answer: the trigger to go on with, `STAY` if it was dealt with here, None if not understood."""
        return None


#: What `read` returns when the answer was understood and the node goes on waiting, having said what to say.
STAY = ""
