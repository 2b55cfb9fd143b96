"""Settings: where they come from, and the one line that names what is wrong."""

import os
from pathlib import Path

import pytest

from bot import needs, settings
from bot.sealing.keys import new_key
from bot.secret_values import secrets_of
from bot.settings import ROOT, Settings, SettingsProblem


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:

    for name in [name for name in os.environ if name.startswith("SOPORTE_")]:
        monkeypatch.delenv(name)


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.read().sender.parallel == 32
    monkeypatch.setenv("SOPORTE_SENDER__PARALLEL", "3")
    assert settings.read().sender.parallel == 3


@pytest.mark.parametrize("name", ["SOPORTE_NOT_A_SETTING", "SOPORTE_TWILIO__NOT_A_SETTING"])
def test_an_unknown_key_is_named_and_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(SettingsProblem, match=r"(?i)not_a_setting.* is not a setting"):
        settings.read()


def test_a_wrong_value_is_named_with_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPORTE_SENDER__PARALLEL", "many")
    with pytest.raises(SettingsProblem, match=r"sender\.parallel \(SOPORTE_SENDER__PARALLEL\)"):
        settings.read()


def test_only_twilio_is_spoken_to_unless_things_are_tried_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPORTE_TWILIO__API_BASE_URL", "http://127.0.0.1:9000")
    with pytest.raises(SettingsProblem, match="api_base_url"):
        settings.read()
    monkeypatch.setenv("SOPORTE_DEV", "1")
    assert settings.read().twilio.api_base_url == "http://127.0.0.1:9000"
    monkeypatch.delenv("SOPORTE_DEV")
    for address in ("https://api.twilio.com", "https://api.dublin.ie1.twilio.com"):
        monkeypatch.setenv("SOPORTE_TWILIO__API_BASE_URL", address)
        assert settings.read().twilio.api_base_url == address
    for address in ("https://api.twilio.com.evil.example", "https://evil.example/.twilio.com", "http://api.twilio.com"):
        monkeypatch.setenv("SOPORTE_TWILIO__API_BASE_URL", address)
        with pytest.raises(SettingsProblem, match="api_base_url"):
            settings.read()


def test_serving_names_all_that_is_missing_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsProblem) as caught:
        needs.require_for_serving(settings.read())
    assert [line.split()[0] for line in caught.value.lines] == [
        "public_url",
        "twilio.account_sid",
        "twilio.auth_token",
        "twilio.sender",
    ]
    monkeypatch.setenv("SOPORTE_PUBLIC_URL", "https://soporte.example.com")
    monkeypatch.setenv("SOPORTE_TWILIO__ACCOUNT_SID", "AC" + "0" * 32)
    monkeypatch.setenv("SOPORTE_TWILIO__AUTH_TOKEN", "secret-of-nobody")
    monkeypatch.setenv("SOPORTE_TWILIO__SENDER", "whatsapp:+573184114466")
    needs.require_for_serving(settings.read())


def test_secrets_do_not_show_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPORTE_TWILIO__AUTH_TOKEN", "secret-of-nobody")
    monkeypatch.setenv("SOPORTE_DATABASE_URL", "postgresql://user:secret-of-nobody@host/name")
    assert "secret-of-nobody" not in repr(settings.read())


def test_the_data_folder_counts_from_the_checkout() -> None:
    assert settings.read().folder == ROOT / "data"
    assert settings.read().database == f"sqlite:///{ROOT / 'data' / 'soporte.db'}"


def test_a_file_that_is_no_yaml_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    broken = ROOT.__class__(str(tmp_path)) / "config.yaml"
    broken.write_text("public_url: [", encoding="utf-8")
    monkeypatch.setattr(settings, "ROOT", broken.parent)
    with pytest.raises(SettingsProblem, match=r"config\.yaml cannot be read") as caught:
        settings.read()
    assert len(caught.value.lines) == 1
    assert "\n" not in caught.value.lines[0]


def test_settings_cannot_be_changed_once_read() -> None:
    read: Settings = settings.read()
    with pytest.raises(ValueError, match="frozen"):
        read.dev = True  # type: ignore[misc]


REAL = {
    "SOPORTE_PUBLIC_URL": "https://soporte.siigo.test",
    "SOPORTE_TWILIO__ACCOUNT_SID": "AC" + "0" * 32,
    "SOPORTE_TWILIO__AUTH_TOKEN": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "SOPORTE_TWILIO__SENDER": "whatsapp:+573184114466",
}


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("SOPORTE_PUBLIC_URL", "http://soporte.siigo.test", "public_url"),
        ("SOPORTE_TWILIO__AUTH_TOKEN", "your_auth_token_here_0123", "twilio.auth_token"),
        ("SOPORTE_TWILIO__AUTH_TOKEN", "short", "twilio.auth_token"),
        ("SOPORTE_TWILIO__SHARED_KEY", "short", "twilio.shared_key"),
        ("SOPORTE_TWILIO__PREVIOUS_AUTH_TOKEN", "changeme-changeme", "twilio.previous_auth_token"),
        ("SOPORTE_TWILIO__PREVIOUS_SHARED_KEY", "aaaaaaaaaaaaaaaaaaaaaaaaaa", "twilio.previous_shared_key"),
        ("SOPORTE_DATABASE_URL", "postgresql://soporte:soporte@db/soporte", "database_url"),
        ("SOPORTE_DATABASE_URL", "postgresql://soporte:postgres1@db/soporte", "database_url"),
        ("SOPORTE_METRICS__TOKEN", "aaaaaaaaaaaaaaaaaaaaaaaaaa", "metrics.token"),
        ("SOPORTE_CONSOLE__SECOND_FACTOR_KEY", "change-me-change-me-change-me-change-me", "console.second_factor_key"),
    ],
)
def test_customers_are_not_served_with_defaults_or_without_tls(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, named: str
) -> None:
    for name, given in REAL.items():
        monkeypatch.setenv(name, given)
    needs.require_for_serving(settings.read())
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsProblem) as caught:
        needs.require_for_serving(settings.read())
    assert [line.split()[0] for line in caught.value.lines] == [named]
    assert value not in str(caught.value)
    monkeypatch.setenv("SOPORTE_DEV", "1")
    monkeypatch.setenv("SOPORTE_PUBLIC_URL", "http://127.0.0.1:8000")
    needs.require_for_serving(settings.read())


def test_what_is_only_for_trying_out_is_refused_where_others_come(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, given in {**REAL, "SOPORTE_DEV": "1"}.items():
        monkeypatch.setenv(name, given)
    for elsewhere in (
        "https://soporte.siigo.test",
        "http://10.0.0.7",
        "http://127.0.0.1.evil.test",
        "http://localhost@evil.test",
    ):
        monkeypatch.setenv("SOPORTE_PUBLIC_URL", elsewhere)
        with pytest.raises(SettingsProblem, match="on this machine"):
            needs.require_for_serving(settings.read())


def test_every_secret_can_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    known = secrets_of(Settings, "SOPORTE_")
    assert {settings._without_file(f"{variable}_FILE") for variable in known} == known
    for variable in sorted(known):
        if "SHARED_KEY" in variable or "PREVIOUS" in variable:  # these have a form of their own
            continue
        file = tmp_path / variable
        scheme = "redis" if "REDIS" in variable else "postgresql"
        given = new_key() if "ENCRYPTION" in variable else f"{scheme}://u:{variable.lower()}-0123456789abcdef@h/0"
        file.write_text(f"{given}\n", encoding="utf-8")
        monkeypatch.setenv(f"{variable}_FILE", str(file))
    read = settings.read()
    assert read.twilio.auth_token.get_secret_value() == "postgresql://u:soporte_twilio__auth_token-0123456789abcdef@h/0"
    assert "soporte_database_url-" in read.database
    assert len(read.encryption_keys.get_secret_value()) == 43
    assert all(
        "0123456789abcdef" in one.get_secret_value() for one in (read.redis_url, read.metrics.token, read.oidc.client_secret)
    )


def test_a_secrets_file_that_cannot_be_used_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOPORTE_METRICS__TOKEN_FILE", str(tmp_path / "none"))
    with pytest.raises(SettingsProblem, match=r"^SOPORTE_METRICS__TOKEN_FILE: .*none cannot be read: No such file"):
        settings.read()
    (tmp_path / "none").write_text("\n")
    with pytest.raises(SettingsProblem, match=r"none is empty$"):
        settings.read()
    (tmp_path / "none").write_text("from the file")
    assert settings.read().metrics.token.get_secret_value() == "from the file"
    monkeypatch.setenv("SOPORTE_METRICS__TOKEN", "from the environment")
    with pytest.raises(SettingsProblem, match=r"SOPORTE_METRICS__TOKEN and SOPORTE_METRICS__TOKEN_FILE are both set"):
        settings.read()


@pytest.mark.parametrize("name", ["SOPORTE_SENDER__PARALLEL_FILE", "SOPORTE_NOT_A_SETTING_FILE", "SOPORTE_TWILIO__SENDER_FILE"])
def test_only_secrets_come_from_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    monkeypatch.setenv(name, str(tmp_path))
    with pytest.raises(SettingsProblem, match="is not a setting"):
        settings.read()


@pytest.mark.parametrize("proxies", ['["0.0.0.0/0"]', '["::/0"]', '["*"]', '["proxy"]'])
def test_proxies_are_named_one_by_one_and_never_everybody(monkeypatch: pytest.MonkeyPatch, proxies: str) -> None:
    monkeypatch.setenv("SOPORTE_TRUSTED_PROXIES", '["10.0.0.0/8"]')
    assert settings.read().trusted_proxies == ("10.0.0.0/8",)
    monkeypatch.setenv("SOPORTE_TRUSTED_PROXIES", proxies)
    with pytest.raises(SettingsProblem, match="trusted_proxies"):
        settings.read()


def test_a_login_by_the_company_needs_all_its_settings_and_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPORTE_OIDC__ISSUER", "http://login.siigo.test")
    with pytest.raises(SettingsProblem, match=r"oidc\.client_id"):
        settings.read()
    monkeypatch.setenv("SOPORTE_OIDC__CLIENT_ID", "console")
    monkeypatch.setenv("SOPORTE_OIDC__CLIENT_SECRET", "0f1e2d3c4b5a69788796a5b4c3d2e1f0")
    with pytest.raises(SettingsProblem, match="https"):
        settings.read()
    monkeypatch.setenv("SOPORTE_OIDC__ISSUER", "https://login.siigo.test")
    assert settings.read().oidc.client_id == "console"
