"""The customers' phones of the simulator: who they are, and what each one sent. All goes through the Twilio stand-in.

The stand-in remembers messages as Twilio does; what only the phone knows (that it was a tap, a place, which file, and
what the webhook answered) is remembered here. Everything is forgotten when the process ends.
"""

import asyncio
import hashlib
import secrets
from collections import Counter, defaultdict
from collections.abc import Awaitable
from dataclasses import dataclass, replace

import phonenumbers

from bot.channels.fake_twilio import FakeTwilio, File, Incoming
from bot.engine.inputs import Kind, Location


@dataclass(frozen=True)
class Phone:
    """A customer with a phone. `phone` is E.164, or empty if WhatsApp shows only the username."""

    address: str
    profile_name: str
    phone: str
    external_id: str

    @property
    def number(self) -> str:
        """The phone number as people write it (`+57 300 555 0142`), or empty."""
        if not self.phone:
            return ""
        return phonenumbers.format_number(phonenumbers.parse(self.phone), phonenumbers.PhoneNumberFormat.INTERNATIONAL)


@dataclass(frozen=True)
class NamedFile:
    """A file and the name it had where it was picked; WhatsApp passes no names on."""

    name: str
    file: File


@dataclass(frozen=True)
class Said:
    """What a customer sends: `choice` is the id of a tapped button, `file` the key of a file kept before."""

    kind: Kind
    text: str = ""
    choice: str = ""
    file: str = ""
    location: Location | None = None
    times: int = 1  #: how often the same message is delivered
    answer: int | None = None  #: the webhook's HTTP status, 0 if nobody answered, None while it is on its way


class PhoneRefusedError(ValueError):
    """No phone can be added so: `problem` names why, for the page to say in words."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class Phones:
    """All phones, in the order in which they were added."""

    def __init__(self, fake: FakeTwilio) -> None:
        self.fake = fake
        self.by_address: dict[str, Phone] = {}
        self.files: dict[str, NamedFile] = {}
        self.watchers: set[asyncio.Event] = set()  #: set whenever something here changes
        self._said: dict[str, Said] = {}
        self._on_its_way: dict[str, Said] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._looking: Counter[str] = Counter()

    def add(self, profile_name: str, number: str, username: str = "") -> Phone:
        """A new customer, known by a phone number, or by a username alone if `number` is blank. Raises PhoneRefusedError."""
        phone = _e164(number) if number.strip() else ""
        # As at Meta the id belongs to the person: the same number or username gets the same id, also after a restart.
        digest = hashlib.sha256((phone or username or secrets.token_hex()).encode()).hexdigest()
        external_id = f"CO.{int(digest[:16], 16)}"
        added = Phone(f"whatsapp:{phone or external_id}", profile_name, phone, external_id)
        if added.address in self.by_address:
            raise PhoneRefusedError("exists")
        self.by_address[added.address] = added
        self.changed()
        return added

    async def say(self, address: str, said: Said) -> int:
        """Send one message and return what the webhook answered (0: nothing). One at a time for each phone."""
        phone = self.by_address[address]
        async with self._turns[address]:
            self._on_its_way[address] = said
            try:
                receipt = await self.fake.receive(address, **self._incoming(phone, said))
            finally:
                del self._on_its_way[address]
            self._said[receipt.sid] = replace(said, answer=receipt.status)
        self.changed()
        return receipt.status

    def told(self, address: str, sid: str) -> Said | None:
        """What is known of a message beyond the stand-in's record. The only one not settled yet is the one on its way."""
        return self._said.get(sid) or self._on_its_way.get(address)

    def look_at(self, address: str) -> Awaitable[None]:
        """Somebody looks at this phone's chat from now on; await the result for what was delivered to be read."""
        self._looking[address] += 1
        return self.fake.open_chat(address)

    def look_away(self, address: str) -> None:
        """One who looked at this chat does so no more."""
        self._looking[address] -= 1
        if not self._looking[address]:
            self.fake.close_chat(address)

    def changed(self) -> None:
        """Wake those who watch."""
        for watcher in self.watchers:
            watcher.set()

    def _incoming(self, phone: Phone, said: Said) -> Incoming:
        incoming = Incoming(
            text=said.text,
            kind=said.kind,
            profile_name=phone.profile_name,
            external_id=phone.external_id,
            repeat=said.times,
        )
        if said.file:
            incoming["media"] = [self.files[said.file].file]
        if said.location:
            incoming["location"] = said.location
        if said.choice:
            incoming["button"] = (said.choice, said.text)
        return incoming


def _e164(number: str) -> str:
    try:
        parsed = phonenumbers.parse(number, "CO")
    except phonenumbers.NumberParseException:
        raise PhoneRefusedError("phone") from None
    if not phonenumbers.is_possible_number(parsed):
        raise PhoneRefusedError("phone")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
