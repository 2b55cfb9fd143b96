"""Log lines hold the ids and nothing of a customer's, in both forms."""

import json
import logging
import sys

import pytest

from bot import logs
from tests.conftest import CANARIES, Listener


def record(message: str, *, error: bool = False, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("bot.x", logging.WARNING, __file__, 1, message, (), sys.exc_info() if error else None)
    made.created = 1_795_000_000.5
    vars(made).update(extra)
    return made


def fail() -> None:
    try:
        dict[str, str]()["mi clave es 1234"]
    except KeyError as error:
        raise ValueError("+573005550142 wrote something") from error


def failed() -> logging.LogRecord:
    try:
        fail()
    except ValueError:
        return record("a turn failed", error=True, conversation="c1")
    raise AssertionError


def test_json_is_one_object_to_a_line() -> None:
    line = logs.Json().format(record("a send did not succeed", message_id="m1", attempts=2, phone="+57300"))
    assert json.loads(line) == {
        "at": "2026-11-18T11:06:40.500+00:00",
        "level": "warning",
        "logger": "bot.x",
        "message": "a send did not succeed",
        "message_id": "m1",
        "attempts": 2,
    }


def test_plain_is_a_sentence_with_the_ids() -> None:
    line = logs.Plain().format(record("a send did not succeed", message_id="m1", phone="+57300"))
    assert line == "2026-11-18 11:06:40.500 WARNING bot.x: a send did not succeed message_id=m1"


@pytest.mark.parametrize("form", logs.FORMATTERS)
def test_an_exception_is_told_without_its_text(form: str) -> None:
    line = logs.FORMATTERS[form]().format(failed())
    assert "1234" not in line
    assert "3005550142" not in line
    for told in ("ValueError", "KeyError", "test_logs.py", "c1"):
        assert told in line
    assert (line.count("\n") == 0) is (form == "json")


def test_every_test_looks_for_secrets_in_what_is_logged(listener: Listener) -> None:
    logging.getLogger("bot.anything").warning("signed with %s", CANARIES[0], exc_info=ValueError("x"))
    assert len(listener.found) == 1
    listener.found.clear()
    logging.getLogger("bot.anything").warning("signed")
    assert listener.found == []
