"""A sample of the crooked webhooks: nothing that can be posted is answered by a 5xx. How long it takes is not asked here."""

import asyncio
import logging
from pathlib import Path

import pytest

from tests.security.fuzz import fuzz_product


def test_nothing_that_can_be_posted_is_answered_by_a_5xx(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    outcome = asyncio.run(fuzz_product(tmp_path, range(2000)))
    assert outcome.broken == []
    assert outcome.statuses.total() == 2000
    # All that is to be tried is there: taken, refused as malformed, unsigned, with the wrong method, too large.
    assert {200, 400, 403, 405, 413, 431} <= set(outcome.statuses)
    assert outcome.statuses[200] > 200
