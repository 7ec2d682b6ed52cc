"""Lean's processes end with their pool, and with whoever started it."""

import asyncio
import sys
from pathlib import Path

import psutil
import pytest
from fd_core.lean.pool import LeanPool
from fd_core.settings import LeanSettings
from support import availability
from support.in_lean import STUBBORN, state_in

pytestmark = pytest.mark.lean
THEOREM = "theorem x (p : Prop) (h : p) : p := by sorry\n"


async def test_nothing_outlives_the_pool(tmp_path: Path) -> None:
    own = LeanPool(tmp_path, LeanSettings(), availability.toolchain())
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    await state_in(own, THEOREM)
    held = {process.pid for process in psutil.Process().children(recursive=True)} - before
    assert held
    assert own.memory_mb() > 0
    await own.aclose()
    await own.aclose()
    assert not any(map(_runs, held))


PARENT = """
import asyncio, sys
from pathlib import Path
import psutil
from fd_core.lean.checker import ScratchChecker
from fd_core.lean.goals import ScratchGoals
from fd_core.lean.pool import LeanPool
from fd_core.lean.toolchain import Toolchain
from fd_core.ports import CheckLimits
from fd_core.proof import Document, Position, ProofSite, Range
from fd_core.settings import LeanSettings
from fd_core.suggestion import Candidate, Origin

async def main():
    folder, lean, stubborn = sys.argv[1:]
    pool = LeanPool(Path(folder), LeanSettings(), Toolchain(Path(lean), None, (4, 27, 0), "", ""))
    document = Document("file:///X.lean", 1, "theorem x (p : Prop) (h : p) : p := by\\n  sorry\\n")
    site = ProofSite(document, Range(Position(1, 2), Position(1, 7)))
    state = await ScratchGoals(pool).goals_at(site)
    asked = [Candidate(text, Origin("user")) for text in ("exact nothing", stubborn, "simp")]
    async for _ in ScratchChecker(pool).check(state, asked, CheckLimits(seconds=600)):
        print(*(child.pid for child in psutil.Process().children(recursive=True)), flush=True)
asyncio.run(main())
"""


async def test_a_killed_parent_leaves_nothing_running(tmp_path: Path) -> None:
    """Even with a worker that is deep in the kernel."""
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(script), str(tmp_path), str(availability.toolchain().lean), STUBBORN,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    pids = [int(pid) for pid in (await process.stdout.readline()).split()]
    assert len(pids) >= 2
    process.kill()
    await process.wait()
    for _ in range(200):
        if not any(map(_runs, pids)):
            break
        await asyncio.sleep(0.05)
    assert not any(map(_runs, pids))


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
