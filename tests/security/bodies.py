"""Webhook requests as nobody sensible sends them, made from a seed: the same number is the same request for ever."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote_plus, urlencode

from bot.account import STATUS_PATH
from bot.web.hooks import MESSAGES_PATH

#: Webhooks in the shapes in which Twilio posts them.
_REAL = [
    parse_qsl(path.read_text(encoding="utf-8").strip(), keep_blank_values=True)
    for path in sorted((Path(__file__).parent.parent / "channels" / "payloads").glob("*.txt"))
]

_TEXTS = (
    "hola", "1", "", " ", "0", "menú", "mi clave es Perro2024*", "4111 1111 1111 1111", "{ticket}", "{0.__class__}", "%s%n",
    "\x00", "\ud800", "\u202e\u2066", "😀" * 40, "a" * 5000, "<script>alert(1)</script>", "' OR 1=1 --", "\r\nX: y", "\ue000",
    "-1e309", "NaN", "9" * 400, "[" * 3000, '{"interactive":{"list_reply":{"id":1,"title":[]}}}', "whatsapp:+573005550142",
)  # fmt: skip
_NAMES = (
    "MessageSid", "SmsMessageSid", "From", "To", "Body", "NumMedia", "MediaUrl0", "MediaUrl999", "MediaContentType0", "WaId",
    "ProfileName", "Latitude", "Longitude", "Label", "Address", "ButtonPayload", "ButtonText", "ListId", "ListTitle",
    "InteractiveData", "MessageType", "MessageStatus", "SmsStatus", "ErrorCode", "ExternalUserId", "AccountSid", "ñandú", "",
)  # fmt: skip
_TYPES = (
    "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-7", "application/json", "text/xml",
    "multipart/form-data", "multipart/form-data; boundary=\"\"", "", "/", "application/x-www-form-urlencoded" * 50,
)  # fmt: skip
_STATUSES = ("queued", "sent", "delivered", "read", "failed", "undelivered", "canceled", "odd", "")
_LENGTHS = (b"0", b"-1", b"1e3", b"", b"99999999999999999999", b"9" * 5000, b" 12", b"0x10", "١٢".encode())
#: Where nobody sensible gets anything.
_POSTED_TO = (MESSAGES_PATH, STATUS_PATH)
_METHODS = ("POST",) * 60 + ("GET", "PUT", "OPTIONS", "BREW")


@dataclass(frozen=True)
class Crooked:
    """One request: what ASGI is told of it, and whether its signature is to be the right one for what is in it."""

    method: str
    path: str
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: tuple[bytes, ...]  #: in parts
    is_signed: bool
    ends: bool  #: False: the client is gone before the body is complete


def crooked(number: int, paths: tuple[str, ...]) -> Crooked:
    """The request of this number."""
    chance = random.Random(number)  # noqa: S311 (no secret: the same again for whoever looks into a failure)
    body = _BODIES[chance.randrange(len(_BODIES))](chance)
    query = (
        b""
        if chance.random() < 0.7
        else quote_plus(_text(chance), safe="=&%", errors="replace").encode("latin-1", "replace")[:3000]
    )
    headers = [(b"content-type", chance.choice(_TYPES).encode())]
    if chance.random() < 0.08:
        headers.append((b"content-length", chance.choice(_LENGTHS)))
    if chance.random() < 0.04:
        headers += [(b"x-%d" % n, chance.randbytes(20)) for n in range(chance.choice((5, 300)))]
    if chance.random() < 0.5:
        headers.append((b"x-twilio-signature", chance.choice((b"", b"AAAA", b"\xff" * 28, b"=" * 5000, chance.randbytes(28)))))
    if chance.random() < 0.2:
        headers.append((b"x-twilio-webhooks-signature-settings", b"key=a,algorithm=" + chance.choice((b"NONE", b"HMAC_SHA256"))))
    cuts = sorted(chance.randrange(len(body) + 1) for _ in range(chance.choice((0, 0, 0, 1, 7))))
    parts = tuple(body[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(body)], strict=True))
    path, method = chance.choice(paths), chance.choice(_METHODS)
    if path not in _POSTED_TO and chance.random() < 0.8:
        method = "GET"
    return Crooked(method, path, query, tuple(headers), parts, chance.random() < 0.85, chance.random() < 0.97)


def _text(chance: random.Random) -> str:
    text = chance.choice(_TEXTS)
    if chance.random() < 0.2:
        text += "".join(chr(chance.choice((chance.randrange(0x20, 0x7F), chance.randrange(0xD7FF)))) for _ in range(20))
    return text


def _who(chance: random.Random) -> tuple[str, str]:
    """A message's id, now and then one that was there before, and one of two thousand customers."""
    number = chance.randrange(500 if chance.random() < 0.1 else 16**32)
    return f"SM{number:032x}", f"whatsapp:+57300{chance.randrange(2000):07d}"


def _real(chance: random.Random) -> bytes:
    """A webhook as Twilio posts it, with up to three of its values odd, gone, twice there or in another place."""
    sid, phone = _who(chance)
    fresh = {"MessageSid": sid, "SmsMessageSid": sid, "SmsSid": sid, "From": phone, "WaId": phone[-12:]}
    pairs = [(name, fresh.get(name, value)) for name, value in chance.choice(_REAL)]
    if chance.random() < 0.2:
        pairs += [("MessageStatus", chance.choice(_STATUSES)), ("ErrorCode", chance.choice(("63016", "0", "-1", "9" * 30)))]
    for _ in range(chance.choice((0, 1, 1, 2, 3))):
        at = chance.randrange(len(pairs))
        name = pairs[at][0]
        match chance.randrange(4):
            case 0:
                pairs[at] = (name, _text(chance))
            case 1:
                del pairs[at]
            case 2:
                pairs.insert(at, (name, _text(chance)))
            case _:
                pairs[at] = (chance.choice(_NAMES), pairs[at][1])
    return _encoded(pairs)


def _pairs(chance: random.Random) -> list[tuple[str, str]]:
    """What a webhook may look like, with some of it odd, missing or there twice."""
    sid, phone = _who(chance)
    pairs = [("MessageSid", sid), ("From", phone), ("To", "whatsapp:+573184114466"), ("Body", _text(chance)), ("NumMedia", "0")]
    for _ in range(chance.randrange(8)):
        pairs.insert(chance.randrange(len(pairs) + 1), (chance.choice(_NAMES), _text(chance)))
    return [pair for pair in pairs if chance.random() > 0.03]


def _encoded(pairs: list[tuple[str, str]]) -> bytes:
    return urlencode(pairs, errors="replace").encode()


def _form(chance: random.Random) -> bytes:
    return _encoded(_pairs(chance))


def _truncated(chance: random.Random) -> bytes:
    body = _form(chance)
    return body[: chance.randrange(len(body) + 1)]


def _flipped(chance: random.Random) -> bytes:
    body = bytearray(_form(chance))
    for _ in range(chance.randrange(1, 20)):
        body[chance.randrange(len(body))] = chance.randrange(256)
    return bytes(body)


def _invalid_utf8(chance: random.Random) -> bytes:
    odd = chance.choice((b"%ff%fe", b"\xff\xfe", b"%C0%80", b"%ED%A0%80", b"\xf5\x80", b"%", b"%zz", b"%u0041"))
    return _form(chance).replace(b"hola", odd) + b"&Body=" + odd


def _many_fields(chance: random.Random) -> bytes:
    return b"&".join(b"p%d=" % n for n in range(chance.choice((999, 1000, 1001, 9000))))


def _separators(chance: random.Random) -> bytes:
    return chance.choice((b"&", b";", b"=", b"&=", b"%26", b"+")) * chance.choice((1, 1000, 30000))


def _overlong(chance: random.Random) -> bytes:
    return _form(chance) + b"&Filler=" + b"x" * chance.choice((60_000, 65_536, 70_000, 300_000))


def _repeated(chance: random.Random) -> bytes:
    return _encoded([pair for pair in _pairs(chance) for _ in range(chance.choice((1, 2, 90)))])


def _another_form(chance: random.Random) -> bytes:
    return chance.choice(
        (
            b'{"MessageSid": "SM1"}',
            b"<Response/>",
            b'--x\r\nContent-Disposition: form-data; name="Body"\r\n\r\nhola\r\n--x--',
            b"\x1f\x8b\x08",
        )
    )


def _noise(chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice((0, 1, 50, 5000, 60000)))


_BODIES: tuple[Callable[[random.Random], bytes], ...] = (
    *(_real, _real, _real, _real, _real, _real, _form, _form, _form, _truncated, _flipped, _flipped, _invalid_utf8, _repeated),
    *(_many_fields, _separators, _overlong, _another_form, _noise),
)
