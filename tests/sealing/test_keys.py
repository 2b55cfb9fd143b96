"""A key is strong or refused; what it sealed opens where it belongs, and nowhere else."""

import pytest

from bot.sealing.keys import MARK, DamagedError, Keyring, new_key, read_keys

OLD, NEW = new_key(), new_key()
INDEX = b"i" * 32
BOTH = Keyring(read_keys(f"{NEW}, {OLD}"), INDEX)
BEFORE = Keyring(read_keys(OLD), INDEX)


WRONG = {
    "a password": "hunter2",
    "one letter": "A" * 43,
    "too short": NEW[:-1],
    "too long": f"{NEW}x",
    "the second one": f"{NEW} {OLD[:10]}",
    "other letters": "ñ" * 43,
    "a pattern": "0123456789" * 4,
}


@pytest.mark.parametrize("text", WRONG.values(), ids=list(WRONG))
def test_a_weak_or_broken_key_is_refused_without_telling_it(text: str) -> None:
    with pytest.raises(ValueError, match="soporte key new") as refused:
        read_keys(text)
    assert not any(word in str(refused.value) for word in text.split() if len(word) > 9)


def test_keys_come_newest_first_and_each_once() -> None:
    assert [key.id for key in read_keys(f"{NEW}\n{OLD}\n")] == [*BOTH.ids]
    assert read_keys("  ") == ()
    with pytest.raises(ValueError, match="twice"):
        read_keys(f"{OLD},{OLD}")


def test_equal_texts_are_sealed_differently_and_open_under_either_key() -> None:
    first, second = BEFORE.seal("t.c", "José"), BEFORE.seal("t.c", "José")
    assert first != second
    assert "José" not in first
    assert [BOTH.open("t.c", value) for value in (first, second, BOTH.seal("t.c", "José"), "José")] == ["José"] * 4
    assert (BOTH.is_current(first), BOTH.is_current(BOTH.seal("t.c", ""))) == (False, True)


def test_what_was_changed_or_moved_is_not_opened() -> None:
    sealed = BOTH.seal("t.c", "José")
    for place, value in (("t.d", sealed), ("t.c", sealed[:-8] + "AAAAAAA="), ("t.c", sealed[:30]), ("t.c", sealed + "!")):
        with pytest.raises(DamagedError, match=place):
            BOTH.open(place, value)
    file = BOTH.seal_file("a.thumb", b"pixels")
    with pytest.raises(DamagedError):
        BOTH.open_file("b.thumb", file)


@pytest.mark.parametrize("text", [MARK, f"{MARK}0123456789abcdef:AAAA", f"{MARK}{BOTH.first.id}", "sealed"], ids=range(4))
def test_a_text_that_only_looks_sealed_is_itself(text: str) -> None:
    assert BOTH.open("t.c", text) == text
    assert BOTH.open("t.c", BOTH.seal("t.c", text)) == text


def test_files_open_under_either_key_and_plain_ones_are_themselves() -> None:
    for content in (b"", b"%PDF-1.4", BEFORE.seal_file("a", b"%PDF-1.4")):
        assert BOTH.open_file("a", BEFORE.seal_file("a", content)) == content
    assert BOTH.open_file("a", b"%PDF-1.4") == b"%PDF-1.4"
    assert BOTH.key_of_file(BEFORE.seal_file("a", b"x")[:33]) == BEFORE.first.id


def test_what_is_found_by_equality_does_not_change_with_the_keys() -> None:
    assert BOTH.findable("t.c", "+57300") == BEFORE.findable("t.c", "+57300") != BEFORE.findable("t.d", "+57300")
    assert BOTH.open("t.c", BEFORE.findable("t.c", "+57300")) == "+57300"
    assert BOTH.word("hola") == BEFORE.word("hola") != Keyring(read_keys(OLD), b"j" * 32).word("hola")
