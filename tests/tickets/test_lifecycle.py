import pytest

from bot.tickets.lifecycle import EVENTS, TABLE, NotAllowedError, Status, after, triggers_from

#: Everything that may be done, and from where; what is not here must be refused.
ALLOWED = {
    ("open", "assign"): "assigned",
    ("open", "resolve"): "resolved",
    ("assigned", "wait"): "waiting",
    ("assigned", "release"): "open",
    ("assigned", "resolve"): "resolved",
    ("waiting", "resume"): "assigned",
    ("waiting", "release"): "open",
    ("waiting", "resolve"): "resolved",
    ("resolved", "reopen"): "open",
}


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("trigger", list(EVENTS))
def test_a_move_is_made_if_the_table_has_it_and_refused_if_not(status: Status, trigger: str) -> None:
    allowed = ALLOWED.get((status.value, trigger))
    if allowed is not None:
        assert after(status, trigger) == allowed
    else:
        with pytest.raises(NotAllowedError) as refusal:
            after(status, trigger)
        assert (refusal.value.status, refusal.value.trigger) == (status, trigger)


@pytest.mark.parametrize("trigger", ["", "close", "to_resolved", "__class__", "assign ", "ASSIGN"])
def test_a_trigger_that_nobody_wrote_down_is_refused(trigger: str) -> None:
    with pytest.raises(NotAllowedError):
        after(Status.OPEN, trigger)


@pytest.mark.parametrize("status", list(Status))
def test_the_buttons_of_a_state_are_exactly_what_may_be_done_there(status: Status) -> None:
    assert triggers_from(status) == [move.trigger for move in TABLE if status in move.sources]


def test_every_state_can_be_reached_from_open_and_left_again() -> None:
    reached = {Status.OPEN}
    while more := {after(status, trigger) for status in reached for trigger in triggers_from(status)} - reached:
        reached |= more
    assert reached == set(Status)
    assert all(triggers_from(status) for status in Status)


def test_each_trigger_and_each_event_has_one_row() -> None:
    assert len(EVENTS) == len(TABLE) == len(set(EVENTS.values()))
