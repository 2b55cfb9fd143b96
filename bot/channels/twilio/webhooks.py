"""What Twilio's webhooks say, freed of Twilio's names. Pure: parameters in, frozen data out.

Everything is untrusted, although signed: the customer chooses names, texts, files and when to tap which old button.
Parameters may be missing, blank, repeated or new; what is not understood is kept in `Received.parameters`.
Source: https://www.twilio.com/docs/messaging/guides/webhook-request
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from starlette.datastructures import ImmutableMultiDict

from bot.channels.base import DeliveryReport, DeliveryStatus, Listed, Parameters, Received
from bot.channels.text import clean
from bot.channels.twilio.errors import is_retryable
from bot.engine.inputs import Kind, Location, Media, MessageReceived

#: Twilio's word for how far a message got. Those missing here (received, receiving) speak of incoming messages.
DELIVERY_STATUS = {
    "accepted": DeliveryStatus.QUEUED,
    "scheduled": DeliveryStatus.QUEUED,
    "queued": DeliveryStatus.QUEUED,
    "sending": DeliveryStatus.QUEUED,
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "partially_delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.READ,
    "failed": DeliveryStatus.FAILED,
    "undelivered": DeliveryStatus.FAILED,
    "canceled": DeliveryStatus.FAILED,
}

#: Kinds by the start of a content type. Whatever else comes as a file is a document.
_KIND_OF_FILE = {
    "image/webp": Kind.STICKER,
    "image/": Kind.IMAGE,
    "audio/": Kind.AUDIO,
    "application/ogg": Kind.AUDIO,
    "video/": Kind.VIDEO,
    "text/vcard": Kind.CONTACTS,
    "text/x-vcard": Kind.CONTACTS,
}

#: Kinds by MessageType, where no file, place or tap tells more. Blank and `text` are text, any other word is unknown.
_KIND_OF_TYPE = {
    "": Kind.TEXT,
    "text": Kind.TEXT,
    "interactive": Kind.BUTTON,
    "button": Kind.BUTTON,
    "contacts": Kind.CONTACTS,
    "reaction": Kind.REACTION,
}

_SID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PHONE = r"\+[1-9][0-9]{6,14}"
#: A business-scoped id, which stands in for the phone of someone who hides it behind a username.
_SCOPED_ID = r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}"
_ADDRESS = re.compile(rf"whatsapp:(?:({_PHONE})|({_SCOPED_ID}))")
_MEDIA_URL = re.compile(r"MediaUrl([0-9]{1,3})")
_ERROR_CODE = re.compile(r"[1-9][0-9]{0,8}")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_COORDINATE = re.compile(r"-?[0-9]{1,3}(?:\.[0-9]{1,20})?")

#: Longest values taken over, in characters. WhatsApp lets a person write 4,096 at a time and a button's id hold 256.
_LONGEST_TEXT = 4096
_LONGEST_CHOICE = 256
_LONGEST_NAME = 200
_LONGEST_URL = 2048


def parse_message(parameters: Parameters) -> Received:
    """See `Channel.parse_message`."""
    sid = parameters.get("MessageSid", "")
    if not _SID.fullmatch(sid):
        raise ValueError("a message webhook without a MessageSid")
    sender = _ADDRESS.fullmatch(parameters.get("From", ""))
    if not sender:
        raise ValueError("a message webhook without a WhatsApp address in From")
    return Received(
        sid=sid,
        address=sender.group(),
        external_id=_scoped_id(parameters.get("ExternalUserId", "")) or sender[2] or "",
        phone=sender[1] or _phone(parameters.get("WaId", "")),
        profile_name=_line(parameters.get("ProfileName", ""), _LONGEST_NAME),
        message=_message(parameters),
        parameters={name: [_storable(value) for value in values] for name, values in grouped(parameters).items()},
    )


def from_list(listed: Listed, files: Sequence[Media]) -> Received:
    """A message that was listed and not posted: what a list does not tell stays empty. Raises ValueError as `parse_message`."""
    told = {"MessageSid": listed.sid, "From": listed.address, "Body": listed.body}
    for number, file in enumerate(files):
        told |= {f"MediaUrl{number}": file.url, f"MediaContentType{number}": file.content_type}
    # Something that has neither words nor files was a place, or of a kind that only the webhook could have told.
    told |= {} if listed.body or files else {"MessageType": "unlisted"}
    return replace(parse_message(ImmutableMultiDict(told)), sent_at=listed.sent_at)


def grouped(parameters: Parameters) -> dict[str, list[str]]:
    """Every name with all of its values, in the order they came."""
    values: dict[str, list[str]] = {}
    for name, value in parameters.multi_items():
        values.setdefault(name, []).append(value)
    return values


def parse_status(parameters: Parameters, query: Parameters) -> DeliveryReport | None:
    """See `Channel.parse_status`. `message_id` is blank if the callback's address lost it."""
    sid = parameters.get("MessageSid", "")
    status = DELIVERY_STATUS.get(parameters.get("MessageStatus") or parameters.get("SmsStatus", ""))
    if status is None or not _SID.fullmatch(sid):
        return None
    code_text = parameters.get("ErrorCode", "")
    code = int(code_text) if _ERROR_CODE.fullmatch(code_text) else None
    return DeliveryReport(
        sid=sid,
        message_id=query.get("m", ""),
        status=status,
        error_code=code,
        retryable=status is DeliveryStatus.FAILED and is_retryable(code),
    )


def _message(parameters: Parameters) -> MessageReceived:
    """The most telling sign wins: a tap, then a place, then files, then the word Twilio has for the kind."""
    body = clean(parameters.get("Body", "")[: 2 * _LONGEST_TEXT])[:_LONGEST_TEXT]
    kind = _KIND_OF_TYPE.get(parameters.get("MessageType", "").lower(), Kind.UNKNOWN)
    choice, label = _tap(parameters)
    if choice or label or kind is Kind.BUTTON:
        return MessageReceived(Kind.BUTTON, label or body, choice=choice)
    if location := _location(parameters):
        return MessageReceived(Kind.LOCATION, body, location=location)
    if media := tuple(_media(parameters)):
        of_file = Kind.CONTACTS if kind is Kind.CONTACTS else _kind_of_file(media[0].content_type)
        return MessageReceived(of_file, body, media=media)
    return MessageReceived(kind, body)


def _tap(parameters: Parameters) -> tuple[str, str]:
    """Id and label of the button or list row tapped, each blank if not told."""
    replied, title = _interactive(parameters.get("InteractiveData", ""))
    choice = parameters.get("ListId") or parameters.get("ButtonPayload") or replied
    label = parameters.get("ListTitle") or parameters.get("ButtonText") or title
    return _line(choice, _LONGEST_CHOICE), _line(label, _LONGEST_TEXT)


def _interactive(text: str) -> tuple[str, str]:
    """Id and title from a reply written as JSON. Its form is not documented: WhatsApp's own is looked for."""
    if not text:
        return "", ""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return "", ""
    for name in ("interactive", "list_reply", "button_reply"):
        inner = content.get(name) if isinstance(content, dict) else None
        content = inner if isinstance(inner, dict) else content
    if not isinstance(content, dict):
        return "", ""
    reply, title = content.get("id"), content.get("title")
    return reply if isinstance(reply, str) else "", title if isinstance(title, str) else ""


def _location(parameters: Parameters) -> Location | None:
    latitude, longitude = (_degrees(parameters.get(name, "")) for name in ("Latitude", "Longitude"))
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    address, label = (_line(parameters.get(name, ""), _LONGEST_TEXT) for name in ("Address", "Label"))
    return Location(latitude, longitude, address, label)


def _degrees(text: str) -> float | None:
    return float(text) if _COORDINATE.fullmatch(text) else None


def _media(parameters: Parameters) -> Iterator[Media]:
    """Files in the order of their numbers. NumMedia is not asked: it could only hide one."""
    numbers = sorted({int(match[1]) for name in parameters if (match := _MEDIA_URL.fullmatch(name))})
    for number in numbers:
        url = _line(parameters.get(f"MediaUrl{number}", ""), _LONGEST_URL)
        if url:
            yield Media(url, _line(parameters.get(f"MediaContentType{number}", ""), _LONGEST_NAME).lower())


def _kind_of_file(content_type: str) -> Kind:
    return next((kind for start, kind in _KIND_OF_FILE.items() if content_type.startswith(start)), Kind.DOCUMENT)


def _scoped_id(text: str) -> str:
    bare = text.removeprefix("whatsapp:")
    return bare if re.fullmatch(_SCOPED_ID, bare) else ""


def _phone(digits: str) -> str:
    phone = f"+{digits}"
    return phone if re.fullmatch(_PHONE, phone) else ""


def _line(text: str, longest: int) -> str:
    """A value that has no line breaks, cleaned and of bearable length."""
    return " ".join(clean(text[: 2 * longest]).split())[:longest]


def _storable(text: str) -> str:
    """The two things no database takes, NUL and half a surrogate pair, as the sign for an unreadable character."""
    return text if text.isascii() and "\x00" not in text else _UNSTORABLE.sub("\ufffd", text)
