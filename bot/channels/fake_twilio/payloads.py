"""The shapes in which Twilio talks: parameters of its webhooks, JSON of its REST answers. Pure.

Sources: https://www.twilio.com/docs/messaging/guides/webhook-request, …/guides/track-outbound-message-status and
…/api/message-resource.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from bot.channels.fake_twilio.ledger import Direction, Record
from bot.engine.inputs import Kind, Location

API_VERSION = "2010-04-01"

#: Errors with which a call is refused: HTTP status and a message for developers.
REFUSALS = {
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    20001: (400, "Invalid parameter"),
    20009: (409, "Cannot delete this resource before it is complete"),
    21211: (400, "The 'To' number is not a valid phone number"),
    21603: (400, "A 'From' phone number is required"),
    21604: (400, "A 'To' phone number is required"),
    21606: (400, "The 'From' phone number provided is not a valid message-capable Twilio phone number"),
    21609: (400, "The 'StatusCallback' URL is not a valid URL"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21655: (400, "The ContentSid is Invalid"),
    21620: (400, "Invalid media URL(s)"),
    21623: (400, "Number of media files exceeds allowed limit"),
    21619: (400, "A text message body or media urls must be specified"),
}


@dataclass(frozen=True)
class Sender:
    """The customer as the webhook of one message shows them: `external_id` and `profile_name` may be blank."""

    external_id: str
    profile_name: str


def refusal(code: int) -> dict[str, object]:
    """The JSON that goes with an error."""
    status, message = REFUSALS[code]
    more = f"https://www.twilio.com/docs/errors/{code}"
    return {"code": code, "message": message, "more_info": more, "status": status}


def message_json(account_sid: str, record: Record) -> dict[str, object]:
    """A message as the REST API shows it."""
    path = f"/{API_VERSION}/Accounts/{account_sid}/Messages/{record.sid}"
    return {
        "account_sid": account_sid,
        "api_version": API_VERSION,
        "body": record.body,
        "date_created": _date(record.at),
        "date_sent": _date(record.sent_at) if record.sent_at else None,
        "date_updated": _date(record.updated_at or record.at),
        "direction": record.direction.value,
        "error_code": record.error_code,
        "error_message": None,
        "from": record.from_,
        "messaging_service_sid": None,
        "num_media": str(len(record.media)),
        "num_segments": "1",
        "price": None,
        "price_unit": None,
        "sid": record.sid,
        # That we have read a customer's message is no status of Twilio's.
        "status": "received" if record.direction is Direction.INBOUND else record.status,
        "subresource_uris": {"media": f"{path}/Media.json"},
        "to": record.to,
        "uri": f"{path}.json",
    }


@lru_cache(maxsize=10_000)
def _date(at: datetime) -> str:
    """A time as Twilio writes it. Listings tell the same ones again and again."""
    return format_datetime(at)


def media_list_json(account_sid: str, record: Record) -> dict[str, object]:
    """The files of a customer's message as the REST API lists them.

    Source: https://www.twilio.com/docs/messaging/api/media-resource
    """
    path = f"/{API_VERSION}/Accounts/{account_sid}/Messages/{record.sid}/Media"
    listed = [
        {
            "account_sid": account_sid,
            "content_type": medium.content_type,
            "date_created": _date(record.at),
            "date_updated": _date(record.at),
            "parent_sid": record.sid,
            "sid": sid,
            "uri": f"{path}/{sid}.json",
        }
        for medium in record.media
        if (sid := medium.url.rpartition("/")[2])
    ]
    page = {"first_page_uri": f"{path}.json?PageSize=50&Page=0", "next_page_uri": None, "previous_page_uri": None}
    return {"media_list": listed, "uri": f"{path}.json", "page": 0, "page_size": 50, "start": 0, "end": len(listed), **page}


def status_parameters(account_sid: str, record: Record, status: str) -> dict[str, str]:
    """What a callback for one status posts; the message may have moved on since. Its body is not in it."""
    parameters = {
        "ChannelPrefix": "whatsapp",
        "ApiVersion": API_VERSION,
        "MessageStatus": status,
        "SmsSid": record.sid,
        "SmsStatus": status,
        "ChannelInstallSid": f"XE{account_sid[2:]}",
        "To": record.to,
        "From": record.from_,
        "MessageSid": record.sid,
        "StructuredMessage": "false",
        "AccountSid": account_sid,
        "ChannelToAddress": f"{record.to.removeprefix('whatsapp:')[:-4]}XXXX",
    }
    if status in {"delivered", "undelivered", "read"}:
        parameters["EventType"] = status.upper()
    if status in {"failed", "undelivered"}:
        parameters |= {"ErrorCode": str(record.error_code), "ChannelStatusMessage": f"error {record.error_code}"}
    return parameters


def message_parameters(account_sid: str, record: Record, kind: Kind, sender: Sender) -> dict[str, str]:
    """What every message webhook posts, whatever the kind. A place or a tap adds its own."""
    phone = record.from_.removeprefix("whatsapp:+")
    identity = {"ExternalUserId": sender.external_id} if sender.external_id else {}
    identity |= {"WaId": phone} if phone.isdecimal() else {}
    context = {"ProfileName": sender.profile_name} | ({"WaId": phone} if phone.isdecimal() else {})
    parameters = {
        "SmsMessageSid": record.sid,
        "NumMedia": str(len(record.media)),
        "ProfileName": sender.profile_name,
        "MessageType": {Kind.BUTTON: "interactive", Kind.UNKNOWN: "unsupported"}.get(kind, kind.value),
        "SmsSid": record.sid,
        "SmsStatus": "received",
        "Body": record.body,
        "To": record.to,
        "NumSegments": "1",
        "ReferralNumMedia": "0",
        "MessageSid": record.sid,
        "AccountSid": account_sid,
        "From": record.from_,
        "ApiVersion": API_VERSION,
        "ChannelMetadata": json.dumps({"type": "whatsapp", "data": {"context": context}}, ensure_ascii=False),
    }
    for number, medium in enumerate(record.media):
        parameters |= {f"MediaUrl{number}": medium.url, f"MediaContentType{number}": medium.content_type}
    return parameters | identity


def location_parameters(location: Location) -> dict[str, str]:
    """What a shared place adds; address and label only if there are any."""
    told = {"Address": location.address, "Label": location.label}
    return {
        "Latitude": str(location.latitude),
        "Longitude": str(location.longitude),
        **{name: value for name, value in told.items() if value},
    }


def button_parameters(choice: str, label: str, replied_to: Record | None) -> Mapping[str, str]:
    """What a tap on a quick reply adds."""
    parameters = {"ButtonText": label, "ButtonPayload": choice, "ButtonType": "REPLY"}
    if replied_to is None:
        return parameters
    return parameters | {
        "OriginalRepliedMessageSid": replied_to.sid,
        "OriginalRepliedMessageSender": replied_to.from_,
    }
