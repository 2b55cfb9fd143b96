import re
from dataclasses import fields
from pathlib import Path

import pytest

from bot.channels.fake_twilio import Faults
from tests.web.simulator.stage import MARIA, Stage

SCRIPT = Path("bot/web/static/simulator.js")


def test_a_new_customer_appears_on_every_open_page(stage: Stage) -> None:
    with stage.page() as page:
        answer = stage.client.post("/simulador/phones", json={"profile_name": "Ana Gómez", "phone": "320 555 0199"})
        page.until(lambda page: "whatsapp:+573205550199" in page.phones)
    assert answer.json() == {"address": "whatsapp:+573205550199"}
    assert page.phones["whatsapp:+573205550199"]["profile_name"] == "Ana Gómez"


def test_a_number_from_abroad_keeps_its_country(stage: Stage) -> None:
    answer = stage.client.post("/simulador/phones", json={"profile_name": "Ana", "phone": "+593 99 555 0101"})
    assert answer.json() == {"address": "whatsapp:+593995550101"}


@pytest.mark.parametrize(
    ("phone", "status", "problem"),
    [("12", 422, "phone"), ("hola", 422, "phone"), ("+57 300 555 0142", 409, "exists"), ("3005550142", 409, "exists")],
)
def test_a_wrong_or_known_number_adds_nobody(stage: Stage, phone: str, status: int, problem: str) -> None:
    answer = stage.client.post("/simulador/phones", json={"profile_name": "Ana", "phone": phone})
    assert (answer.status_code, answer.json()) == (status, {"problem": problem})
    assert f'value="problem.{problem}"' in stage.client.get("/simulador").text
    with stage.page() as page:
        assert len(page.phones) == 3


def test_two_customers_without_a_number_are_two_people(stage: Stage) -> None:
    addresses = {stage.client.post("/simulador/phones", json={"profile_name": "Ana"}).json()["address"] for _ in range(2)}
    assert len(addresses) == 2
    assert all(re.fullmatch(r"whatsapp:CO\.[0-9]+", address) for address in addresses)


def test_a_picked_file_travels_and_is_shown_but_never_run(stage: Stage) -> None:
    html = {"content": b"<script>alert(1)</script>", "headers": {"Content-Type": "text/html"}}
    key = stage.client.post("/simulador/media?name=factura.html", **html).json()["id"]  # type: ignore[arg-type]
    stage.say(kind="document", media=key)
    [post] = stage.line.hooks.posts
    fetched = stage.client.get(f"/simulador/media/{key}")
    assert post.parameters["MediaContentType0"] == "text/html"
    assert fetched.content == b"<script>alert(1)</script>"
    assert fetched.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert fetched.headers["x-content-type-options"] == "nosniff"
    with stage.page() as page:
        [file] = page.last()["media"]
    assert (file["name"], file["content_type"]) == ("factura.html", "text/html")


def test_a_file_that_is_too_large_or_empty_is_refused(stage: Stage) -> None:
    large = stage.client.post("/simulador/media", content=b"x" * (5 * 1024 * 1024 + 1))
    assert (large.status_code, large.json()) == (413, {"problem": "large"})
    assert stage.client.post("/simulador/media", content=b"").status_code == 422
    assert stage.client.get("/simulador/media/nobody").status_code == 404


def test_the_built_in_picture_and_voice_note_are_what_they_say(stage: Stage) -> None:
    assert stage.client.get("/simulador/media/image").content.startswith(b"\xff\xd8\xff")
    assert stage.client.get("/simulador/media/audio").content.startswith(b"OggS")


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [("error_after", 3, 3), ("error_after", "always", 1.0), ("error_after", 0, 0), ("stale_listing", 1, 1.0)],
)
def test_a_fault_is_counted_or_certain_or_off(stage: Stage, name: str, value: float | str, kept: float) -> None:
    with stage.page() as page:
        assert stage.client.post("/simulador/faults", json={"name": name, "value": value}).status_code == 200
        page.until(lambda page: page.faults[name] == value)
    setting = getattr(stage.line.fake.faults, name)
    assert setting == kept
    assert type(setting) is type(kept)


def test_a_change_of_one_fault_leaves_the_others(stage: Stage) -> None:
    stage.client.post("/simulador/faults", json={"name": "slow", "value": "always"})
    stage.client.post("/simulador/faults", json={"name": "error_before", "value": 2})
    assert stage.line.fake.faults == Faults(slow=1.0, error_before=2)


@pytest.mark.parametrize(
    "order", [{"name": "seed", "value": 1}, {"name": "no_such", "value": 1}, {"name": "slow", "value": "often"}]
)
def test_an_unknown_fault_changes_nothing(stage: Stage, order: dict[str, object]) -> None:
    assert stage.client.post("/simulador/faults", json=order).status_code in {404, 422}
    assert stage.line.fake.faults == Faults()


def test_every_fault_has_its_switch_on_the_page(stage: Stage) -> None:
    html = stage.client.get("/simulador").text
    assert [fault.name for fault in fields(Faults) if fault.name != "seed" and f'name="{fault.name}"' not in html] == []


def test_the_script_finds_every_word_and_every_piece_on_the_page(stage: Stage) -> None:
    html = stage.client.get("/simulador").text
    script = SCRIPT.read_text(encoding="utf-8")
    ids = set(re.findall(r'\$\("([a-z-]+)"\)', script)) | {f"piece-{name}" for name in re.findall(r'piece\("([a-z]+)"\)', script)}
    words = set(re.findall(r'word\("([a-z.-]+)"', script))
    assert len(ids) > 20
    assert len(words) > 8
    assert sorted(name for name in ids if f'id="{name}"' not in html) == []
    assert sorted(name for name in words if f'value="{name}"' not in html) == []


def test_the_script_and_the_style_are_served_to_be_checked_for_changes(stage: Stage) -> None:
    for name, kind in (("simulator.js", "text/javascript"), ("simulator.css", "text/css")):
        answer = stage.client.get(f"/simulador/{name}")
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["cache-control"] == "no-cache"


def test_nothing_on_the_phone_is_lost_by_a_new_connection(stage: Stage) -> None:
    stage.say(text="uno")
    with stage.page() as page:
        first = page.messages(MARIA)
    with stage.page() as page:
        assert page.messages(MARIA) == first
