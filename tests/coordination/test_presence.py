"""What one process remembers of who is where, and that it does not remember it for ever."""

from bot.coordination.base import Doing
from bot.coordination.presence import Presences


def test_what_is_over_is_forgotten_also_where_nobody_asks() -> None:
    now = [0.0]
    presences = Presences(lambda: now[0])
    for number in range(100):
        presences.attend(f"SF-{number}", "ana", Doing.LOOKING, 45)
        presences.is_first(f"key-{number}", 20)
    now[0] = 61.0
    assert presences.present("SF-1") == {}
    assert presences.attend("SF-7", "ana", Doing.LOOKING, 45)
    assert presences.is_first("key-7", 20)
    held = vars(presences)
    assert [len(held[name]) for name in ("_ends", "_told", "_taken")] == [1, 1, 1]
