"""The short run of `tests.crash`: killed two hundred times, at every point and at any moment, nobody notices but by waiting."""

import asyncio

import pytest

from tests.crash import points
from tests.crash.run import run
from tests.crash.world import Plan


@pytest.mark.timeout(600)
def test_customers_get_every_answer_once_and_in_order_wherever_the_product_is_killed() -> None:
    report = asyncio.run(run(Plan(kills=200)))
    assert report.verdict.is_clean, (str(report.verdict), *report.stories)
    assert report.deaths.total() >= 200
    assert [point for point in points.POINTS if not report.deaths[point]] == []
    assert report.messages > 200
    assert report.tickets > 5


@pytest.mark.timeout(300)
def test_a_product_that_does_not_look_up_what_became_of_a_send_is_found_out() -> None:
    report = asyncio.run(run(Plan(kills=20, each=0, is_blind=True)))
    assert report.verdict.doubled > 0
