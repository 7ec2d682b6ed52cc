"""Where nothing is offered."""

from __future__ import annotations

from pathlib import Path

import pytest
from fd_core.proof import Document, Position
from fd_server.silence import is_read_only, reason_for_silence

HEAD = "theorem t (h : p) : p := by\n"


def _reason(text: str, line: int, column: int, uri: str = "file:///p/A.lean") -> str | None:
    return reason_for_silence(Document(uri, 1, text), Position(line, column))


@pytest.mark.parametrize(
    ("text", "line", "column", "word"),
    [
        (HEAD + "  exact \\al", 1, 11, "abbreviation"),
        (HEAD + "  exact \\", 1, 9, "abbreviation"),
        (HEAD + "  -- so ", 1, 7, "comment"),
        (HEAD + "  /- so\n  and ", 2, 5, "comment"),
        (HEAD + '  exact f "so', 1, 13, "string"),
        (HEAD + "<<<<<<< HEAD\n  \n=======\n  x\n>>>>>>> b\n", 2, 2, "conflict"),
        (HEAD + "  \x00", 1, 2, "NUL"),
        ("import A\n\n", 1, 0, "outside"),
        ("theorem t : ", 0, 12, "outside"),
    ],
)
def test_silent(text: str, line: int, column: int, word: str) -> None:
    reason = _reason(text, line, column)
    assert reason is not None
    assert word in reason


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        (HEAD + "  ", 1, 2),
        (HEAD + "  exact h\n  ", 2, 2),
        (HEAD + "  -- so\n  ", 2, 2),
        (HEAD + '  exact f "a" ', 1, 14),
        ("theorem t : p := ", 0, 17),
        (HEAD + "  exact α", 1, 9),
    ],
)
def test_not_silent(text: str, line: int, column: int) -> None:
    assert _reason(text, line, column) is None


def test_other_files_and_dependencies(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _reason(HEAD + "  ", 1, 2, "file:///p/A.txt")
    assert _reason(HEAD + "  ", 1, 2, "untitled:A.lean")
    assert _reason(HEAD + "  ", 1, 2, "file:///p/.lake/packages/m/A.lean")
    assert is_read_only(Path("/home/u/.elan/toolchains/x/src/Init.lean"))
    monkeypatch.setenv("ELAN_HOME", "/opt/elan")
    assert is_read_only(Path("/opt/elan/toolchains/x/src/Init.lean"))
