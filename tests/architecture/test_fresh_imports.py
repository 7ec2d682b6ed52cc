"""Each module imports on its own, and nothing loads what it does not need."""

import sys

import pytest
from fd_server.cli import COMMANDS
from support.fresh_import import in_fresh_interpreters
from support.source_tree import MODULES

EXTRAS = {"torch", "transformers", "peft", "safetensors", "textual", "rich", "pygments"}
"""Installed only with an extra: a module that lacks one of these can't be tried here."""
NOT_IMPORTABLE = {"fd_core.store.migrations.env": "Alembic runs it, with a context"}
HEAVY = {"torch", "transformers", "peft", "pygls", "lsprotocol", "textual", "sqlalchemy", "alembic"}


@pytest.mark.timeout(600)
def test_every_module_imports_first_of_all_ours() -> None:
    """Each in a process of its own, so that none lives on what another one imported before."""
    names = [module.name for module in MODULES if module.name not in NOT_IMPORTABLE]
    ours = {module.name.split(".")[0] for module in MODULES}
    imported = {name for module in MODULES for name in module.imports}
    theirs = {name for name in imported if name.split(".")[0] not in ours}
    outcomes = in_fresh_interpreters([{"import": name} for name in names], preload=theirs)
    assert len(outcomes) > 50
    broken = {
        name: outcome.error
        for name, outcome in zip(names, outcomes, strict=True)
        if outcome.error and outcome.missing.split(".")[0] not in EXTRAS
    }
    assert broken == {}


@pytest.mark.parametrize(
    "name",
    ["fd_core.proof", "fd_core.suggestion", "fd_core.events", "fd_core.feedback", "fd_core.adapter",
     "fd_core.runs", "fd_core.landing", "fd_core.ports"],
)  # fmt: skip
def test_core_values_load_the_standard_library_alone(name: str) -> None:
    # What an editable install's and the environment's .pth files load in every interpreter.
    bare, outcome = in_fresh_interpreters([{"import": "json"}, {"import": name}])
    assert outcome.error == ""
    loaded = {module.split(".")[0] for module in outcome.loaded}
    ours_or_standard = sys.stdlib_module_names | {"fd_core", "__main__", "__mp_main__"}
    assert loaded - ours_or_standard - {module.split(".")[0] for module in bare.loaded} == set()


@pytest.mark.parametrize("arguments", [[], *[[name] for name in COMMANDS]], ids="-".join)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    [outcome] = in_fresh_interpreters([{"run": [*arguments, "--help"]}])
    assert outcome.error == ""
    assert "fd_server.cli" in outcome.loaded
    heavy = HEAVY - {"pygls", "lsprotocol"} if arguments else HEAVY
    assert heavy & set(outcome.loaded) == set()


def test_the_server_is_there_before_anything_heavy_is() -> None:
    """`initialize` is answered by what these load; the store and the models come when needed."""
    names = ["fd_server.serving", "fd_server.composition", "fd_core.policy.choice"]
    outcomes = in_fresh_interpreters([{"import": name} for name in names])
    for name, outcome in zip(names, outcomes, strict=True):
        assert outcome.error == "", name
        assert (HEAVY - {"pygls", "lsprotocol"}) & outcome.loaded == set(), name
