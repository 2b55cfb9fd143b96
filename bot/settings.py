"""Settings: `config.yaml` for what is no secret, `SOPORTE_*` from the environment over it. Unknown keys are refused.

A secret may also stand in a file: SOPORTE_TWILIO__AUTH_TOKEN_FILE=/run/secrets/token. Only this file reads the environment.
"""

import os
import re
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

from bot.coordination.places import read_place
from bot.networks import named_networks
from bot.sealing.keys import read_keys
from bot.secret_values import UnreadableError, from_files, secrets_of

ROOT = Path(__file__).parent.parent
_TWILIO_ADDRESS = re.compile(r"https://[a-z0-9.-]+\.twilio\.com/?", re.ASCII)


class SettingsProblem(Exception):  # noqa: N818 (it is the operator's problem, told in one line each; not an error of ours)
    """What is wrong with the settings: one line for each, naming the setting."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Twilio(_Section):
    """The WhatsApp sender at Twilio."""

    account_sid: str = ""
    auth_token: SecretStr = SecretStr("")
    shared_key: SecretStr = SecretStr("")
    previous_auth_token: SecretStr = SecretStr("")
    previous_shared_key: SecretStr = SecretStr("")
    sender: str = ""
    api_base_url: str = "https://api.twilio.com"
    timeout_seconds: float = Field(default=10, gt=0, le=60)
    reopen_template_sid: str = Field(default="", pattern=r"^(HX[0-9a-fA-F]{32})?$")


class Conversation(_Section):
    """When silence means something."""

    reminder_after_minutes: int = Field(default=30, gt=0)
    resume_after_hours: int = Field(default=24, gt=0)
    agent_idle_minutes: int = Field(default=30, gt=0)
    reopen_days: int = Field(default=7, ge=0)


class Sender(_Section):
    """How outgoing messages are delivered."""

    parallel: int = Field(default=32, gt=0, le=64)
    attempts: int = Field(default=12, gt=0)
    look_up_after_seconds: float = Field(default=5, gt=0)
    questions_last_minutes: float = Field(default=30, gt=0)
    typing: bool = True


class CatchUp(_Section):
    """How messages that no webhook brought are found."""

    every_seconds: float = Field(default=60, gt=0)
    overlap_minutes: float = Field(default=60, gt=0)
    reach_hours: float = Field(default=48, gt=0)


class Overload(_Section):
    """What is done when more comes than can be answered at once."""

    customer_per_minute: int = Field(default=30, ge=0)
    sends_per_second: float = Field(default=0, ge=0)
    sends_per_day: int = Field(default=20_000, ge=0)
    files_per_hour: int = Field(default=20, ge=0)
    burst_seconds: float = Field(default=2, ge=0)
    late_minutes: float = Field(default=2, gt=0)


class Attachments(_Section):
    """How customers' files are fetched."""

    parallel: int = Field(default=2, gt=0, le=16)
    attempts: int = Field(default=36, gt=0)
    hosts: tuple[str, ...] = (".twiliocdn.com", "s3-external-1.amazonaws.com/media.twiliocdn.com/")


class Console(_Section):
    """The agents' pages."""

    session_hours: int = Field(default=12, gt=0)
    idle_minutes: int = Field(default=120, gt=0)
    second_factor: Literal["optional", "required"] = "optional"
    second_factor_key: SecretStr = SecretStr("")

    @field_validator("second_factor_key")
    @classmethod
    def _long_enough(cls, key: SecretStr) -> SecretStr:
        if 0 < len(key.get_secret_value()) < 32:
            message = "needs at least 32 characters, or none at all"
            raise ValueError(message)
        return key


class Oidc(_Section):
    """Logging in by the company's own OpenID Connect provider; off while there is no issuer."""

    issuer: str = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")


class Target(_Section):
    """Business hours for a first answer and for a solution."""

    first_response_hours: float = Field(gt=0, le=1000)
    resolution_hours: float = Field(gt=0, le=1000)


class Promises(_Section):
    """What customers are promised when they open a ticket."""

    first_response_hours: float = Field(default=4, gt=0, le=1000)
    resolution_hours: float = Field(default=20, gt=0, le=1000)
    categories: dict[str, Target] = {}


class Retention(_Section):
    """How long each kind of data is kept."""

    refused_hours: float = Field(default=1, gt=0, le=24)
    unanswered_hours: float = Field(default=24, gt=0, le=24)
    chats_days: int = Field(default=30, gt=0)
    tickets_days: int = Field(default=365, gt=0)
    files_days: int = Field(default=90, gt=0)
    webhooks_days: int = Field(default=30, gt=0)
    trail_days: int = Field(default=1825, gt=0)
    hour: int = Field(default=3, ge=0, le=23)


class Work(_Section):
    """Where a process that only works can be asked how it is."""

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)


class Metrics(_Section):
    """Who may look at /metrics."""

    token: SecretStr = SecretStr("")


class Settings(BaseSettings):
    """Everything an installation can choose. Immutable once read."""

    model_config = SettingsConfigDict(env_prefix="SOPORTE_", env_nested_delimiter="__", extra="forbid", frozen=True)

    public_url: str = ""
    database_url: SecretStr = SecretStr("")
    redis_url: SecretStr = SecretStr("")
    encryption_keys: SecretStr = SecretStr("")
    data_dir: Path = Path("data")
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    dev: bool = False
    logs: Literal["plain", "json"] = "plain"
    twilio: Twilio = Twilio()
    conversation: Conversation = Conversation()
    sender: Sender = Sender()
    catch_up: CatchUp = CatchUp()
    overload: Overload = Overload()
    attachments: Attachments = Attachments()
    console: Console = Console()
    oidc: Oidc = Oidc()
    promises: Promises = Promises()
    retention: Retention = Retention()
    metrics: Metrics = Metrics()
    work: Work = Work()

    @field_validator("redis_url")
    @classmethod
    def _leads_to_redis(cls, url: SecretStr) -> SecretStr:
        if url.get_secret_value():
            read_place(url.get_secret_value())
        return url

    @field_validator("encryption_keys")
    @classmethod
    def _are_keys(cls, keys: SecretStr) -> SecretStr:
        read_keys(keys.get_secret_value())
        return keys

    _named = field_validator("trusted_proxies")(named_networks)

    @property
    def database(self) -> str:
        """The database's address for SQLAlchemy: the one configured, else an SQLite file in `data_dir`."""
        return self.database_url.get_secret_value() or f"sqlite:///{self.folder / 'soporte.db'}"

    @property
    def folder(self) -> Path:
        """`data_dir` as an absolute path; a relative one counts from the checkout, not from where the command was typed."""
        return ROOT / self.data_dir

    @property
    def attachments_folder(self) -> Path:
        """Where customers' and agents' files are kept; several machines need a folder that they share."""
        return self.folder / "attachments"

    @property
    def exports_folder(self) -> Path:
        """Where the files of tickets that agents asked for wait to be fetched; shared as the attachments are."""
        return self.attachments_folder / "exports"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments over environment over file; no .env files and no secret folders."""
        del dotenv_settings, file_secret_settings
        if isinstance(env_settings, EnvSettingsSource):
            env_settings.env_vars = from_files(env_settings.env_vars, _without_file)
        file = YamlConfigSettingsSource(settings_cls, yaml_file=ROOT / "config.yaml", yaml_file_encoding="utf-8")
        return init_settings, env_settings, file


def read(**chosen: Any) -> Settings:
    """The settings of this installation; `chosen` overrules file and environment. Raises SettingsProblem."""
    unknown = [
        name
        for name in os.environ
        if name.startswith("SOPORTE_") and _without_file(name)[8:].lower().split("__")[0] not in Settings.model_fields
    ]
    if unknown:
        raise SettingsProblem([f"{name} is not a setting; see config.yaml for those there are" for name in sorted(unknown)])
    try:
        settings = Settings(**chosen)
    except UnreadableError as error:
        raise SettingsProblem([str(error)]) from None
    except yaml.YAMLError as error:
        raise SettingsProblem([f"config.yaml cannot be read: {' '.join(str(error).split())}"]) from None
    except ValidationError as error:
        raise SettingsProblem([_line(detail["loc"], detail["msg"]) for detail in error.errors()]) from None
    _check_addresses(settings)
    return settings


def _check_addresses(settings: Settings) -> None:
    """Raise SettingsProblem if what is spoken to is not who it should be, or not by TLS."""
    oidc = settings.oidc
    if oidc.issuer and not (oidc.client_id and oidc.client_secret.get_secret_value()):
        raise SettingsProblem(["oidc.client_id and oidc.client_secret are needed beside oidc.issuer"])
    if settings.dev:
        return
    if oidc.issuer and not oidc.issuer.startswith("https://"):
        raise SettingsProblem([f"oidc.issuer ({variable('oidc.issuer')}) must be an https address"])
    if not _TWILIO_ADDRESS.fullmatch(settings.twilio.api_base_url):
        problem = "must be https://*.twilio.com, unless SOPORTE_DEV=1 to try things out"
        raise SettingsProblem([f"twilio.api_base_url ({variable('twilio.api_base_url')}) {problem}"])


def _without_file(name: str) -> str:
    """The variable that a variable for a file stands for: SOPORTE_REDIS_URL_FILE → SOPORTE_REDIS_URL. Others as they are."""
    stem, mark, rest = name.upper().rpartition("_FILE")
    return stem if mark and not rest and stem in secrets_of(Settings, "SOPORTE_") else name


def variable(name: str) -> str:
    """The environment variable of a setting: twilio.sender → SOPORTE_TWILIO__SENDER."""
    return "SOPORTE_" + name.upper().replace(".", "__")


def _line(location: tuple[int | str, ...], message: str) -> str:
    name = ".".join(str(part) for part in location)
    if message.startswith("Extra inputs"):
        return f"{name} is not a setting; see config.yaml for those there are"
    return f"{name} ({variable(name)}): {message}"
