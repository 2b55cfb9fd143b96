"""The files in deploy/ name settings, commands, paths and measures that there are."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli import COMMANDS, _parser
from bot.metrics import REGISTRY
from bot.settings import ROOT, Settings
from bot.web.metrics import Waiting
from tests.test_rules import settings_of

DEPLOY = ROOT / "deploy"
SYSTEMD = shutil.which("systemd-analyze")
KNOWN = {"SOPORTE_" + name.upper().replace(".", "__") for name, _ in settings_of(Settings)}


def text(file: str) -> str:
    return (DEPLOY / file).read_text(encoding="utf-8")


def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(text("compose.yaml"))
    return read


def services() -> dict[str, dict[str, Any]]:
    return dict(compose()["services"])


@pytest.mark.parametrize("file", sorted(path.name for path in DEPLOY.iterdir()))
def test_every_setting_that_is_named_exists(file: str) -> None:
    named = set(re.findall(r"\bSOPORTE_[A-Z_]+\b", text(file)))
    assert named <= KNOWN
    assert named or file in ("Caddyfile", "alerts.yaml")


@pytest.mark.parametrize(
    "service", ["web", pytest.param("worker", marks=pytest.mark.skipif("work" not in COMMANDS, reason="no workers yet"))]
)
def test_the_commands_of_the_services_exist(service: str) -> None:
    words = services()[service]["command"]
    assert _parser(words[0]).parse_args(words).command == words[0]


def test_the_services_hang_together() -> None:
    read, there = compose(), services()
    for name, service in there.items():
        assert set(service["networks"]) <= read["networks"].keys(), name
        assert set(service.get("depends_on", ())) <= there.keys(), name
        volumes = [volume.split(":")[0] for volume in service.get("volumes", ())]
        assert all(volume.startswith("./") or volume in read["volumes"] for volume in volumes), name
        assert all((DEPLOY / volume).exists() for volume in volumes if volume.startswith("./")), name
        assert ("ports" in service) is (name == "proxy"), "only the proxy is open to the world"
    assert (DEPLOY / there["web"]["build"]["context"]).resolve() == ROOT
    assert (ROOT / there["web"]["build"]["dockerfile"]).exists()


def test_every_variable_of_compose_is_in_the_example() -> None:
    wanted = set(re.findall(r"\$\{([A-Z_]+)", text("compose.yaml")))
    example = dict(re.findall(r"^#? ?([A-Z_]+)=(.*)$", text("soporte.env.example"), re.MULTILINE))
    assert wanted <= example.keys()
    assert {name for name, value in example.items() if value} == {"SOPORTE_PUBLIC_URL"}, "no secret has a value"


def test_the_container_copies_what_there_is_and_runs_as_nobody() -> None:
    lines = text("Containerfile").replace("\\\n", " ").splitlines()
    copied = [line.split()[1] for line in lines if line.startswith("COPY") and "--from" not in line]
    assert copied
    assert all((ROOT / name).exists() for name in copied)
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")}
    assert set(copied) == let_in
    assert "USER 10001:10001" in lines
    assert any("--require-hashes" in line for line in lines)
    assert any(line.startswith("HEALTHCHECK") and "/health/live" in line for line in lines)
    command = next(line for line in lines if line.startswith("CMD"))
    assert _parser("serve").parse_args(yaml.safe_load(command.removeprefix("CMD "))).port == 8000


def test_the_unit_starts_a_command_that_exists() -> None:
    unit = text("soporte.service")
    program, *words = shlex.split(re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)[0])
    assert (program, words[:2]) == ("/opt/soporte/.venv/bin/python", ["-m", "bot"])
    assert _parser(words[2]).parse_args(words[2:]).port == 8000
    assert {"ProtectSystem=strict", "NoNewPrivileges=yes", "User=soporte"} <= set(unit.splitlines())


@pytest.mark.skipif(SYSTEMD is None, reason="no systemd here")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "soporte.service"
    unit.write_text(text("soporte.service").replace("/opt/soporte/.venv/bin/python", "/bin/sh"))
    said = subprocess.run([str(SYSTEMD), "verify", unit], check=False, capture_output=True, text=True)
    assert [line for line in said.stderr.splitlines() if "soporte.service" in line] == []


def test_the_proxy_lets_nobody_see_measures() -> None:
    proxy = text("Caddyfile")
    assert re.search(r"@inside path /metrics .*\n\trespond @inside 404", proxy)
    assert proxy.count("{") == proxy.count("}")


def measures() -> set[str]:
    """Names of all samples that /metrics can show."""
    found = [*REGISTRY.collect(), *Waiting(0, 0.0, {}, 0.0, 0, 0.0, 0.0).families()]
    names = {sample.name for family in found for sample in family.samples}
    counters = {f"{family.name}_total" for family in found if family.type == "counter"}
    parts = ("bucket", "count", "sum")
    histograms = {f"{family.name}_{part}" for family in found if family.type == "histogram" for part in parts}
    return names | counters | histograms


def test_every_alert_looks_at_a_measure_and_is_explained() -> None:
    (group,) = yaml.safe_load(text("alerts.yaml"))["groups"]
    document = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert group["rules"]
    for rule in group["rules"]:
        named = set(re.findall(r"\bsoporte_[a-z_]+\b", rule["expr"]))
        assert named <= measures(), rule["alert"]
        assert named or rule["expr"].startswith("up{")
        assert {"summary", "action"} <= rule["annotations"].keys()
        assert f"`{rule['alert']}`" in document
