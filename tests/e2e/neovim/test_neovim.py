"""A second LSP client: Neovim, headless, drives the server through completion and code action."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.lsp_client import FAKE_SERVER

PROBE = Path(__file__).parent / "probe.lua"
TEXT = "theorem one (p : Prop) (h : p) : p := by\n  \n\ntheorem two (𝓕 : Prop) (k : 𝓕) : 𝓕 := by sorry\n"
FAKES = {
    "candidates": ["exact nope", "exact h", "exact k"],
    "verdicts": {"exact h": "closed", "exact k": "closed"},
}

pytestmark = pytest.mark.skipif(
    shutil.which("nvim") is None, reason="no nvim: install the system's package `neovim`"
)


def _drive(folder: Path, command: list[str], **environment: str) -> dict[str, Any]:
    file, out = folder / "A.lean", folder / "report.json"
    file.write_text(TEXT, encoding="utf-8")
    given = {
        **os.environ, **environment, "FD_SERVER_CMD": json.dumps(command), "FD_FILE": str(file),
        "FD_OUT": str(out), "FD_DATA_DIR": str(folder / "data"), "LC_ALL": "C.UTF-8",
        "FD_CONFIG": str(folder / "config.toml"), "XDG_STATE_HOME": str(folder / "state"),
    }  # fmt: skip
    done = subprocess.run(
        ["nvim", "--headless", "--clean", "-c", f"luafile {PROBE}"],
        env=given, capture_output=True, text=True, timeout=100, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    assert out.exists(), done.stderr
    report: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    assert report.get("failure") in (None, "", "null"), (report, done.stderr)
    return report


def test_neovim_completes_and_fills_a_sorry_on_fake_ports(tmp_path: Path) -> None:
    report = _drive(tmp_path, [sys.executable, str(FAKE_SERVER)], FD_FAKES=json.dumps(FAKES))
    steps = report["steps"]
    assert steps["completion"][0] == "exact h"
    assert any(title.startswith("Fill sorry: exact h") for title in steps["actions"])
    assert steps["filled"]
    assert steps["stopped"]
    assert "  exact h\n" in report["text"]
    assert ":= by exact h" in report["text"]


@pytest.mark.lean
def test_neovim_completes_and_fills_a_sorry_in_lean(tmp_path: Path) -> None:
    server = Path(sys.executable).parent / "fd-server"
    report = _drive(tmp_path, [str(server), "--stdio"])
    assert report["steps"]["filled"]
    assert "sorry" not in report["text"]
