"""What happens to the phones, as a stream of states for the page. Each connection begins with everything."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from bot.channels.fake_twilio import Change
from bot.web.simulator.phones import Phones
from bot.web.simulator.view import PhoneView, faults_view, phone_view

#: Seconds between two states when nothing happens: they carry the clock, and end a "typing…" that ran out.
_BEAT = 2.0


@dataclass(frozen=True)
class State:
    """What changed: `phones` holds only those that look different now; `addresses` names all, in order."""

    now: datetime
    addresses: list[str]
    phones: list[PhoneView]
    faults: dict[str, float | str] | None


async def states(phones: Phones, clock_now: Callable[[], datetime], seen: str, stopping: asyncio.Event) -> AsyncIterator[State]:
    """Everything now, then what changes, until `stopping`. The phone at `seen` is looked at meanwhile, if there is one."""
    happened = asyncio.Event()
    phones.watchers.add(happened)
    tasks = [
        asyncio.ensure_future(_follow(phones.fake.subscribe(), happened)),
        asyncio.ensure_future(_pass_on(stopping, happened)),
    ]
    looked_at = seen if seen in phones.by_address else ""
    if looked_at:
        tasks.append(asyncio.ensure_future(phones.look_at(looked_at)))
    shown: dict[str, PhoneView] = {}
    faults: dict[str, float | str] | None = None
    try:
        while not stopping.is_set():
            happened.clear()
            views = all_views(phones)
            new_faults = faults_view(phones.fake.faults)
            changed = [view for view in views if shown.get(view.address) != view]
            yield State(clock_now(), list(phones.by_address), changed, None if new_faults == faults else new_faults)
            shown, faults = {view.address: view for view in views}, new_faults
            with suppress(TimeoutError):
                await asyncio.wait_for(happened.wait(), _BEAT)
    finally:
        phones.watchers.discard(happened)
        for task in tasks:
            task.cancel()
        if looked_at:
            phones.look_away(looked_at)


def all_views(phones: Phones) -> list[PhoneView]:
    """All phones as they stand."""
    fake = phones.fake
    return [
        phone_view(
            phone,
            fake.conversation(address),
            lambda sid, address=address: phones.told(address, sid),  # type: ignore[misc]
            phones.files,
            typing=fake.typing(address) is not None,
        )
        for address, phone in phones.by_address.items()
    ]


async def _follow(changes: AsyncIterator[Change], happened: asyncio.Event) -> None:
    async for _ in changes:
        happened.set()


async def _pass_on(stopping: asyncio.Event, happened: asyncio.Event) -> None:
    await stopping.wait()
    happened.set()
