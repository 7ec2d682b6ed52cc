"""Who may import what: the contracts of pyproject.toml, and what they can't say."""

import re
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports
from support.source_tree import MODULES, ROOT

OWNERS: dict[str, tuple[str, ...]] = {
    "pygls": ("fd_server", "fd_tui"),
    "lsprotocol": ("fd_server", "fd_tui"),
    "textual": ("fd_tui",),
    "torch": ("fd_core.policy.transformers_local", "fd_trainer.algorithms", "fd_trainer.model"),
    "transformers": ("fd_core.policy.transformers_local", "fd_trainer"),
    "peft": ("fd_core.policy.transformers_local", "fd_trainer"),
    "ray": ("fd_trainer.machines.cluster",),
    "leanclient": ("fd_core.lean",),
    "sqlalchemy": ("fd_core.store",),
    "sqlite3": ("fd_core.store",),
    "alembic": ("fd_core.store",),
}
"""The only places that may import these."""

VALUES = (
    "fd_core.proof", "fd_core.suggestion", "fd_core.events", "fd_core.feedback", "fd_core.adapter",
    "fd_core.runs", "fd_core.landing",
)  # fmt: skip
PACKAGES = ("fd_core", "fd_server", "fd_trainer", "fd_tui")


def test_there_is_something_to_look_at() -> None:
    names = {module.name for module in MODULES}
    assert {"fd_core", "fd_server", "fd_server.cli", *VALUES} <= names
    assert len(names) == len(MODULES)


def test_the_import_contracts_hold(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


@pytest.mark.parametrize("package", OWNERS)
def test_each_library_has_its_owner(package: str) -> None:
    strangers = [
        module.name
        for module in MODULES
        if module.imports_any(package) and not module.within(*OWNERS[package])
    ]
    assert strangers == []


def test_front_ends_never_import_each_other() -> None:
    fronts = {"fd_server", "fd_trainer", "fd_tui"}
    for module in MODULES:
        own = module.name.split(".")[0]
        others = fronts - {own} if own in fronts else fronts
        assert not module.imports_any(*others), module.name


def test_nothing_is_imported_through_its_container() -> None:
    for module in MODULES:
        assert not module.imports_any("server", "trainer", "tui", "tests", "support"), module.name


def test_only_declared_dependencies_are_imported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    declared = {re.split(r"[^\w-]", line)[0].replace("-", "_") for line in lines}
    declared.add("pydantic_core")  # the other half of pydantic, which pins it
    known = declared | sys.stdlib_module_names | set(PACKAGES)
    foreign = {
        f"{module.name} imports {name}"
        for module in MODULES
        for name in module.imports
        if name.split(".")[0] not in known
    }
    assert foreign == set()


def test_the_console_script_is_the_only_way_in() -> None:
    """`python -m fd_server` would run whatever lies in the user's folder."""
    mains = [module.name for module in MODULES if module.name.endswith("__main__")]
    assert mains == []
    assert not (Path(ROOT) / "server" / "__init__.py").exists()
    for container in ("server", "trainer", "tui"):
        assert not (ROOT / container / "__init__.py").exists()
