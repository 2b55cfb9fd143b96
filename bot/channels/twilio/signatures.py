"""Whether Twilio sent a webhook: its signature, made with a key that only Twilio and we have.

The settings say which keys count and what each is good for; what a request says about its own signature is not asked, or
whoever forges one could choose the weaker way. While a key is being changed the one before it counts too.
Sources: https://www.twilio.com/docs/usage/webhooks/webhooks-security, https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys
"""

from dataclasses import dataclass

from twilio.request_validator import RequestValidator, compare  # type: ignore[import-untyped]

from bot.channels.base import Parameters
from bot.channels.twilio.webhooks import grouped

_SHA1 = "HMAC_SHA1"
_SHA256 = "HMAC_SHA256"


@dataclass(frozen=True)
class Keys:
    """What webhooks may be signed with. Empty keys count for nothing."""

    auth_token: str  #: signs by HMAC-SHA1, unless there is a shared key
    shared_key: str = ""  #: signs by HMAC-SHA256, and then the token does not sign any more
    previous_auth_token: str = ""  #: accepted as well, for as long as Twilio may still use it
    previous_shared_key: str = ""


class Signatures:
    """Checks signatures by the keys there are, the one in use first."""

    def __init__(self, keys: Keys) -> None:
        """With no key at all every signature is wrong: an empty key is one that everybody has."""
        current = (keys.shared_key, _SHA256) if keys.shared_key else (keys.auth_token, _SHA1)
        previous = (keys.previous_auth_token, _SHA1), (keys.previous_shared_key, _SHA256)
        self._checks = [(RequestValidator(key), algorithm) for key, algorithm in (current, *previous) if key]

    def verify(self, url: str, parameters: Parameters, signature: str) -> bool:
        """Whether one of the keys made this signature for this address, with its query, and these parameters."""
        values = _Values(grouped(parameters))
        return any(_is_made_by(validator, algorithm, url, values, signature) for validator, algorithm in self._checks)


class _Values(dict[str, list[str]]):
    """Parameters as the validator likes them: every name with all of its values."""

    getall = dict.__getitem__


def _is_made_by(validator: RequestValidator, algorithm: str, url: str, values: _Values, signature: str) -> bool:
    # The validator tries the address with and without its port. Nearly always it is signed as it was told, which costs half.
    as_told = validator.compute_signature(url, values, algorithm=algorithm)
    return compare(as_told, signature) or bool(validator.validate(url, values, signature, algorithm=algorithm))
