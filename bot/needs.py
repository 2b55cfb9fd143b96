"""What the settings must hold before real customers are served: everything there is, and no defaults, examples or open lines."""

from urllib.parse import urlsplit

from pydantic import SecretStr
from sqlalchemy.engine import make_url

from bot.secret_values import weakness
from bot.settings import Settings, SettingsProblem, variable

_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")


def require_for_serving(settings: Settings) -> None:
    """Raise SettingsProblem, naming every setting without which, or with which, real customers cannot be served."""
    _require({"public_url": settings.public_url, **_account(settings)})
    if settings.dev:
        # Anybody may move the clock then, and weak secrets do: nothing for a line that others can reach.
        if urlsplit(settings.public_url).hostname not in _THIS_MACHINE:
            raise SettingsProblem([f"public_url ({variable('public_url')}) must be on this machine while SOPORTE_DEV is set"])
        return
    wrong = {
        "public_url": "" if settings.public_url.startswith("https://") else "must begin with https://",
        "twilio.auth_token": weakness(settings.twilio.auth_token),
        "twilio.previous_auth_token": weakness(settings.twilio.previous_auth_token),
        "twilio.shared_key": weakness(settings.twilio.shared_key),
        "twilio.previous_shared_key": weakness(settings.twilio.previous_shared_key),
        "database_url": weakness(SecretStr(make_url(settings.database).password or ""), shortest=1),
        "metrics.token": weakness(settings.metrics.token),
        "oidc.client_secret": weakness(settings.oidc.client_secret),
        "console.second_factor_key": weakness(settings.console.second_factor_key),
    }
    if any(wrong.values()):
        raise SettingsProblem([f"{name} ({variable(name)}) {why}" for name, why in wrong.items() if why])


def require_account(settings: Settings) -> None:
    """Raise SettingsProblem, naming every setting without which nothing can be asked of Twilio."""
    _require(_account(settings))


def _account(settings: Settings) -> dict[str, str]:
    chosen = settings.twilio
    secret = chosen.auth_token.get_secret_value()
    return {"twilio.account_sid": chosen.account_sid, "twilio.auth_token": secret, "twilio.sender": chosen.sender}


def _require(needed: dict[str, str]) -> None:
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise SettingsProblem([f"{name} is not set: give it as {variable(name)}" for name in missing])
