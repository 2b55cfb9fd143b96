"""A sample of the crooked webhooks: nothing that can be posted is answered by a 5xx. What it costs is not asked here."""

import asyncio
import logging
from itertools import islice
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from starlette.datastructures import ImmutableMultiDict

from bot.channels.twilio.signatures import Keys, Signatures
from tests.security.bodies import crooked
from tests.security.fuzz import LARGEST, PATHS, TOKEN, Cost, Metered, Outcome, fuzz_product, signature


def test_nothing_that_can_be_posted_is_answered_by_a_5xx(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    outcome = Outcome()
    asyncio.run(fuzz_product(tmp_path, range(2000), outcome))
    assert outcome.broken == []
    assert outcome.statuses.total() == 2000
    # All that is to be tried is there: taken, refused as malformed, unsigned, not there, with the wrong method, too large.
    assert {200, 400, 403, 404, 405, 413, 431} <= set(outcome.statuses)
    assert outcome.statuses[200] > 600
    assert 0 < outcome.dearest < outcome.total


def test_what_is_signed_is_signed_as_the_product_demands() -> None:
    signed = (request for request in (crooked(number, PATHS) for number in range(1000)) if request.is_signed)
    for request in islice(signed, 50):
        body = b"".join(request.body)[:LARGEST]
        parameters = ImmutableMultiDict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        made = signature("https://a.example/b", body).decode()
        assert Signatures(Keys(TOKEN)).verify("https://a.example/b", parameters, made)


def test_what_a_request_costs_is_counted_and_its_timeouts_reach_it() -> None:
    async def answering() -> int:
        try:
            async with asyncio.timeout(0.01):
                await asyncio.sleep(60)
        except TimeoutError:
            return sum(range(200_000)) and 503
        return 200

    async def asked(cost: Cost) -> int:
        return await Metered(answering(), cost)

    cost = Cost()
    assert asyncio.run(asked(cost)) == 503
    assert cost.spent > 0
