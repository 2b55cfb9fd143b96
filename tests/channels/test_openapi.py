"""Both sides of the wire against Twilio's own description of its API: what we send, and what the stand-in answers."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse
from openapi_core.exceptions import OpenAPIError
from requests import Request
from requests import Response as HttpResponse
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]

from bot.channels.twilio import TwilioChannel
from tests.channels.line import CUSTOMER, START, Line, bubble

SPECIFICATION = Path(__file__).parents[2] / ".." / "shared" / "twilio-spec"
FILES = {
    "/2010-04-01/": ("https://api.twilio.com", "twilio_api_v2010.messages.json"),
    "/v2/": ("https://messaging.twilio.com", "twilio_messaging_v2.typing.json"),
}

pytestmark = pytest.mark.skipif(not SPECIFICATION.exists(), reason="Twilio's OpenAPI description is not on this machine")


class Judge(TwilioHttpClient):  # type: ignore[misc]
    """Passes calls on to the channel's own client, and has each call and its answer judged as if they were Twilio's."""

    def __init__(self, channel: TwilioChannel, api_url: str) -> None:
        super().__init__()
        self.inner = channel.client.http_client
        self.api_url = api_url
        self.judged: list[str] = []
        self.specifications = {start: OpenAPI.from_file_path(str(SPECIFICATION / name)) for start, (_, name) in FILES.items()}

    def request(self, method: str, url: str, **options: Any) -> Response:
        path = url.removeprefix(self.api_url)
        start = next(start for start in FILES if path.startswith(start))
        known = {name: options.get(name) for name in ("params", "data", "headers", "auth")}
        asked = RequestsOpenAPIRequest(Request(method, FILES[start][0] + path, **known).prepare())
        self.specifications[start].validate_request(asked)
        answer = self.inner.request(method, url, **options)
        self.specifications[start].validate_response(asked, RequestsOpenAPIResponse(as_http(answer)))
        self.judged.append(f"{method} {path.partition('?')[0].rpartition('/')[2]}")
        return answer


def as_http(answer: Response) -> HttpResponse:
    response = HttpResponse()
    response.status_code = answer.status_code
    response.headers.update({"Content-Type": "application/json"})
    response._content = answer.text.encode()
    return response


@pytest.fixture
def judge(line: Line) -> Iterator[Judge]:
    judge = Judge(line.channel, line.api_url)
    line.channel.client.http_client = judge
    yield judge
    judge.session.close()


def test_every_call_and_every_answer_is_as_twilio_describes_it(line: Line, judge: Judge) -> None:
    line.channel.show_typing(line.fake.conversation(CUSTOMER)[0].sid)
    line.channel.send(bubble("Hola 😀\n& más", message_id="con espacio y ñ"))
    line.channel.send(bubble("Al nombre", to="whatsapp:CO.4566546130240823"))
    asyncio.run(line.fake.settle())
    assert len(line.channel.sent_since(CUSTOMER, START)) == 1
    assert judge.judged == ["POST Typing.json", "POST Messages.json", "POST Messages.json", "GET Messages.json"]


def test_a_deletion_and_its_answer_are_as_twilio_describes_them(line: Line, judge: Judge) -> None:
    sid = line.fake.conversation(CUSTOMER)[0].sid
    assert [copy.sid for copy in line.channel.copies(CUSTOMER)] == [sid]
    assert line.channel.erase_copy(sid)
    assert judge.judged == ["GET Messages.json", "GET Messages.json", f"DELETE {sid}.json"]


def test_the_judge_does_object(line: Line, judge: Judge) -> None:
    messages = line.channel.client.messages
    for call in (
        lambda: messages.create(to=None, from_="whatsapp:+573184114466", body="a nadie"),
        lambda: messages.create(to=CUSTOMER, body="x", content_sid="HX1"),
        lambda: line.channel.show_typing("not a sid"),
        lambda: messages.list(page_size=5000),
    ):
        with pytest.raises(OpenAPIError):
            call()
    assert judge.judged == []
