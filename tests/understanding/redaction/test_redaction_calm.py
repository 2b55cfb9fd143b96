"""The quick look at plain texts and the rules agree: what it lets by, the rules find nothing in."""

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.redaction.calm import is_calm
from bot.understanding.redaction.redact import find_by_rules
from tests.understanding.test_redaction import SECRETS

_HERE = Path(__file__).parent
_SEEN = [json.loads(line)["text"] for name in ("tuned", "aside") for line in (_HERE / f"{name}.jsonl").read_text().splitlines()]
_WORDS = st.sampled_from(
    [*sorted(SECRETS.roles), "contra", "bearer", "contrasenia", "pasword", "mandarina", "Perro", "cod", "c", "p"]
)
_WRITTEN = st.builds(
    lambda word, way: way(word), _WORDS, st.sampled_from([str, str.upper, str.title, str.swapcase, str.capitalize])
)
_NUMBERS = st.from_regex(r"[0-9]{1,13}(-[0-9]{1,3})?", fullmatch=True)
_MARKED = st.builds(
    lambda before, core, behind: before + core + behind,
    st.sampled_from(["", "", "", "¿", "¡", ":", "-", "...", "$"]),
    _WRITTEN | _NUMBERS | st.text(max_size=6),
    st.sampled_from(["", "", "", ":", ",", ".", "?", "!", "-", "..", ":,", "\n"]),
)
_TEXTS = st.lists(_MARKED, max_size=7).map(" ".join)


def _is_empty(text: str) -> bool:
    found = find_by_rules(text, SECRETS, "")
    return not found.spans and not found.awaits


@given(_TEXTS)
def test_what_is_calm_is_empty_by_the_rules(text: str) -> None:
    assert not is_calm(text, SECRETS) or _is_empty(text)


def test_none_of_the_texts_with_secrets_is_calm() -> None:
    assert len(_SEEN) > 500
    assert not [text for text in _SEEN if is_calm(text, SECRETS) and not _is_empty(text)]


def test_two_words_of_ours_are_as_empty_as_the_rules_say() -> None:
    names = ["pin", "clave", "usuario", "código", "acceso", "rechaza", "bearer", "llegó", "tarjeta", "meto"]
    texts = [
        f"{name} {word} {number}".strip() for name in names for word in list(SECRETS.roles)[::4] for number in ("", "482913")
    ]
    assert not [text for text in texts if is_calm(text, SECRETS) and not _is_empty(text)]


def test_most_of_what_customers_write_is_calm() -> None:
    detail = "No puedo entrar al portal de facturas desde ayer en la tarde"
    assert all(is_calm(text, SECRETS) for text in ("hola", "1", "María Pérez", "900123456-8", "sí, acepto.", detail))
    odd = ("mi clave es", "TintoRojo", "Perro_1", "4821 4821", "a\u200bb", "usuario: ana")
    assert not any(is_calm(text, SECRETS) for text in odd)
