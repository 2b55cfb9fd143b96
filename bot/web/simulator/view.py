"""What the page shows, made from what the stand-in and the phones remember. Pure; the page gets it as JSON."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from bot.channels.fake_twilio import Direction, Faults, Record
from bot.engine.inputs import Kind, Location
from bot.web.simulator.phones import NamedFile, Phone, Said

#: How the page names Twilio's statuses of what we send; it draws one tick, one, two, two blue ones, and a red sign.
_STATUS = {
    "queued": "queued",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "failed",
    "failed": "failed",
}


#: What the panel of faults shows of a fault that strikes every time.
ALWAYS = "always"
#: Faults that are no occasions but measures, and their steps: seconds, an error's number.
FAULT_MEASURES = {"slow_seconds": "0.5", "stale_listing": "1", "undelivered_code": "1"}


@dataclass(frozen=True)
class MediaView:
    """A file in a bubble: `key` is its address below the simulator's `media/`."""

    key: str
    name: str
    content_type: str


@dataclass(frozen=True)
class MessageView:
    """One bubble. `why` is what went wrong, as a key into the page's words: an error number, `webhook` or `unreachable`."""

    id: str
    mine: bool  #: from the customer whose phone it is
    kind: Kind
    text: str
    choice: str
    media: list[MediaView]
    location: Location | None
    at: datetime
    status: str
    why: str
    number: int  #: the error's number, or the HTTP status
    times: int


@dataclass(frozen=True)
class PhoneView:
    """One phone with all its messages, oldest first. `number` is written for people, or empty."""

    address: str
    profile_name: str
    number: str
    typing: bool
    messages: list[MessageView]


def phone_view(
    phone: Phone,
    records: Sequence[Record],
    told: Callable[[str], Said | None],
    files: Mapping[str, NamedFile],
    *,
    typing: bool,
) -> PhoneView:
    """The phone as it stands; `told` gives what is known of a message by its sid."""
    messages = [
        _sent(record, told(record.sid), files) if record.direction is Direction.INBOUND else _received(record)
        for record in records
    ]
    return PhoneView(phone.address, phone.profile_name, phone.number, typing, messages)


def _received(record: Record) -> MessageView:
    return MessageView(
        id=record.sid,
        mine=False,
        kind=_kind(record),
        text=record.body,
        choice="",
        media=[MediaView(medium.url, "", medium.content_type) for medium in record.media if medium.content_type],
        location=None,
        at=record.at,
        status=_STATUS[record.status],
        why=str(record.error_code or ""),
        number=record.error_code or 0,
        times=1,
    )


def _kind(record: Record) -> Kind:
    """Of a message to the customer: by its file, once that was fetched."""
    if not record.media or not record.media[0].content_type:
        return Kind.TEXT
    family = record.media[0].content_type.partition("/")[0]
    return {"image": Kind.IMAGE, "audio": Kind.AUDIO, "video": Kind.VIDEO}.get(family, Kind.DOCUMENT)


def _sent(record: Record, said: Said | None, files: Mapping[str, NamedFile]) -> MessageView:
    said = said or Said(Kind.TEXT, record.body, answer=200)  # sent past the simulator, straight into the stand-in
    status, why = _delivery(record, said)
    named = [(said.file, files[said.file])] if said.file else []
    return MessageView(
        id=record.sid,
        mine=True,
        kind=said.kind,
        text=record.body,
        choice=said.choice,
        media=[MediaView(key, file.name, file.file.content_type) for key, file in named],
        location=said.location,
        at=record.at,
        status=status,
        why=why,
        number=said.answer or 0,
        times=said.times,
    )


def _delivery(record: Record, said: Said) -> tuple[str, str]:
    """How far a customer's message got, and what stopped it: handed to the webhook is delivered, "typing…" is read."""
    if record.status == "read":
        return "read", ""
    if said.answer is None:
        return "sending", ""
    if 200 <= said.answer < 300:
        return "delivered", ""
    return "failed", "webhook" if said.answer else "unreachable"


def faults_view(faults: Faults) -> dict[str, float | str]:
    """Every fault by name: 0 is off, a number counts occasions or measures, `always` is a certainty."""
    told = asdict(faults)
    del told["seed"]  # of use to tests only
    return {
        name: ALWAYS if type(value) is float and value == 1 and name not in FAULT_MEASURES else value
        for name, value in told.items()
    }
