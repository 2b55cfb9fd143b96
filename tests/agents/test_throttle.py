from bot.agents import throttle
from bot.agents.throttle import PER_ACCOUNT, PER_ADDRESS, WINDOW, Throttle
from tests.tickets.world import MINUTE, NOW

HOME = "198.51.100.7"


def spent(counter: Throttle, username: str, address: str = HOME) -> int:
    """How many attempts are let through in a row."""
    return next(attempt for attempt in range(1000) if not counter.admit(username, address, NOW))


def test_so_many_attempts_pass_and_then_none_until_the_window_is_over() -> None:
    counter = Throttle()
    assert spent(counter, "ana") == PER_ACCOUNT
    assert not counter.admit("ana", HOME, NOW + WINDOW - MINUTE)
    assert counter.admit("ana", HOME, NOW + WINDOW + MINUTE)


def test_a_refused_attempt_does_not_make_the_wait_longer() -> None:
    counter = Throttle()
    spent(counter, "ana")
    counter.admit("ana", HOME, NOW + WINDOW / 2)
    assert counter.admit("ana", HOME, NOW + WINDOW + MINUTE)


def test_one_guesser_does_not_lock_out_the_agent_who_comes_from_elsewhere() -> None:
    counter = Throttle()
    spent(counter, "ana")
    assert counter.admit("ana", "203.0.113.9", NOW)
    assert counter.admit("luis", HOME, NOW)


def test_one_address_cannot_try_one_account_after_the_other() -> None:
    counter = Throttle()
    admitted = sum(counter.admit(f"agent{n}", HOME, NOW) for n in range(PER_ADDRESS * 2))
    assert admitted == PER_ADDRESS


def test_a_success_gives_the_account_its_attempts_back_and_the_address_one() -> None:
    counter = Throttle()
    for _ in range(PER_ADDRESS * 2):
        assert counter.admit("ana", HOME, NOW)
        counter.forgive("ana", HOME)
    assert spent(counter, "ana") == PER_ACCOUNT


def test_all_addresses_of_one_ipv6_network_count_as_one() -> None:
    counter = Throttle()
    admitted = [counter.admit("ana", f"2001:db8:1:1::{n:x}", NOW) for n in range(1, 10)]
    assert sum(admitted) == PER_ACCOUNT
    assert counter.admit("ana", "2001:db8:1:2::1", NOW)


def test_what_cannot_be_counted_is_refused_until_old_attempts_are_forgotten() -> None:
    counter = Throttle()
    addresses = [f"10.{n // 65536}.{n // 256 % 256}.{n % 256}" for n in range(throttle.MOST_KEYS // 2 + 10)]
    admitted = sum(counter.admit("ana", address, NOW) for address in addresses)
    assert admitted == throttle.MOST_KEYS // 2
    assert not counter.admit("luis", HOME, NOW)
    assert counter.admit("ana", addresses[0], NOW)
    assert counter.admit("luis", HOME, NOW + WINDOW + MINUTE)
