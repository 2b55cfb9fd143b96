"""Which keys a webhook may be signed with: the one in use, and while it is changed the one before."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot.account import STATUS_PATH
from bot.channels.twilio import Keys
from bot.channels.twilio.signatures import Signatures
from bot.runtime import MEDIA_PATH
from bot.web.hooks import MESSAGES_PATH
from tests.stack import ACCOUNT, SENDER, TOKEN, Stack, running_stack

URL = "https://bot.example/webhooks/twilio/messages"
POSTED = ImmutableMultiDict([("MessageSid", "SM1"), ("Body", " ¿Qué tal? 😀"), ("Blank", ""), ("Tag", "b"), ("Tag", "a")])
SHARED = "a-shared-key-of-nobody"


def signed(key: str, algorithm: str) -> str:
    """From Twilio's description: the address, then all names and values sorted; base64 of the HMAC."""
    text = URL + "".join(name + value for name, value in sorted(set(POSTED.multi_items())))
    return base64.b64encode(hmac.new(key.encode(), text.encode(), getattr(hashlib, algorithm)).digest()).decode()


@pytest.mark.parametrize(
    ("keys", "accepted", "refused"),
    [
        (Keys("new"), [("new", "sha1")], [("old", "sha1"), ("new", "sha256"), ("", "sha1")]),
        (Keys("new", previous_auth_token="old"), [("new", "sha1"), ("old", "sha1")], [("old", "sha256"), ("older", "sha1")]),
        (Keys("token", SHARED), [(SHARED, "sha256")], [(SHARED, "sha1"), ("token", "sha1"), ("token", "sha256")]),
        (Keys("t", SHARED, previous_auth_token="t"), [(SHARED, "sha256"), ("t", "sha1")], [(SHARED, "sha1")]),
        (Keys("t", SHARED, previous_shared_key="old"), [(SHARED, "sha256"), ("old", "sha256")], [("old", "sha1"), ("t", "sha1")]),
        (Keys(""), [], [("", "sha1"), ("", "sha256")]),
    ],
)
def test_only_the_keys_of_the_settings_count_each_by_its_own_algorithm(
    keys: Keys, accepted: list[tuple[str, str]], refused: list[tuple[str, str]]
) -> None:
    signatures = Signatures(keys)
    assert [signatures.verify(URL, POSTED, signed(*one)) for one in accepted] == [True] * len(accepted)
    assert [signatures.verify(URL, POSTED, signed(*one)) for one in refused] == [False] * len(refused)


@pytest.fixture(scope="module")
def changing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A product whose token has just been changed, and moved on to a shared key."""
    twilio = {"shared_key": SHARED, "previous_auth_token": TOKEN}
    with running_stack(tmp_path_factory.mktemp("keys"), twilio=twilio) as running:
        yield running


def form(sid: str) -> dict[str, str]:
    return {"MessageSid": sid, "AccountSid": ACCOUNT, "From": "whatsapp:+573005550143", "To": SENDER, "Body": "hola"}


@pytest.mark.parametrize("path", [MESSAGES_PATH, STATUS_PATH])
def test_while_a_key_is_changed_both_are_accepted_on_every_route(changing: Stack, path: str) -> None:
    def post(key: str, algorithm: str, claimed: str) -> int:
        posted = form("SM" + hashlib.md5(f"{path}{key}".encode(), usedforsecurity=False).hexdigest())
        signature = RequestValidator(key).compute_signature(changing.url + path, posted, algorithm=algorithm)
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        headers["X-Twilio-Webhooks-Signature-Settings"] = f"key=webhooks_sharedkey_1,algorithm={claimed}"
        return httpx.post(changing.url + path, content=urlencode(posted).encode(), headers=headers).status_code

    assert (post(SHARED, "HMAC_SHA256", "HMAC_SHA256"), post(TOKEN, "HMAC_SHA1", "HMAC_SHA1")) == (200, 200)
    # What the request says about its signature is not asked.
    assert (post(SHARED, "HMAC_SHA1", "HMAC_SHA1"), post("other", "HMAC_SHA256", "NONE")) == (403, 403)


def test_every_address_that_twilio_calls_wants_a_signature(changing: Stack) -> None:
    posted = urlencode(form("SM" + "0" * 32)).encode()
    content = {"Content-Type": "application/x-www-form-urlencoded"}
    for path in (MESSAGES_PATH, STATUS_PATH, STATUS_PATH + "?m=1"):
        assert httpx.post(changing.url + path, content=posted, headers=content).status_code == 403
    # Files for Twilio are fetched without its signature: the address itself is signed by us, and ends.
    assert httpx.get(f"{changing.url}{MEDIA_PATH}/{'0' * 32}").status_code == 404
    assert httpx.get(f"{changing.url}{MEDIA_PATH}/{'0' * 32}.9999999999.AAAA").status_code == 404


def test_a_previous_key_is_named_in_the_log_for_as_long_as_it_counts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with running_stack(tmp_path / "old", twilio={"previous_auth_token": "old-token-of-nobody"}):
        assert "previous key" in caplog.text
    assert "old-token-of-nobody" not in caplog.text
    caplog.clear()
    with running_stack(tmp_path / "new"):
        assert "previous key" not in caplog.text
