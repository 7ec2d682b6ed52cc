"""The status line at every width: the state always, the fix before the detail."""

from __future__ import annotations

import pytest
from fd_core.protocol import EngineState, Status
from fd_tui.widgets.pieces import plain, width
from fd_tui.widgets.status_line import Situation, line

BUSY = Status(state="thinking", judged=7, sampled=16, model="/models/Qwen2.5-Coder-1.5B",
              adapter_id="ad81f00cafe1234", memory_mb=2345, recording=True)  # fmt: skip
DOWN = Status(state="Lean down", detail="lake exited with 1: toolchain leanprover/lean4:v4.22.0",
              fix="Run `lake build`.")  # fmt: skip


def said(now: Situation, cells: int) -> str:
    shown = line(now, cells)
    assert width(shown) <= cells
    return plain(shown).strip()


def test_all_of_it_where_there_is_room() -> None:
    assert said(Situation("running", BUSY), 100).split("  ")[0] == "… thinking 7/16"
    assert said(Situation("running", BUSY), 100).endswith(
        "2345 MB · Qwen2.5-Coder-1.5B + ad81f00cafe1 · ● rec"
    )


def test_it_gives_way_from_the_right() -> None:
    assert said(Situation("running", BUSY), 40) == "… thinking 7/16" + " " * 18 + "● rec"
    assert said(Situation("running", BUSY), 20) == "… thinking 7/16  ●"
    assert said(Situation("running", BUSY), 8) == "… thi…"


def test_where_something_is_down_the_fix_is_kept_longest() -> None:
    assert "toolchain" in said(Situation("running", DOWN), 120)
    shown = said(Situation("running", DOWN), 50)
    assert shown.startswith("✗ Lean down · Run `lake build`.")


def test_a_lost_server_counts_more_than_what_it_said_last() -> None:
    now = Situation("restarting", BUSY, "it exited with 9", "")
    assert said(now, 80).startswith("… server lost, restarting · it exited with 9")


@pytest.mark.parametrize("cells", [0, 1, 3, 10, 20, 40, 80, 200])
@pytest.mark.parametrize(
    "state",
    ["idle", "thinking", "nothing found", "out of budget", "Lean down", "policy down"],
)
def test_it_fits_in_any_width(state: EngineState, cells: int) -> None:
    status = BUSY.model_copy(update={"state": state, "detail": "d" * 90, "fix": "f\x1b" * 50})
    said(Situation("running", status), cells)
    assert "\x1b" not in plain(line(Situation("running", status), cells))
