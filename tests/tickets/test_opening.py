"""LibreOffice, where it is installed, opens our files and finds no formula in them; in one that was not guarded it does."""

import csv
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.tickets.test_exporting import DANGEROUS, written

PROGRAM = shutil.which("soffice") or shutil.which("libreoffice")
#: Semicolons, double quotes, UTF-8, from the first line on, numbers are found, and formulas are calculated.
READ_CSV = "CSV:59,34,76,1,,0,false,true,false,false,false,0,true"
needs_the_program = pytest.mark.skipif(PROGRAM is None, reason="LibreOffice is not installed: read with openpyxl and csv only")


def opened(folder: Path, *words: str) -> dict[str, str]:
    """Files as LibreOffice understands them, by their names, in its own XML."""
    command = [str(PROGRAM), "--headless", "--convert-to", "fods", "--outdir", str(folder), *words]
    home = {"HOME": str(folder), "PATH": "/usr/bin:/bin"}
    subprocess.run(command, check=True, capture_output=True, timeout=300, env=home)
    return {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.fods")}


def formulas(content: str) -> list[str]:
    return re.findall(r'table:formula="([^"]*)"', content)


@needs_the_program
def test_a_spreadsheet_program_finds_no_formula_in_a_workbook(tmp_path: Path) -> None:
    content = opened(tmp_path, str(written(tmp_path, "xlsx", [[text, "x"] for text in DANGEROUS])))["file"]
    assert formulas(content) == []
    kinds = re.findall(r'office:value-type="(\w+)"', content)
    assert kinds == ["string"] * len(kinds)
    assert len(kinds) == 2 * len(DANGEROUS) + 2, "every cell is there"


@needs_the_program
def test_a_spreadsheet_program_finds_no_formula_in_a_csv_and_finds_them_where_nobody_guards(tmp_path: Path) -> None:
    guarded, bare = written(tmp_path, "csv", [[text, "x"] for text in DANGEROUS]), tmp_path / "bare.csv"
    with bare.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows([text] for text in DANGEROUS)
    contents = opened(tmp_path, f"--infilter={READ_CSV}", str(guarded), str(bare))
    assert formulas(contents["file"]) == []
    assert "=1+1" in contents["file"]
    assert len(formulas(contents["bare"])) >= 3
