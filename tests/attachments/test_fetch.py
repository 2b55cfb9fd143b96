"""Fetching goes to the provider and to its allowed hosts, takes no more than it may, and shows its password to nobody else."""

import asyncio
import base64
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.attachments.fetch import NotFetchedError, Rules, _tls, fetch, resolve
from bot.attachments.places import Place, is_allowed, is_public, place_of
from bot.attachments.tables import Reason
from bot.channels.base import Source
from bot.settings import Attachments
from tests.attachments.targets import HOSTS, REDIRECTS
from tests.attachments.wire import content, redirect, wire

HOSTS_OF_TWILIO = Attachments().hosts
CREDENTIALS = ("AC" + "0" * 32, "token-of-nobody")
BASIC = "Basic " + base64.b64encode(":".join(CREDENTIALS).encode()).decode()
_connected: list[object] = []
_watching = False


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if _watching and event == "socket.connect":
        _connected.append(arguments[1])


sys.addaudithook(_watch)  # cannot be taken back: it is switched instead


@pytest.fixture
def connected() -> Iterator[list[object]]:
    """Every address that this process connects to, as the interpreter itself reports it."""
    global _watching  # noqa: PLW0603
    _connected.clear()
    _watching = True
    yield _connected
    _watching = False


class Servers:
    """The provider, its CDN, and a server on the inside that nobody may reach."""

    def __init__(self, stack: ExitStack) -> None:
        self.provider, self.cdn, self.inside = (stack.enter_context(wire()) for _ in range(3))
        self.source = Source(f"{self.provider.url}/file", CREDENTIALS)
        self.rules = Rules((*HOSTS_OF_TWILIO, f"127.0.0.1:{self.cdn.port}"), is_dev=True)

    def fetch(self, **changes: object) -> bytes:
        return asyncio.run(fetch(self.source, replace(self.rules, **changes)))  # type: ignore[arg-type]

    def refusal(self, **changes: object) -> NotFetchedError:
        with pytest.raises(NotFetchedError) as refused:
            self.fetch(**changes)
        return refused.value


@pytest.fixture(scope="module")
def running() -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(stack)


@pytest.fixture
def servers(running: Servers) -> Servers:
    for one in (running.provider, running.cdn, running.inside):
        one.answers.clear()
        one.asked.clear()
        one.connections = 0
    running.cdn.answers["/x"] = content(b"from the cdn")
    return running


def test_the_corpus_is_large_enough() -> None:
    assert len(set(REDIRECTS)) >= 200


@pytest.mark.parametrize("target", REDIRECTS)
def test_no_redirect_leads_anywhere_but_to_the_allowed_hosts(servers: Servers, connected: list[object], target: str) -> None:
    written = target.replace("{inside}", str(servers.inside.port)).replace("{cdn}", str(servers.cdn.port))
    servers.provider.answers["/file"] = redirect(written)
    refused = servers.refusal()
    assert refused.reason in {Reason.REDIRECT, Reason.TROUBLE}
    assert refused.is_final is (refused.reason is Reason.REDIRECT)
    assert connected == [("127.0.0.1", servers.provider.port)]
    assert (servers.inside.connections, servers.cdn.connections) == (0, 0)
    place = place_of(written)
    origin = Place("https", "api.twilio.com", 443, "/file")
    assert place is None or not is_allowed(place, origin, HOSTS_OF_TWILIO, is_dev=False)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_an_allowed_redirect_is_followed_and_the_password_stays_behind(servers: Servers, status: int) -> None:
    servers.provider.answers["/file"] = redirect(f"{servers.cdn.url}/x", status)
    assert servers.fetch() == b"from the cdn"
    assert f"\r\nAuthorization: {BASIC}\r\n" in servers.provider.asked[0]
    assert "authorization" not in servers.cdn.asked[0].lower()
    assert CREDENTIALS[1] not in servers.cdn.asked[0]
    assert f"\r\nHost: 127.0.0.1:{servers.cdn.port}\r\n" in servers.cdn.asked[0]


def test_the_password_is_not_shown_again_where_a_redirect_leads_back(servers: Servers) -> None:
    servers.provider.answers["/file"] = redirect(f"{servers.cdn.url}/back")
    servers.cdn.answers["/back"] = redirect(f"{servers.provider.url}/other")
    servers.provider.answers["/other"] = content(b"here")
    assert servers.fetch() == b"here"
    first, second = servers.provider.asked
    assert BASIC in first
    assert "authorization" not in second.lower()


def test_a_circle_of_redirects_ends(servers: Servers) -> None:
    servers.provider.answers["/file"] = redirect(f"{servers.provider.url}/file")
    refused = servers.refusal()
    assert (refused.reason, refused.is_final, servers.provider.connections) == (Reason.REDIRECT, True, 4)


def answering(*addresses: str) -> Callable[[str, int], object]:
    async def answer(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return answer


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["10.1.2.3"],
        ["169.254.169.254"],
        ["::ffff:10.0.0.1"],
        ["54.1.2.3", "127.0.0.1"],
        ["64:ff9b::a00:1"],
    ],
    ids=" ".join,
)
def test_a_good_name_with_an_address_on_the_inside_is_not_connected_to(connected: list[object], addresses: list[str]) -> None:
    rules = Rules(HOSTS_OF_TWILIO, resolve=answering(*addresses))  # type: ignore[arg-type]
    with pytest.raises(NotFetchedError) as refused:
        asyncio.run(fetch(Source("https://api.twilio.com/file", CREDENTIALS), rules))
    assert (refused.value.reason, refused.value.is_final, connected) == (Reason.REDIRECT, True, [])


def test_a_name_is_looked_up_once_and_the_connection_goes_to_what_was_checked(servers: Servers) -> None:
    asked: list[str] = []

    async def rebinding(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    servers.provider.answers["/file"] = content(b"here")
    source = Source(f"http://provider.invalid:{servers.provider.port}/file", CREDENTIALS)
    assert asyncio.run(fetch(source, replace(servers.rules, resolve=rebinding))) == b"here"
    assert asked == ["provider.invalid"]
    assert f"\r\nHost: provider.invalid:{servers.provider.port}\r\n" in servers.provider.asked[0]


@pytest.mark.parametrize("url", ["http://api.twilio.com/file", "https://api.twilio.com@127.0.0.1/file", "", "file:///etc/passwd"])
def test_an_address_of_ours_that_is_not_https_is_not_asked_outside_dev(connected: list[object], url: str) -> None:
    with pytest.raises(NotFetchedError):
        asyncio.run(fetch(Source(url, CREDENTIALS), Rules(HOSTS_OF_TWILIO)))
    assert connected == []


def test_proxies_of_the_environment_are_not_used(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, servers.inside.url)
    servers.provider.answers["/file"] = content(b"here")
    assert (servers.fetch(), servers.inside.connections) == (b"here", 0)


@pytest.mark.parametrize("address", [host.strip("[]").replace("%25", "%") for host in HOSTS])
def test_no_spelling_of_the_inside_is_a_public_address(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["54.172.60.0", "8.8.8.8", "2600:1f18::1", "64:ff9b::36ac:3c00"])
def test_addresses_of_the_open_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://mms.twiliocdn.com/AC1/ab-c_d?Expires=1&Signature=ab~c-d__&Key-Pair-Id=K%2F1",
        "https://MEDIA.twiliocdn.com/x",
        "https://s3-external-1.amazonaws.com/media.twiliocdn.com/AC1/x?AWSAccessKeyId=A&Signature=a%2Bb%3D",
        "https://api.twilio.com/anything",
    ],
)
def test_the_providers_own_places_are_allowed(url: str) -> None:
    place = place_of(url)
    assert place is not None
    assert is_allowed(place, Place("https", "api.twilio.com", 443, "/file"), HOSTS_OF_TWILIO, is_dev=False)


_PIECES = ["a", "a-b", "mms.twiliocdn.com", "127.0.0.1", "[::1]", ".", "@", ":", ":8443", ":443", "%2e", "\\", "#", "?", ";", "/"]
_URLS = st.builds(
    "{}{}{}/{}".format,
    st.sampled_from(["http://", "https://"]),
    st.one_of(st.sampled_from(_PIECES[:4]), st.lists(st.sampled_from(_PIECES), max_size=4).map("".join)),
    st.sampled_from(["", "", ":8443", ":0"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='#"<>[]\\^`{|}'), max_size=12),
)


@settings(max_examples=400)
@given(_URLS)
def test_what_we_read_in_an_address_is_what_the_http_library_reads(url: str) -> None:
    place = place_of(url)
    if place is not None:
        read = httpx.URL(url)
        port = read.port or {"http": 80, "https": 443}[read.scheme]
        assert (read.scheme, read.host, port, read.userinfo) == (place.scheme, place.host, place.port, b"")
        assert read.raw_path.decode() == place.target


def test_what_is_as_large_as_allowed_comes_and_one_byte_more_does_not(servers: Servers) -> None:
    servers.provider.answers["/file"] = content(b"x" * 1000)
    assert len(servers.fetch(largest=1000)) == 1000
    refused = servers.refusal(largest=999)
    assert (refused.reason, refused.is_final) == (Reason.SIZE, True)


def test_a_stream_without_an_end_is_cut_off_at_the_limit(servers: Servers) -> None:
    piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    servers.provider.answers["/file"] = [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[piece] * 400]
    assert servers.refusal().reason is Reason.SIZE  # 25 MB were on offer


@pytest.mark.parametrize(
    "pieces",
    [
        [5.0],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"ab", 5.0],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n", *[b"a", 0.1] * 90],
        [b"H", 5.0],
    ],
    ids=["no answer", "half an answer", "drop by drop", "half a head"],
)
def test_a_server_that_dawdles_is_left_in_time_and_tried_again(servers: Servers, pieces: list[bytes | float]) -> None:
    servers.provider.answers["/file"] = pieces
    began = time.monotonic()
    refused = servers.refusal(seconds=1.0, silent_seconds=0.4)
    assert (refused.reason, refused.is_final) == (Reason.TROUBLE, False)
    assert time.monotonic() - began < 10  # 1 at most by itself; whoever waits for such a server waits for ever


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (content(b"", status="404 Not Found"), Reason.MISSING),
        (content(b"", status="410 Gone"), Reason.MISSING),
        (content(b"", status="401 Unauthorized"), Reason.DENIED),
        (content(b"", status="403 Forbidden"), Reason.DENIED),
        (content(b"", status="500 Internal Server Error"), Reason.TROUBLE),
        (content(b"", status="429 Too Many Requests"), Reason.TROUBLE),
        (content(b"", status="204 No Content"), Reason.TROUBLE),
        (content(b"part", status="206 Partial Content"), Reason.TROUBLE),
        (content(b"\x1f\x8b", head="Content-Encoding: gzip\r\n"), Reason.TROUBLE),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", Reason.TROUBLE),
        (b"nonsense\r\n\r\n", Reason.TROUBLE),
        (b"", Reason.TROUBLE),
    ],
)
def test_any_other_answer_is_told_by_its_reason_and_may_be_tried_again(servers: Servers, answer: bytes, reason: Reason) -> None:
    servers.provider.answers["/file"] = answer
    refused = servers.refusal()
    assert (refused.reason, refused.is_final) == (reason, False)
    assert CREDENTIALS[1] not in str(refused)
    assert "127.0.0.1" not in str(refused)


def test_without_a_connection_or_a_name_it_is_tried_again(servers: Servers) -> None:
    with wire() as gone:
        nobody = gone.url
    for url in (f"{nobody}/file", "http://provider.invalid/file"):
        with pytest.raises(NotFetchedError) as refused:
            asyncio.run(fetch(Source(url, CREDENTIALS), servers.rules))
        assert (refused.value.reason, refused.value.is_final) == (Reason.TROUBLE, False)


def test_the_certificate_has_to_name_the_host_and_not_the_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout key -out cert -subj /CN=x"
    subprocess.run([*made.split(), "-addext", "subjectAltName=DNS:files.test"], cwd=tmp_path, check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    _tls.cache_clear()
    with wire() as server:
        server.tls = context
        outcomes = [
            asyncio.run(_try(Source(f"https://{host}:{server.port}/file", CREDENTIALS))) for host in ("files.test", "other.test")
        ]
    _tls.cache_clear()
    assert outcomes == [Reason.MISSING, Reason.TROUBLE]  # the first one talked to the server, which has no such file


async def _try(source: Source) -> Reason:
    with pytest.raises(NotFetchedError) as refused:
        await fetch(source, Rules((), is_dev=True, resolve=answering("127.0.0.1")))  # type: ignore[arg-type]
    return refused.value.reason


def test_the_system_resolves_names() -> None:
    assert "127.0.0.1" in asyncio.run(resolve("127.0.0.1", 80))
