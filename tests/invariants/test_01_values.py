"""Invariant 1: core values do no IO and depend on nothing outside the standard library."""

import ast

import pytest
from support.source_tree import MODULES, Module

VALUES = ("proof", "suggestion", "events", "feedback", "adapter", "runs", "landing", "lean_source")
PURE = {
    "__future__", "bisect", "collections", "dataclasses", "enum", "functools", "hashlib", "itertools",
    "math", "re", "textwrap", "typing", "unicodedata",
}  # fmt: skip
IO_CALLS = {"open", "print", "input", "exec", "eval", "__import__", "breakpoint"}


def value_modules() -> list[Module]:
    """The value modules, and every module of ours that they stand on."""
    known = {module.name: module for module in MODULES}
    waiting, found = [f"fd_core.{name}" for name in VALUES], {}
    while waiting:
        name = waiting.pop()
        if name in known and name not in found:
            found[name] = known[name]
            waiting += [i for i in known[name].imports if i.startswith("fd_core.")]
    return [found[name] for name in sorted(found)]


@pytest.mark.parametrize("module", value_modules(), ids=lambda module: module.name)
def test_values_stand_on_the_pure_part_of_the_standard_library(module: Module) -> None:
    roots = {name.split(".")[0] for name in module.imports}
    assert roots - PURE <= {"fd_core"}
    calls = {
        node.func.id
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert calls & IO_CALLS == set()


def test_events_verdicts_and_goals_can_not_be_changed() -> None:
    frozen = 0
    modules = [m for m in value_modules() if m.name.removeprefix("fd_core.") in VALUES]
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                for decorator in map(ast.unparse, node.decorator_list):
                    if decorator.startswith("dataclass"):
                        assert "frozen=True" in decorator, f"{module.name}.{node.name}"
                        frozen += 1
    assert frozen > 30
