"""Files one can read in one go, under names that say what is in them."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
from support.source_tree import MODULES, ROOT, Module

LONGEST = 400
LONGER = {"server/fd_core/lean/Audit.lean": 500, "vscode-extension/src/wire.ts": 600}
"""With their own limit: one Lean program that runs by itself, without a package to spread it over; and
the list of all types on the wire, which is made from our own modules."""
FORBIDDEN_NAMES = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "manager",
    "misc",
    "base",
    "tools",
}
SOURCES = ("*.py", "*.ts", "*.tsx", "*.mts", "*.js", "*.lean")


def tracked() -> list[Path]:
    """Files of the repository, as git has them; of an unpacked archive, those of our folders."""
    listing = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", *SOURCES], check=False, capture_output=True
    )
    if listing.returncode == 0:
        names = [name for name in listing.stdout.decode().split("\0") if name]
        return [path for name in names if (path := ROOT / name).exists()]
    folders = ("server", "trainer", "tui", "tests", "benchmarks", "scripts", "vscode-extension/src")
    return [path for folder in folders for path in (ROOT / folder).rglob("*.py")]


def test_no_source_file_is_longer_than_400_lines() -> None:
    sources = [path for path in tracked() if "data" not in path.parts]
    assert len(sources) > 100
    long = {}
    for path in sources:
        lines = path.read_text(encoding="utf-8").count("\n")
        name = path.relative_to(ROOT).as_posix()
        if lines > LONGER.get(name, LONGEST):
            long[name] = lines
    assert long == {}


def test_no_module_is_a_drawer() -> None:
    drawers = [m.name for m in MODULES if FORBIDDEN_NAMES & set(m.name.split("."))]
    assert drawers == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_every_module_says_what_it_is(module: Module) -> None:
    is_marker = module.path.name == "__init__.py" and not module.text.strip()
    assert is_marker or ast.get_docstring(module.tree)


def test_errors_are_ours_and_end_in_error() -> None:
    """Every exception class descends from FdError, and its name says that it is one."""
    for module in MODULES:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                bases = {ast.unparse(base).split(".")[-1] for base in node.bases}
                if any(base.endswith(("Error", "Exception")) for base in bases):
                    assert node.name.endswith("Error"), f"{module.name}.{node.name}"
                    assert not bases & {"Exception", "BaseException"} or node.name == "FdError"


def test_no_bare_except_and_no_silent_catch_all() -> None:
    for module in MODULES:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ExceptHandler) and _catches_all(node):
                only_pass = all(isinstance(s, ast.Pass) for s in node.body)
                assert not only_pass, f"{module.name}:{node.lineno}"


def _catches_all(node: ast.ExceptHandler) -> bool:
    return node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"}


def test_no_path_of_a_developers_machine_is_in_the_sources() -> None:
    homes = re.compile(r"(?<![\w.])/(?:root|work|Users/\w+)/[\w.]")
    found = {
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in tracked()
        if path != Path(__file__)
        for match in [homes.search(path.read_text(encoding="utf-8"))]
        if match
    }
    assert found == set()
