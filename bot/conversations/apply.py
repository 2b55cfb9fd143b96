"""Write down what a step decided, all in the turn's transaction: one small function for each effect."""

from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, assert_never

from sqlalchemy.engine import Connection

from bot.attachments.service import expect
from bot.channels.text import bubbles
from bot.contacts import consents
from bot.engine.effects import (
    TICKET,
    Effect,
    Invite,
    MoveTicket,
    NoteSwitch,
    OpenCase,
    OpenTicket,
    RecordComment,
    RecordConsent,
    RecordRating,
    Say,
    WakeAt,
    WithdrawQueued,
)
from bot.engine.inputs import Kind, Location, Media, MessageReceived, SentFile
from bot.messages import outbox
from bot.messages.queries import delivery_of, said
from bot.tickets import rights, service
from bot.tickets.lifecycle import NotAllowedError
from bot.tickets.promises import Promises
from bot.tickets.service import NewTicket, hear, open_ticket


@dataclass
class Scene:
    """The turn that is being written down: whose it is, what caused it, and how far the transcript is."""

    connection: Connection
    now: datetime
    conversation_id: str
    contact_id: str
    address: str
    input_id: int
    sid: str  #: of the message that caused the turn, or empty
    position: int  #: of the transcript's last message
    heard: str = ""  #: what the customer wrote
    questions_last: timedelta = timedelta(minutes=30)  #: a question that could not be sent for so long gives way to newer words
    sent_at: datetime | None = None  #: of a message that no webhook brought: when the customer sent it
    reasons: tuple[str, ...] = ()  #: why the bot says what it says, where no message of the customer's has them
    wake_at: datetime | None = None
    ticket: str = ""  #: number of the ticket that was opened in this turn
    has_answered: bool = False  #: "typing…" is shown before the first answer only
    refuses_files: bool = False  #: the customer sent more lately than are kept
    promises: Promises | None = None  #: what customers are promised when a ticket is opened
    count: int = 0  #: effects written so far: with the input's id, the cause of every row

    def cause(self) -> str:
        """A key that doing the same turn again would make again."""
        self.count += 1
        return f"{self.input_id}:{self.count}"


def write_received(scene: Scene, message: MessageReceived, reasons: tuple[str, ...], *, is_heard: bool = True) -> None:
    """Put the customer's message into the transcript, with why the bot understood it as it did.

    One that is not heard marks no ticket, and its files are not fetched.
    """
    scene.position += 1
    message_id = outbox.add_received(
        scene.connection,
        outbox.NewMessage(
            conversation_id=scene.conversation_id,
            position=scene.position,
            cause=scene.cause(),
            author="customer",
            address=scene.address,
            body=message.text,
            kind=message.kind.value,
            attachments=attachments((*message.media, *((message.location,) if message.location else ()))),
            reasons=reasons,
            sid=scene.sid,
        ),
        scene.now,
    )
    if not is_heard:
        return
    scene.heard = message.text
    expect(scene.connection, message_id, message.media, scene.now, is_flood=scene.refuses_files)
    hear(scene.connection, scene.conversation_id, message.text, scene.now)


def apply(scene: Scene, effect: Effect) -> None:
    """Write one effect down."""
    match effect:
        case Say():
            _say(scene, effect)
        case OpenTicket():
            _open_ticket(scene, effect)
        case OpenCase():
            _open_case(scene, effect)
        case RecordConsent():
            _record_consent(scene, effect)
        case WakeAt():
            scene.wake_at = effect.at
        case NoteSwitch():
            _note_switch(scene, effect)
        case WithdrawQueued():
            outbox.withdraw(scene.connection, scene.conversation_id, scene.now)
        case Invite():
            _invite(scene, effect)
        case MoveTicket():
            _move_ticket(scene, effect)
        case RecordRating():
            service.rate(scene.connection, effect.ticket, effect.stars, scene.now)
        case RecordComment():
            service.comment(scene.connection, effect.ticket, effect.text, scene.now)
        case _:
            assert_never(effect)


def attachments(parts: tuple[Media | Location, ...]) -> tuple[dict[str, Any], ...]:
    """Files and places as the tables keep them."""
    return tuple(asdict(part) for part in parts)


def _say(scene: Scene, effect: Say) -> None:
    for body in bubbles(effect.text.replace(TICKET, scene.ticket)):
        expires_at = scene.now + scene.questions_last if effect.is_question else None
        _queue(scene, effect.author, body=body, expires_at=expires_at)
    # WhatsApp takes one file for each message, and a caption only for some types: so the words go before, on their own.
    for file in effect.files:
        item = {"file": file.id, "content_type": file.content_type}
        _queue(scene, effect.author, body="", kind=_kind(file).value, attachments=(item,))
    if effect.author != "bot":
        service.mark_answered(scene.connection, scene.conversation_id, scene.now)


def _queue(scene: Scene, author: str, **content: Any) -> None:
    scene.position += 1
    message = outbox.NewMessage(
        conversation_id=scene.conversation_id,
        position=scene.position,
        cause=scene.cause(),
        author=author,
        address=scene.address,
        reasons=scene.reasons if author == "bot" else (),
        answers_sid="" if scene.has_answered else scene.sid,
        look_up_from=scene.sent_at,
        **content,
    )
    scene.has_answered = True
    outbox.queue(scene.connection, message, scene.now)


def _kind(file: SentFile) -> Kind:
    family = file.content_type.partition("/")[0]
    return {"image": Kind.IMAGE, "audio": Kind.AUDIO, "video": Kind.VIDEO}.get(family, Kind.DOCUMENT)


def _open_ticket(scene: Scene, effect: OpenTicket) -> None:
    ticket = NewTicket(
        contact_id=scene.contact_id,
        conversation_id=scene.conversation_id,
        cause=scene.cause(),
        category=effect.category,
        case=effect.case,
        fields=effect.fields,
        detail=effect.detail,
        attachments=attachments(effect.attachments),
        said=said(scene.connection, scene.conversation_id),
    )
    due = scene.promises.due(effect.category, scene.now) if scene.promises else None
    scene.ticket = open_ticket(scene.connection, ticket, scene.now, due)


def _open_case(scene: Scene, effect: OpenCase) -> None:
    """A case has the date of the law in place of what this installation promises for other tickets."""
    ticket = NewTicket(
        contact_id=scene.contact_id,
        conversation_id=scene.conversation_id,
        cause=scene.cause(),
        category=effect.category,
        case="",
        fields=(),
        detail=effect.detail,
        said=said(scene.connection, scene.conversation_id),
    )
    scene.ticket = open_ticket(scene.connection, ticket, scene.now)
    rights.open_case(scene.connection, scene.ticket, effect.right, scene.now)


def _record_consent(scene: Scene, effect: RecordConsent) -> None:
    answer = consents.Answer(
        contact_id=scene.contact_id,
        given=effect.given,
        policy_version=effect.policy_version,
        text=effect.text,
        answer=effect.answer,
        message_sid=scene.sid,
        purposes=effect.purposes,
        revokes=effect.revokes,
        notice=_notice(scene, effect.text),
    )
    consents.record(scene.connection, answer, scene.now)


def _notice(scene: Scene, text: str) -> consents.Notice:
    """The message that carried the notice which was answered, and how far it has got."""
    found = delivery_of(scene.connection, scene.conversation_id, text) if text else None
    return consents.Notice() if found is None else consents.Notice(found.id, found.sid, found.status)


def _note_switch(scene: Scene, effect: NoteSwitch) -> None:
    """What switched is told by its name and the ticket's number; the console has the words."""
    scene.position += 1
    note = outbox.NewMessage(
        conversation_id=scene.conversation_id,
        position=scene.position,
        cause=scene.cause(),
        author=effect.actor,
        address=scene.address,
        body=f"{effect.switch.value} {effect.ticket}",
        kind="switch",
    )
    outbox.add_note(scene.connection, note, scene.now)


def _invite(scene: Scene, effect: Invite) -> None:
    scene.position += 1
    invitation = outbox.NewMessage(
        conversation_id=scene.conversation_id,
        position=scene.position,
        cause=scene.cause(),
        author=effect.author,
        address=scene.address,
        body=effect.text,
        content_sid=effect.content_sid,
    )
    outbox.queue(scene.connection, invitation, scene.now)


def _move_ticket(scene: Scene, effect: MoveTicket) -> None:
    with suppress(NotAllowedError):
        service.move(scene.connection, effect.ticket, effect.trigger, effect.actor, scene.now)
        if effect.trigger == "reopen":  # what reopened it was written while it was resolved
            hear(scene.connection, scene.conversation_id, scene.heard, scene.now)
