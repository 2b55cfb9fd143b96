"""What the rules find."""

from typing import NamedTuple


class Value(NamedTuple):
    """Words `first` to `final` of a message are secret, and why."""

    first: int
    final: int
    why: str
