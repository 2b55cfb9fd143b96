"""What is measured, who may see it, and that it tells nothing of anybody."""

import re
import time
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.channels.fake_twilio import Faults
from tests.stack import Stack, running_stack

ANA = "whatsapp:+573005550142"


def measured(stack: Stack, **headers: str) -> dict[str, float]:
    """Every sample by its name and labels."""
    answer = httpx.get(f"{stack.url}/metrics", headers=headers)
    assert answer.status_code == 200
    samples = [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]
    return {" ".join([sample.name, *map("=".join, sorted(sample.labels.items()))]): sample.value for sample in samples}


def test_what_happened_is_counted(tmp_path: Path) -> None:
    with running_stack(tmp_path, overload={"sends_per_day": 4}) as stack:
        before = measured(stack)
        stack.fake.faults = Faults(error_after=1)
        assert stack.receive(ANA, text="menú", repeat=2) == 200
        stack.settle()
        after = measured(stack)
    grown = {name for name, value in after.items() if value > before.get(name, 0.0)}
    assert {
        "soporte_webhook_seconds_count code=200 webhook=message",
        "soporte_webhook_seconds_count code=200 webhook=status",
        "soporte_duplicates_total",
        "soporte_turn_seconds_count",
        "soporte_sends_unclear_total",
        "soporte_messages_total status=delivered",
        "soporte_commit_jobs_sum",
        "soporte_commit_seconds_count",
    } <= grown
    assert [after[f"soporte_outbox status={status}"] for status in ("queued", "sending", "unknown")] == [0, 0, 0]
    assert (before["soporte_sends_of_day"], after["soporte_sends_of_day"]) == (0, 1 / 4)
    assert not re.search(r"3005550142|whatsapp|menú", " ".join(after))


def test_what_waits_is_counted_with_its_age(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        stack.fake.faults = Faults(too_many_requests=10**6)
        assert stack.receive(ANA, text="menú") == 200
        deadline = time.monotonic() + 20
        now = measured(stack)
        while now["soporte_outbox status=queued"] != 1 or not now["soporte_outbox_oldest_seconds"]:
            assert time.monotonic() < deadline, now
            now = measured(stack)
        assert now["soporte_outbox_oldest_seconds"] > 0
        assert (now["soporte_inbox_waiting"], now["soporte_inbox_oldest_seconds"]) == (0, 0)


def test_a_refused_message_is_counted_by_its_error(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        stack.fake.faults = Faults(undelivered=1, undelivered_code=63016)
        name = "soporte_sends_failed_total code=63016"
        before = measured(stack).get(name, 0.0)
        assert stack.receive(ANA, text="menú") == 200
        stack.settle()
        assert measured(stack)[name] == before + 1


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_without_a_token_only_programs_on_this_machine_may_look(header: str, tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        assert httpx.get(f"{stack.url}/metrics").status_code == 200
        for told in ("203.0.113.7", "127.0.0.1"):
            refused = httpx.get(f"{stack.url}/metrics", headers={header: told})
            assert (refused.status_code, refused.text) == (403, "")


def test_with_a_token_only_who_shows_it_may_look(tmp_path: Path) -> None:
    with running_stack(tmp_path, metrics={"token": "a-long-token"}) as stack:
        for shown in ("", "Bearer another", "a-long-token", "Bearer ñ"):
            refused = httpx.get(f"{stack.url}/metrics", headers=[(b"Authorization", shown.encode())] if shown else [])
            assert (refused.status_code, refused.text, refused.headers["www-authenticate"]) == (401, "", "Bearer")
        assert measured(stack, Authorization="Bearer a-long-token", **{"X-Forwarded-For": "203.0.113.7"})
