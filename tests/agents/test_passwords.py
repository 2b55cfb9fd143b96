import time
import unicodedata
from statistics import median

import pytest
from argon2 import PasswordHasher

from bot.agents import passwords
from bot.agents.passwords import PasswordRefusedError

RIGHT = "correcta-caballo-9"


@pytest.fixture(scope="module")
def kept() -> str:
    return passwords.hashed(RIGHT)


def test_the_right_password_is_right_and_every_other_is_wrong(kept: str) -> None:
    assert passwords.is_right(RIGHT, kept)
    for wrong in ("", "correcta-caballo-8", RIGHT + " ", RIGHT.upper(), kept):
        assert not passwords.is_right(wrong, kept)


def test_what_is_kept_is_argon2id_salted_and_without_the_password(kept: str) -> None:
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert RIGHT not in kept
    assert passwords.hashed(RIGHT) != kept


def test_without_an_account_every_password_is_wrong() -> None:
    assert not passwords.is_right(RIGHT, None)
    assert not passwords.is_right("", None)


@pytest.mark.parametrize("broken", ["", "x", "$argon2id$v=19$m=65536,t=3,p=4$", "$2b$12$abcdefghijklmnopqrstuv"])
def test_a_broken_hash_lets_nobody_in(broken: str) -> None:
    assert not passwords.is_right(RIGHT, broken)


def test_a_login_without_an_account_takes_as_long_as_one_with(kept: str) -> None:
    passwords.is_right("warm up", None)

    def seconds(password_hash: str | None) -> float:
        begun = time.perf_counter()
        passwords.is_right("mala-mala-mala", password_hash)
        return time.perf_counter() - begun

    known, unknown = (median(seconds(password_hash) for _ in range(5)) for password_hash in (kept, None))
    # Wide bounds: other work on the machine must not fail this, skipping the hash (a thousandth of the time) must.
    assert 0.2 < unknown / known < 5


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "at least 12"),
        ("once-letras", "at least 12"),
        ("aaaaaaaaaaaaaaaa", "4 different"),
        ("Contraseña-2026!", "tried first"),
        ("123 456 789 012", "tried first"),
        ("qwertyuiop1234", "tried first"),
        ("Ana.Maria.Gomez", "username"),
        ("ana maria gómez!", "username"),
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused_in_one_line(password: str, reason: str) -> None:
    with pytest.raises(PasswordRefusedError, match=reason) as refusal:
        passwords.hashed(password, "ana.maria.gomez")
    assert "\n" not in str(refusal.value)
    assert not password or password not in str(refusal.value)


def test_another_agents_name_and_what_only_begins_like_a_common_password_are_accepted() -> None:
    assert passwords.refusal("ana.maria.gomez", "luis.paz") is None
    assert passwords.refusal("contraseña2026 con mucho más") is None


def test_twelve_characters_are_enough() -> None:
    assert passwords.is_right("doce-letras!", passwords.hashed("doce-letras!"))


def test_the_same_letters_are_the_same_password_however_the_keyboard_writes_them() -> None:
    composed = unicodedata.normalize("NFC", "contraseña-señal")
    decomposed = unicodedata.normalize("NFD", composed)
    assert composed != decomposed
    assert passwords.is_right(decomposed, passwords.hashed(composed))


def test_a_hash_with_other_costs_is_renewed_and_one_with_todays_is_not(kept: str) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(RIGHT)
    renewed = passwords.renewed(RIGHT, cheap)
    assert renewed is not None
    assert passwords.is_right(RIGHT, renewed)
    assert passwords.renewed(RIGHT, renewed) is None
    assert passwords.renewed(RIGHT, kept) is None


def test_generated_passwords_are_accepted_and_differ() -> None:
    made = {passwords.generated() for _ in range(50)}
    assert len(made) == 50
    assert all(len(password) == 23 and not set(password) & set("ilo01") for password in made)
    assert passwords.hashed(made.pop())
