"""One attempt's folder: nothing outside, nothing large, gone at the end."""

from pathlib import Path

import pytest
from fd_trainer.rollouts.workspace import MOST_BYTES, MOST_FILES, Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def test_files_are_kept_by_name_the_latest_last(workspace: Workspace) -> None:
    assert workspace.write("A", "one") == "Wrote A.lean."
    workspace.write("B.lean", "two")
    workspace.write("A.lean", "three")
    assert workspace.names == ("B.lean", "A.lean")
    assert workspace.read("A") == "three"


@pytest.mark.parametrize(
    "name",
    [
        "../A.lean", "/etc/passwd", "a/b.lean", "", ".lean", "..", "A.lean/", "A.olean", "-rf",
        "x" * 300, "A\n.lean", "A.lean\0", None, 3, ["A"], {"a": 1},
    ],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_answered(
    workspace: Workspace, tmp_path: Path, name: object
) -> None:
    assert "file_name" in workspace.write(name, "text")
    assert workspace.read(name) is None
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("code", [None, 3, ["a"]])
def test_what_is_no_text_is_answered(workspace: Workspace, code: object) -> None:
    assert '"code"' in workspace.write("A", code)


def test_large_files_and_many_files_are_answered(workspace: Workspace) -> None:
    assert "longer than" in workspace.write("A", "x" * (MOST_BYTES + 1))
    for number in range(MOST_FILES):
        workspace.write(f"F{number}", "x")
    assert "already" in workspace.write("One", "x")
    assert workspace.write("F0", "y") == "Wrote F0.lean."


def test_lone_surrogates_are_written(workspace: Workspace) -> None:
    workspace.write("A", "a\ud800b")
    assert workspace.read("A") == "a?b"


def test_the_folder_goes_with_the_attempt(workspace: Workspace) -> None:
    workspace.write("A", "x")
    assert workspace.folder.exists()
    workspace.close()
    workspace.close()
    assert not workspace.folder.exists()
