import pytest

from tests.web.simulator.stage import MARIA, Stage

MESSAGE = {"address": MARIA, "kind": "text", "text": "hola"}


def test_the_page_allows_only_scripts_and_styles_of_its_own(stage: Stage) -> None:
    answer = stage.client.get("/simulador")
    policy = answer.headers["content-security-policy"]
    assert answer.status_code == 200
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert " style=" not in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "localhost", "[::1]:8000", "LOCALHOST"])
def test_it_answers_to_the_names_of_this_machine(stage: Stage, host: str) -> None:
    assert stage.client.get("/simulador", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["soporte.example", "127.0.0.1.example.com", "192.168.1.20:8000", "localhost.example", "[bad", ""]
)
@pytest.mark.parametrize("path", ["", "/events", "/simulator.js", "/media/image"])
def test_it_answers_to_no_other_name(stage: Stage, host: str, path: str) -> None:
    assert stage.client.get(f"/simulador{path}", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://soporte.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_post_from_another_page_sends_nothing(stage: Stage, headers: dict[str, str]) -> None:
    assert stage.client.post("/simulador/messages", json=MESSAGE, headers=headers).status_code == 403
    assert stage.line.hooks.posts == []


def test_a_post_from_its_own_page_or_from_a_terminal_is_taken(stage: Stage) -> None:
    own = {"Origin": str(stage.client.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    assert stage.client.post("/simulador/messages", json=MESSAGE, headers=own).status_code == 200
    assert stage.client.post("/simulador/messages", json=MESSAGE).status_code == 200
    assert len(stage.line.hooks.posts) == 2


def test_a_form_that_any_page_could_post_is_refused(stage: Stage) -> None:
    body = '{"address": "' + MARIA + '", "kind": "text", "text": "hola"}'
    answer = stage.client.post("/simulador/messages", content=body, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 422
    assert stage.line.hooks.posts == []
