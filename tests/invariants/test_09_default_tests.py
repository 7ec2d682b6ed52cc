"""Invariant 9: the default tests need no GPU and no network, and what needs Lean says so."""

import ast
import os
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
MODEL_LIBRARIES = {"torch", "transformers", "peft"}


def test_the_tests_keep_off_the_network_and_off_the_users_data() -> None:
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    for name in ("FD_CONFIG", "FD_DATA_DIR", "FD_CACHE_DIR"):
        assert "fd-tests-" in os.environ[name]


def _imports_at_the_top(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("path", sorted(TESTS.rglob("*.py")), ids=lambda p: p.stem)
def test_no_test_file_needs_a_model_library_to_be_collected(path: Path) -> None:
    assert _imports_at_the_top(path) & MODEL_LIBRARIES == set()


def test_marks_for_real_parts_are_declared_and_counted() -> None:
    conftest = (TESTS / "conftest.py").read_text(encoding="utf-8")
    for mark in ("lean", "models", "vllm"):
        assert f'"{mark}": (' in conftest


def test_no_test_asks_for_a_gpu() -> None:
    for path in sorted(TESTS.rglob("test_*.py")):
        if path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8")
        asked = re.search(r"""(?:\.to|device)\(\s*["']cuda""", text)
        assert asked is None or "is_available" in text, path.name
