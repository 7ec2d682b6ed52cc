"""What the audit learns of a project before it starts Lean."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest
from fd_core.lean.audit_project import ProjectAuditor, lean_command
from fd_core.lean.toolchain import Toolchain
from fd_core.proof import Document
from fd_core.settings import LeanSettings
from fd_core.suggestion import AuditUndecided

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stands in for lake by a script")


def script(file: Path, body: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!{sys.executable} -I\nimport os, subprocess, sys\n{body}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


def toolchain(folder: Path, lake: str) -> Toolchain:
    """A proxy `lean` in bin/ that says that the real one is in real/bin."""
    real = script(folder / "real" / "bin" / "lean", "")
    lean = script(folder / "bin" / "lean", f"print({str(real.parents[1])!r})")
    return Toolchain(lean, script(folder / "bin" / "lake", lake), (4, 27, 0), "", "test")


LAKE = """
if sys.argv[1] == 'env':
    os.environ['LEAN_PATH'] = '/a/lib:/b/lib'
    sys.exit(subprocess.call(sys.argv[2:]))
assert sys.stdin.read().startswith('{')
print('{"name": "FdAudited", "options": {"autoImplicit": false, "maxRecDepth": 9}, "plugins": ["p"]}')
"""


async def test_a_lake_project(tmp_path: Path) -> None:
    (tmp_path / "lakefile.toml").write_text('name = "x"\n')
    command = await lean_command(tmp_path, None, toolchain(tmp_path, LAKE))
    assert command.lean == tmp_path / "real" / "bin" / "lean"
    assert command.search_path == (Path("/a/lib"), Path("/b/lib"))
    assert command.options == ("-DautoImplicit=false", "-DmaxRecDepth=9", "--plugin=p")


async def test_a_lake_that_fails_leaves_lean_alone(tmp_path: Path) -> None:
    (tmp_path / "lakefile.toml").write_text('name = "x"\n')
    command = await lean_command(tmp_path, None, toolchain(tmp_path, "sys.exit(1)"))
    assert command.search_path == ()
    assert command.options == ()


async def test_without_lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAN_PATH", "/c")
    command = await lean_command(tmp_path, None, toolchain(tmp_path, LAKE))
    assert command.search_path == (Path("/c"),)


async def test_no_lean_is_undecided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FD_LEAN", str(tmp_path / "nope"))
    auditor = ProjectAuditor(tmp_path, LeanSettings())
    document = Document("file:///x.lean", 0, "theorem x : True := by sorry\n")
    result = await auditor.audit(document, document, "x")
    assert isinstance(result, AuditUndecided)
    assert "no usable Lean" in result.reason
    await auditor.aclose()
