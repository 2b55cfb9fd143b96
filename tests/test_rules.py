"""The rules of the house, as far as a program can check them, and documents that must say what the code does."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, SecretStr

from bot.cli import COMMANDS
from bot.engine.draw import draw
from bot.engine.nodes import NODES
from bot.flows import FLOWS, our_flow
from bot.settings import ROOT, Settings
from bot.tickets.lifecycle import Status
from bot.understanding.fields import FIELDS

LONGEST_FILE = 300
LONGEST_FUNCTION = 40
MODULES = sorted((ROOT / "bot").rglob("*.py"))
REQUIREMENTS = sorted([*ROOT.glob("requirements*.txt"), *ROOT.glob("setup/requirements*.txt")])
#: Each registry, and where the test of one of its entries is found.
REGISTRIES: dict[str, tuple[Mapping[str, object], str]] = {
    "nodes": (NODES, "tests/engine/nodes/{}.yaml"),
    "fields": (FIELDS, "tests/understanding/fields/{}.*"),
}
#: A word of Spanish; one with a capital may be a name, as in an example of how to call a command.
_SPANISH = re.compile(r"\b[a-zñ]*[áéíóúñü]")
REFRESH = (
    "./run draw > /tmp/flow.mmd && sed -i -e '/^```mermaid$/,/^```$/{//!d}' -e '/^```mermaid$/r /tmp/flow.mmd' flows/README.md"
)


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and length in lines, decorators apart, of every function in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            yield f"{shown(path)}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of every string in a file that is no docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.lineno, node.value


def is_spanish_sentence(text: str) -> bool:
    """A guess: signs that only Spanish has, or three words one of which has an accent and no capital."""
    words = re.findall(r"\w+", text)
    return bool(re.search("[¿¡]", text)) or (len(words) >= 3 and _SPANISH.search(text) is not None)


def settings_of(model: type[BaseModel], before: str = "") -> Iterator[tuple[str, bool]]:
    """Dotted name of every setting, and whether it is a secret."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from settings_of(kind, f"{before}{name}.")
        else:
            yield f"{before}{name}", kind is SecretStr


def written_settings() -> Iterator[tuple[str, bool]]:
    """Dotted name of every setting in config.yaml, and whether a comment stands above it."""
    section, is_explained = "", False
    for line in (ROOT / "config.yaml").read_text(encoding="utf-8").splitlines():
        key = re.match(r"( *)([a-z_]+):(.*)", line)
        if key is not None:
            section = section if key[1] else ""
            if key[3].strip():
                yield section + key[2], is_explained
            else:
                section = f"{key[2]}."
        is_explained = line.strip().startswith("#")


def examples(text: str) -> Iterator[Any]:
    """The YAML blocks of a document."""
    for block in re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield yaml.safe_load(block)


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_a_file_says_what_it_is_for_and_is_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "a module begins with what it is for"
    if "migrations/versions" not in shown(path):  # written by a program from the tables, and never read for pleasure
        assert text.count("\n") <= LONGEST_FILE


def test_functions_are_short() -> None:
    modules = [path for path in MODULES if "versions" not in path.parts]  # a migration is a list of tables, however long
    assert [f"{name}: {lines} lines" for path in modules for name, lines in functions(path) if lines > LONGEST_FUNCTION] == []


def test_no_sentence_for_customers_or_agents_stands_in_python() -> None:
    found = [
        f"{shown(path)}:{line}: {text!r}"
        for path in MODULES
        if "understanding" not in path.parts
        for line, text in literals(path)
        if is_spanish_sentence(text)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("¿Qué?", True),
        ("Tu solicitud quedó registrada", True),
        ("menú", False),
        ('add one: soporte agents add "Ana Gómez"', False),
        ("the flow of a naïve customer", False),
        ("write it as America/Bogota", False),
    ],
)
def test_a_spanish_sentence_is_known_by_its_signs(text: str, is_one: bool) -> None:
    assert is_spanish_sentence(text) is is_one


def test_every_setting_stands_in_the_file_with_a_comment() -> None:
    written = dict(written_settings())
    there_are = dict(settings_of(Settings))
    assert written, "config.yaml holds the settings"
    assert [name for name, is_secret in there_are.items() if name not in written and not is_secret] == [], "not in config.yaml"
    assert [name for name in written if name not in there_are] == [], "no settings any more"
    assert [name for name, is_explained in written.items() if not is_explained] == [], "without a comment"


@pytest.mark.parametrize("kind", REGISTRIES)
def test_every_entry_of_a_registry_has_its_tests(kind: str) -> None:
    registry, pattern = REGISTRIES[kind]
    assert [name for name in registry if not list(ROOT.glob(pattern.format(name)))] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_called_by_a_test(command: str) -> None:
    tests = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    assert any(f'"{command}"' in text for text in tests)


@pytest.mark.parametrize("path", REQUIREMENTS, ids=shown)
def test_requirements_are_pinned_with_hashes_and_name_no_index(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"://|^\s*-(?!-hash)", text.replace("    --hash=", "    #"), re.MULTILINE), "an address or an option"
    entries = re.split(r"\n(?=[A-Za-z0-9])", text)
    pinned = re.compile(r"[A-Za-z0-9._\[\],-]+==\S+.*(\\\n +--hash=sha256:[0-9a-f]{64} ?)+\s*(#.*\s*)*", re.MULTILINE)
    assert [entry[:80] for entry in entries if not pinned.fullmatch(entry.strip())] == []


def test_the_diagram_of_the_flow_shows_the_flow() -> None:
    text = (FLOWS / "README.md").read_text(encoding="utf-8")
    [block] = re.findall(r"^```mermaid\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert block == draw(our_flow()), f"flows/README.md shows an older flow; draw it anew: {REFRESH}"


def test_the_guide_for_authors_shows_every_type_of_node_by_an_example_that_loads() -> None:
    text = (FLOWS / "README.md").read_text(encoding="utf-8")
    nodes = [node for block in examples(text) if isinstance(block, dict) for node in block.values() if node.get("type") in NODES]
    for node in nodes:
        NODES[node["type"]].model_validate(node)
    assert {node["type"] for node in nodes} == set(NODES)


def test_the_guide_for_authors_names_every_file_and_every_type_of_field() -> None:
    text = (FLOWS / "README.md").read_text(encoding="utf-8")
    assert [name for name in [*FIELDS, "attachments"] if f"`{name}`" not in text] == []
    assert [path.name for path in FLOWS.iterdir() if path.suffix == ".yaml" and f"`{path.name}`" not in text] == []
    assert [path.name for path in FLOWS.iterdir() if path.is_dir() and f"`{path.name}/" not in text] == []


def test_every_state_of_a_ticket_has_words_for_customers() -> None:
    assert our_flow().statuses.keys() == {status.value for status in Status}
