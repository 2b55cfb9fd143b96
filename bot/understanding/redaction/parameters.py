"""Redacts all parameters of a webhook, because several of them repeat what the customer wrote."""

import json
from collections.abc import Callable, Mapping

from bot.understanding.redaction.redact import cover, find
from bot.understanding.redaction.vocabulary import Secrets

#: shorter secrets are not looked for in the other parameters: they would hit by chance
_SHORTEST = 4
_ENCODER = json.JSONEncoder(ensure_ascii=False)


def redact_fields(
    values: Mapping[str, list[str]], secrets: Secrets, previous: str = "", harmless: str = ""
) -> dict[str, list[str]]:
    """A copy of `values` (name → texts) with every secret covered. Never raises.

    What is covered in one parameter is covered wherever it is repeated. Texts that are JSON are covered inside, string
    by string. Ids, addresses and counts, as named in the vocabulary, stay as they are. `previous` is the same
    customer's last message, already redacted; `harmless` a text that was found to hold no secret after it.
    """
    seen: set[str] = set()
    done: dict[tuple[str, str], str] = {(previous, harmless): harmless}
    first: dict[str, list[str]] = {}
    for name, texts in values.items():
        before = previous if name in secrets.spoken_parameters else ""
        first[name] = (
            texts if is_technical(name, secrets) else [_inside(text, _redactor(secrets, before, seen, done)) for text in texts]
        )
    if not seen:
        return {name: list(texts) for name, texts in first.items()}
    repeated = sorted((secret for secret in seen if len(secret) >= _SHORTEST), key=len, reverse=True)

    def without_repeats(text: str) -> str:
        for secret in repeated:
            text = text.replace(secret, secrets.mask)
        return text

    return {
        name: list(texts) if is_technical(name, secrets) else [_inside(text, without_repeats) for text in texts]
        for name, texts in first.items()
    }


def is_technical(name: str, secrets: Secrets) -> bool:
    """Is this a parameter that never holds what a person wrote?"""
    return (
        name in secrets.technical_parameters
        or name.startswith(secrets.technical_starts)
        or name.endswith(secrets.technical_endings)
    )


def _redactor(secrets: Secrets, previous: str, seen: set[str], done: dict[tuple[str, str], str]) -> Callable[[str], str]:
    def redact_and_note(text: str) -> str:
        if not previous and is_plain_word(text):
            return text
        if (previous, text) not in done:  # names and numbers stand in several places
            found = find(text, secrets, previous)
            seen.update(text[start:end] for start, end, _ in found.spans)
            done[previous, text] = cover(text, found, secrets.mask)
        return done[previous, text]

    return redact_and_note


def is_plain_word(text: str) -> bool:
    """One word of plain letters: alone it holds no secret, unless the message before announced one."""
    return text.isascii() and text.isalpha()


def _inside(text: str, change: Callable[[str], str]) -> str:
    """Change a text, or each string inside it when it is a JSON object or list."""
    if text[:1] in {"{", "["}:
        try:
            value = json.loads(text)
            return _ENCODER.encode(_each(value, change))
        except (ValueError, RecursionError):
            # Broken or absurdly deep JSON is a text like any other.
            return change(text)
    return change(text)


def _each(value: object, change: Callable[[str], str]) -> object:
    match value:
        case str():
            return change(value)
        case list():
            return [_each(item, change) for item in value]
        case dict():
            return {change(key): _each(item, change) for key, item in value.items()}
        case _:
            return value
