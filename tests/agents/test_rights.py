import pytest

from bot.agents.rights import RIGHTS, Actor, Reach, Role, Stage, Verb, can

ANA, LUIS = "ana.gomez", "luis.paz"


@pytest.mark.parametrize("verb", Verb)
def test_every_verb_has_its_row_and_no_role_may_less_than_the_one_below(verb: Verb) -> None:
    order = [Reach.NONE, Reach.OTHERS, Reach.OWN, Reach.ALL]
    reaches = [order.index(reach) for reach in RIGHTS[verb]]
    assert len(reaches) == len(Role)
    assert reaches == sorted(reaches)


@pytest.mark.parametrize(
    ("role", "verb", "whose", "expected"),
    [
        (Role.AGENT, Verb.KEEP_ACCOUNT, None, True),
        (Role.AGENT, Verb.KEEP_ACCOUNT, ANA, True),
        (Role.AGENT, Verb.KEEP_ACCOUNT, LUIS, False),
        (Role.ADMIN, Verb.KEEP_ACCOUNT, LUIS, False),
        (Role.AGENT, Verb.READ_TICKET, None, True),
        (Role.AGENT, Verb.READ_TICKET, LUIS, True),
        (Role.AGENT, Verb.READ_TRAIL, None, False),
        (Role.SUPERVISOR, Verb.READ_TRAIL, None, True),
        (Role.SUPERVISOR, Verb.CHANGE_ROLE, LUIS, False),
        (Role.SUPERVISOR, Verb.CHANGE_ROLE, ANA, False),
        (Role.ADMIN, Verb.CHANGE_ROLE, LUIS, True),
        (Role.ADMIN, Verb.CHANGE_ROLE, ANA, False),
        (Role.ADMIN, Verb.CHANGE_ROLE, None, False),
    ],
)
def test_a_right_reaches_as_far_as_its_table_says(role: Role, verb: Verb, whose: str | None, expected: bool) -> None:
    assert can(Actor(ANA, role), verb, whose) is expected


@pytest.mark.parametrize("role", Role)
def test_half_a_login_opens_nothing_but_its_other_half(role: Role) -> None:
    open_at = {stage: {verb for verb in Verb if can(Actor(ANA, role, stage), verb, None)} for stage in Stage}
    assert open_at[Stage.CODE] == {Verb.LOG_OUT, Verb.PROVE_FACTOR}
    assert open_at[Stage.ENROL] == {Verb.LOG_OUT, Verb.SET_UP_FACTOR}
    assert open_at[Stage.IN] > open_at[Stage.CODE] | open_at[Stage.ENROL]
