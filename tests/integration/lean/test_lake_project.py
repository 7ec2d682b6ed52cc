"""A Lake project of two modules on a real Lake: goals, candidates and the audit see what was built.

The audit's search path and options come from Lake, and its sandbox shows them.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from fd_core.lean.audit_project import ProjectAuditor, lean_command
from fd_core.lean.pool import LeanPool
from fd_core.proof import Document
from fd_core.settings import LeanSettings
from fd_core.suggestion import NotProved, Proved
from support import availability
from support.in_lean import verdicts

pytestmark = pytest.mark.lean

LAKEFILE = """\
name = "pair"
defaultTargets = ["Base"]
leanOptions = { autoImplicit = false }

[[lean_lib]]
name = "Base"
"""
BASE = "def Lantern (n : Nat) : Prop := n % 2 = 0\n\ntheorem lantern_four : Lantern 4 := rfl\n"
CHALLENGE = "import Base\n\ntheorem lit : ∃ n, Lantern n := by\n  sorry\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake = availability.toolchain().lake
    if lake is None:
        pytest.skip("this Lean has no lake beside it")
    folder = tmp_path_factory.mktemp("pair")
    (folder / "lakefile.toml").write_text(LAKEFILE)
    (folder / "Base.lean").write_text(BASE)
    done = subprocess.run(
        [lake, "build"], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


async def test_candidates_may_use_what_was_built(project: Path) -> None:
    pool = LeanPool(project, LeanSettings(), availability.toolchain())
    try:
        asked = ["exact ⟨4, lantern_four⟩", "exact ⟨4, nowhere⟩"]
        assert await verdicts(pool, CHALLENGE, asked) == ["Closed", "Failed"]
    finally:
        await pool.aclose()


@pytest.mark.parametrize("sandbox", ["auto", "off"])
async def test_the_audit_sees_the_same_imports(project: Path, sandbox: str) -> None:
    settings = LeanSettings.model_validate({"sandbox": sandbox})
    auditor = ProjectAuditor(project, settings, availability.toolchain())
    uri = (project / "Main.lean").as_uri()
    challenge = Document(uri, 0, CHALLENGE)
    texts = ["exact ⟨4, lantern_four⟩", "exact ⟨4, rfl⟩", "exact ⟨3, rfl⟩"]
    solutions = [Document(uri, 0, CHALLENGE.replace("sorry", text)) for text in texts]
    results = await auditor.audit_many(challenge, solutions, "lit")
    await auditor.aclose()
    assert [type(result) for result in results] == [Proved, Proved, NotProved], results


async def test_lake_says_path_and_options(project: Path) -> None:
    command = await lean_command(project, None, availability.toolchain())
    assert project / ".lake" / "build" / "lib" / "lean" in command.search_path
    assert "-DautoImplicit=false" in command.options
