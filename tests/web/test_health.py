"""Health, and the clock of the demo."""

from pathlib import Path

import httpx

from tests.stack import running_stack


def test_health_names_each_part_and_its_state(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        assert httpx.get(f"{stack.url}/health/live").json() == {"status": "ok"}
        ready = httpx.get(f"{stack.url}/health/ready")
        assert ready.status_code == 200
        assert ready.json() == {"status": "ok", "parts": {"database": "ok", "coordination": "ok", "flow": "ok"}}


def test_without_redis_it_is_degraded_but_serves(tmp_path: Path) -> None:
    with running_stack(tmp_path, redis_url="unix:///nowhere/redis.sock") as stack:
        ready = httpx.get(f"{stack.url}/health/ready")
        assert (ready.status_code, ready.json()["parts"]["coordination"]) == (200, "degraded")
        stack.receive("+573005550142", text="hola")
        stack.settle()
        assert stack.said("whatsapp:+573005550142")


def test_the_clock_moves_only_where_things_are_tried_out(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        before = httpx.get(f"{stack.url}/dev/clock").json()["now"]
        after = httpx.post(f"{stack.url}/dev/clock", json={"advance_hours": 30}).json()["now"]
        assert after[:10] > before[:10]
        assert httpx.post(f"{stack.url}/dev/clock", json={"advance_hours": -1}).status_code == 422
