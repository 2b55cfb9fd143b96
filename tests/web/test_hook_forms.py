"""A webhook's form is read as the standard library reads it."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web.hooks import pairs_of


@given(
    st.lists(
        st.sampled_from(["a", "=", "&", "+", "%", "%C3%B1", "%2", "%00", "%ff", ";", "ñ", "\ufffd", "Body", " "]), max_size=30
    )
)
def test_form_is_read_as_the_library_does(parts: list[str]) -> None:
    form = "".join(parts)
    assert pairs_of(form) == parse_qsl(form, keep_blank_values=True)


def test_too_many_fields_are_refused() -> None:
    assert len(pairs_of("&".join(["a=1"] * 1000))) == 1000
    with pytest.raises(ValueError, match="too many"):
        pairs_of("&".join(["a=1"] * 1001))
