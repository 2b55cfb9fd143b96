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
        asked = self.hear(method, url, options)
        return self.judge(asked, self.inner.request(method, url, **options))

    def hear(self, method: str, url: str, options: dict[str, Any]) -> RequestsOpenAPIRequest:
        path = url.removeprefix(self.api_url)
        known = {name: options.get(name) for name in ("params", "data", "headers", "auth")}
        asked = RequestsOpenAPIRequest(Request(method, self.host_of(path) + path, **known).prepare())
        self.specification_of(path).validate_request(asked)
        return asked

    def judge(self, asked: RequestsOpenAPIRequest, answer: Response) -> Response:
        self.specification_of(asked.path).validate_response(asked, RequestsOpenAPIResponse(as_http(answer)))
        self.judged.append(f"{asked.method.upper()} {asked.path.rpartition('/')[2]}")
        return answer

    def host_of(self, path: str) -> str:
        return next(host for start, (host, _) in FILES.items() if path.startswith(start))

    def specification_of(self, path: str) -> OpenAPI:
        return next(specification for start, specification in self.specifications.items() if path.startswith(start))


class AwaitedJudge:
    """The same for the client that is awaited."""

    is_async = True

    def __init__(self, channel: TwilioChannel, judge: Judge) -> None:
        self.inner, self.judge = channel.sender_client.http_client, judge

    async def request(self, method: str, url: str, **options: Any) -> Response:
        asked = self.judge.hear(method, url, options)
        return self.judge.judge(asked, await self.inner.request(method, url, **options))


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
    line.channel.sender_client.http_client = AwaitedJudge(line.channel, judge)
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
