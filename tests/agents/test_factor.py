import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path

import pyotp
import pytest
import sqlalchemy as sa

from bot.agents import accounts, factor
from bot.agents.factor import RECOVERY_CODES, STEP, AlreadySetError, Proof
from bot.agents.tables import audit, recovery_codes, second_factors
from bot.db import Database
from tests.empty import new_database
from tests.tickets.world import NOW

KEY = b"k" * 32
#: A time in the middle of a step.
AT = NOW + timedelta(seconds=STEP / 2)


def later(steps: float) -> timedelta:
    return timedelta(seconds=STEP * steps)


def account(database: Database, username: str = "ana.gomez") -> str:
    add = partial(accounts.add, name="Ana", username=username, password_hash="hash", now=NOW)
    return database.write_now(add).id


def begun(database: Database, agent_id: str) -> pyotp.TOTP:
    database.write_now(partial(factor.begin, agent_id=agent_id, now=NOW))
    secret = database.read_now(partial(factor.secret, key=KEY, agent_id=agent_id))
    assert secret is not None
    return pyotp.TOTP(secret)


def enrolled(database: Database, agent_id: str) -> tuple[pyotp.TOTP, list[str]]:
    """An agent's phone and recovery codes; confirmed one step before `AT`, so that the code of now is fresh."""
    phone = begun(database, agent_id)
    codes = database.write_now(
        partial(factor.confirm, key=KEY, agent_id=agent_id, code=phone.at(AT - later(2)), now=AT - later(2))
    )
    assert codes is not None
    return phone, codes


def prove(database: Database, agent_id: str, given: str, after: float = 0, key: bytes = KEY) -> Proof | None:
    return database.write_now(partial(factor.prove, key=key, agent_id=agent_id, given=given, now=AT + later(after)))


def test_a_second_factor_is_in_force_once_a_code_showed_that_the_phone_has_it(database: Database) -> None:
    ana = account(database)
    assert database.read_now(partial(factor.standing, agent_id=ana)) is None
    phone = begun(database, ana)
    wrong = "000000" if phone.at(AT) != "000000" else "000001"
    assert prove(database, ana, phone.at(AT)) is None
    assert database.write_now(partial(factor.confirm, key=KEY, agent_id=ana, code=wrong, now=AT)) is None
    assert not database.read_now(partial(factor.is_set, agent_id=ana))
    codes = database.write_now(partial(factor.confirm, key=KEY, agent_id=ana, code=phone.at(AT), now=AT))
    assert codes is not None
    assert len(set(codes)) == RECOVERY_CODES
    assert database.read_now(factor.confirmed) == {ana}
    assert database.write_now(partial(factor.confirm, key=KEY, agent_id=ana, code=phone.at(AT + later(1)), now=AT)) is None


def test_codes_are_those_of_the_standard(database: Database) -> None:
    # RFC 6238, appendix B, SHA-1, cut to six digits: what every authenticator app shows.
    phone = pyotp.TOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    assert [phone.at(seconds) for seconds in (59, 1111111109, 20000000000)] == ["287082", "081804", "353130"]
    made = begun(database, account(database))
    assert (made.digits, made.interval, len(made.byte_secret())) == (6, 30, 20)


@pytest.mark.parametrize(("steps", "expected"), [(-2, None), (-1, Proof.CODE), (0, Proof.CODE), (1, Proof.CODE), (2, None)])
def test_a_code_is_right_in_its_step_and_in_one_to_either_side(database: Database, steps: int, expected: Proof | None) -> None:
    ana = account(database)
    phone, _ = enrolled(database, ana)
    assert prove(database, ana, phone.at(AT + later(steps + 3)), after=3) is expected


def test_a_code_works_once_and_none_before_it_works_any_more(database: Database) -> None:
    ana = account(database)
    phone, _ = enrolled(database, ana)
    now, next_one = phone.at(AT), phone.at(AT + later(1))
    assert prove(database, ana, f" {now[:3]} {now[3:]} ") is Proof.CODE
    assert prove(database, ana, now) is None
    assert prove(database, ana, next_one) is Proof.CODE
    assert prove(database, ana, now) is None
    assert prove(database, ana, next_one, after=1) is None


def test_of_many_who_send_the_same_code_at_once_one_gets_in(tmp_path: Path, postgres_url: str) -> None:
    for url in ("", postgres_url):
        database = new_database(tmp_path, url)
        ana = account(database)
        phone, codes = enrolled(database, ana)
        for given in (phone.at(AT), codes[0]):
            with ThreadPoolExecutor(8) as threads:
                shown = list(threads.map(partial(prove, database, ana), [given] * 8))
            assert len([proof for proof in shown if proof]) == 1
        database.close()


def test_each_recovery_code_works_once_however_it_is_written(database: Database) -> None:
    ana, luis = account(database), account(database, "luis.paz")
    _, codes = enrolled(database, ana)
    enrolled(database, luis)
    assert prove(database, luis, codes[0]) is None
    assert prove(database, ana, f" {codes[0].upper().replace('-', ' ')} ") is Proof.RECOVERY
    assert prove(database, ana, codes[0]) is None
    assert prove(database, ana, codes[1]) is Proof.RECOVERY
    current = database.read_now(partial(factor.standing, agent_id=ana))
    assert current is not None
    assert current.recovery_left == RECOVERY_CODES - 2
    database.write_now(partial(factor.renew_recovery, key=KEY, agent_id=ana))
    assert prove(database, ana, codes[2]) is None


@pytest.mark.parametrize("given", ["", " ", "12345", "1234567", "abcdef", "１２３４５６", "'; --", "ñ" * 40, "\0", "-----"])
def test_what_is_no_code_is_refused(database: Database, given: str) -> None:
    ana = account(database)
    enrolled(database, ana)
    assert prove(database, ana, given) is None


def test_a_confirmed_second_factor_is_told_to_nobody_and_not_overwritten(database: Database) -> None:
    ana = account(database)
    phone, _ = enrolled(database, ana)
    assert database.read_now(partial(factor.secret, key=KEY, agent_id=ana)) is None
    with pytest.raises(AlreadySetError):
        database.write_now(partial(factor.begin, agent_id=ana, now=NOW))
    assert prove(database, ana, phone.at(AT)) is Proof.CODE


def test_nothing_in_the_database_makes_a_code(database: Database) -> None:
    ana = account(database)
    phone, codes = enrolled(database, ana)
    rows = [database.read_now(lambda c, t=table: c.execute(sa.select(t)).all()) for table in (second_factors, recovery_codes)]  # type: ignore[misc]
    kept = str(rows)
    assert phone.secret not in kept
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)
    # Nor does the same database under another key: a copy without the key file.
    assert prove(database, ana, phone.at(AT), key=b"x" * 32) is None
    assert prove(database, ana, codes[0], key=b"x" * 32) is None


def test_after_a_reset_the_old_phone_and_codes_open_nothing_and_a_new_one_can_be_set_up(database: Database) -> None:
    ana = account(database)
    phone, codes = enrolled(database, ana)
    for _ in range(2):
        database.write_now(partial(accounts.reset_factor, username="ana.gomez", now=NOW))
    assert [prove(database, ana, given) for given in (phone.at(AT), codes[0])] == [None, None]
    actions = database.read_now(lambda connection: connection.scalars(sa.select(audit.c.action)).all())
    assert actions == ["agent:added", "agent:factor:removed"]
    assert begun(database, ana).secret != phone.secret


def test_the_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: factor.key_in(folder), range(16)))
    assert len(keys) == 1
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(keys.pop()) == 32
    file.write_text("", encoding="ascii")
    with pytest.raises(ValueError, match=r"second-factor\.key does not hold a key"):
        factor.key_in(folder)
