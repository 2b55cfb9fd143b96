"""The alerts fire when they have to and keep quiet else, by Prometheus' own rule checker."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from bot.settings import ROOT

PROMTOOL = shutil.which("promtool")
CASES = Path(__file__).with_name("alerts.yaml")


def test_every_alert_is_tried() -> None:
    (group,) = yaml.safe_load((ROOT / "deploy" / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    cases = CASES.read_text(encoding="utf-8")
    assert [rule["alert"] for rule in group["rules"] if f'alertname="{rule["alert"]}"' not in cases] == []


@pytest.mark.skipif(PROMTOOL is None, reason="no Prometheus here")
def test_the_alerts_do_what_the_cases_say() -> None:
    said = subprocess.run([str(PROMTOOL), "test", "rules", CASES], check=False, capture_output=True, text=True)
    assert said.returncode == 0, said.stdout + said.stderr
