"""Settings: where they come from, and the one line that names what is wrong."""

import os

import pytest

from bot import settings
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
        settings.require_for_serving(settings.read())
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
    settings.require_for_serving(settings.read())


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
