from pathlib import Path

import pytest
from fd_core.errors import ToolchainError
from fd_core.lean.toolchain import find_toolchain, toolchain_folder, wanted_toolchain
from fd_core.settings import LeanSettings
from support.fake_toolchain import fake_lean


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    return {"HOME": str(tmp_path / "home"), "PATH": str(tmp_path / "path"), **more}


def test_nothing_anywhere_names_every_place_and_a_fix(tmp_path: Path, project: Path) -> None:
    search = find_toolchain(project, environment=environment(tmp_path))
    assert search.found is None
    assert [look.stage for look in search.looked] == [1, 2, 3, 4]
    with pytest.raises(ToolchainError, match="elan") as caught:
        search.require()
    assert "PATH" in caught.value.what
    assert caught.value.fix


def test_the_project_toolchain_is_resolved_without_elan(tmp_path: Path, project: Path) -> None:
    (project / "lean-toolchain").write_text("leanprover/lean4:v4.27.0\n")
    elan = tmp_path / "home" / ".elan"
    lean = fake_lean(
        elan / "toolchains" / "leanprover--lean4---v4.27.0" / "bin" / "lean", lake=True
    )
    fake_lean(tmp_path / "path" / "lean", "4.30.0")
    found = find_toolchain(project, environment=environment(tmp_path)).require()
    assert (found.lean, found.version) == (lean, (4, 27, 0))
    assert found.lake == lean.with_name("lake")
    assert "v4.27.0" in found.origin


def test_elan_home_moves_the_search(tmp_path: Path, project: Path) -> None:
    lean = fake_lean(tmp_path / "elsewhere" / "bin" / "lean")
    search = find_toolchain(
        project, environment=environment(tmp_path, ELAN_HOME=str(tmp_path / "elsewhere"))
    )
    assert search.require().lean == lean
    assert search.looked[-1].stage == 3


def test_path_comes_last(tmp_path: Path, project: Path) -> None:
    lean = fake_lean(tmp_path / "path" / "lean", "4.31.0-rc1")
    found = find_toolchain(project, environment=environment(tmp_path)).require()
    assert found.lean == lean
    assert str(found) == "Lean 4.31.0-rc1"


def test_what_the_user_named_is_never_passed_over(tmp_path: Path, project: Path) -> None:
    fake_lean(tmp_path / "path" / "lean")
    named = fake_lean(tmp_path / "mine" / "lean", script="echo broken >&2; exit 3\n")
    search = find_toolchain(project, environment=environment(tmp_path, FD_LEAN=str(named)))
    assert search.found is None
    assert search.looked[0].outcome.endswith("broken")
    assert len(search.looked) == 1


def test_settings_name_a_lean(tmp_path: Path, project: Path) -> None:
    lean = fake_lean(tmp_path / "mine" / "lean")
    search = find_toolchain(project, LeanSettings(executable=lean), environment(tmp_path))
    assert search.require().origin == "settings lean.executable"


def test_too_old_is_refused_with_the_fix(tmp_path: Path, project: Path) -> None:
    fake_lean(tmp_path / "path" / "lean", "4.23.0")
    search = find_toolchain(project, environment=environment(tmp_path))
    with pytest.raises(ToolchainError, match="too old") as caught:
        search.require()
    assert "lean-toolchain" in caught.value.fix


def test_a_lean_that_is_no_program(tmp_path: Path, project: Path) -> None:
    lean = tmp_path / "mine" / "lean"
    lean.parent.mkdir()
    lean.write_text("not a program")
    search = find_toolchain(project, environment=environment(tmp_path, FD_LEAN=str(lean)))
    assert "can't be started" in search.looked[0].outcome


def test_a_wanted_toolchain_that_is_not_installed_is_said(tmp_path: Path, project: Path) -> None:
    (project / "lean-toolchain").write_text("leanprover/lean4:v4.29.0")
    search = find_toolchain(project, environment=environment(tmp_path))
    assert "leanprover--lean4---v4.29.0" in search.looked[1].outcome


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("leanprover/lean4:v4.27.0", "leanprover--lean4---v4.27.0"),
        ("leanprover/lean4-nightly:nightly-2026-01-02", "leanprover--lean4-nightly---nightly-2026-01-02"),
        ("v4.27.0-rc1", "leanprover--lean4---v4.27.0-rc1"),
        ("4.27.0", "leanprover--lean4---v4.27.0"),
        ("mine", "mine"),
    ],
)  # fmt: skip
def test_elans_folder_names(name: str, folder: str) -> None:
    assert toolchain_folder(name) == folder


def test_the_toolchain_file_may_lie_above_the_project(tmp_path: Path) -> None:
    (tmp_path / "lean-toolchain").write_text("leanprover/lean4:v4.27.0\n")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert wanted_toolchain(inner) == "leanprover/lean4:v4.27.0"
