"""What the product is made of: the whole lock, with licences, the same each time."""

import json
import re
from pathlib import Path

import pytest

from bot import cli
from bot.commands import sbom
from bot.settings import ROOT, SettingsProblem


def test_the_bill_names_every_pinned_package_once_with_version_and_licence(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sbom"]) == 0
    printed = capsys.readouterr().out
    told = json.loads(printed)
    pinned = re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert [(one["name"], one["version"]) for one in told["components"]] == pinned
    assert len(pinned) > 50
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    by_name = {one["name"]: one for one in told["components"]}
    assert by_name["fastapi"]["licenses"] == [{"expression": "MIT"}]
    assert by_name["fastapi"]["purl"] == f"pkg:pypi/fastapi@{by_name['fastapi']['version']}"
    assert all(one["licenses"] for one in told["components"])
    assert not [name for name, one in by_name.items() if one["licenses"] == [{"license": {"name": "not told"}}]]
    assert sorted(told["dependencies"][0]["dependsOn"]) == sorted(one["purl"] for one in told["components"])
    cli.main(["sbom"])
    assert capsys.readouterr().out == printed


def test_the_list_of_licences_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sbom", "--licences"]) == 0
    assert capsys.readouterr().out == (ROOT / "docs" / "licences.md").read_text(encoding="utf-8"), "soporte sbom --licences"


def test_what_is_pinned_and_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sbom, "ROOT", tmp_path)
    (tmp_path / "requirements.txt").write_text("fastapi==0.0.1 \\\n    --hash=sha256:00\nnobodys-package==1\n")
    with pytest.raises(SettingsProblem, match=r"fastapi is pinned at 0\.0\.1 and installed at") as wrong:
        sbom.packages()
    assert wrong.value.lines[1] == "nobodys-package is pinned and not installed: run the set-up again"


def test_every_pinned_package_is_held_to_hashes() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        entries = re.split(r"\n(?=\S)", (ROOT / name).read_text().strip())
        assert entries
        assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry and not entry.startswith("#")] == []
