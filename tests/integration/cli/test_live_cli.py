"""One-shot commands on a real Lean: suggest, prove and write, doctor, init, and the demo's walk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.lean
SCRIPT = Path(sys.executable).with_name("fd-server")
TEXT = """\
theorem one (a b : Nat) (h : a < b) : a + 1 ≤ b := by
  sorry

theorem two (p q : Prop) : p ∧ q → q ∧ p := by
  sorry

-- the end 𝔸
"""


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPT, *map(str, arguments)],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


def answer(*arguments: str | Path) -> dict[str, Any]:
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    value: dict[str, Any] = json.loads(done.stdout)
    return value


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "lean-toolchain").write_text("leanprover/lean4:v4.27.0\n")
    path = tmp_path / "A.lean"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_suggest_closes_a_simple_goal(file: Path) -> None:
    told = answer("suggest", f"{file}:2:3", "--seconds", "10")
    assert told["candidates"][0]["verdict"]["kind"] == "closed"
    assert not told["lean"].startswith("recorded")


def test_prove_all_writes_audited_proofs_and_keeps_the_rest(file: Path) -> None:
    file.chmod(0o640)
    told = answer("prove", file, "--all", "--write", "--seconds", "30")
    assert (told["proved"], told["written"]) == (2, True)
    assert all(row["audit"]["kind"] == "proved" for row in told["attempts"])
    text = file.read_text(encoding="utf-8")
    assert text == told["text"]
    assert "sorry" not in text
    assert text.endswith("\n-- the end 𝔸\n")
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_proof_is_written_through_a_symbolic_link(file: Path, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere" / "B.lean"
    real.parent.mkdir()
    file.rename(real)
    file.symlink_to(real)
    told = answer("prove", file, "--all", "--write", "--seconds", "30")
    assert told["written"] is True
    assert file.is_symlink()
    assert real.read_text(encoding="utf-8") == told["text"]


def test_prove_without_write_leaves_the_file_alone(file: Path) -> None:
    told = answer("prove", file, "--seconds", "30")
    assert (told["proved"], told["written"]) == (1, False)
    assert file.read_text(encoding="utf-8") == TEXT


def test_crlf_files_stay_crlf(file: Path) -> None:
    file.write_bytes(TEXT.replace("\n", "\r\n").encode())
    told = answer("prove", file, "--all", "--write", "--seconds", "30")
    assert told["proved"] == 2
    content = file.read_bytes()
    assert content.count(b"\n") == content.count(b"\r\n")


def test_what_is_false_is_not_proved(file: Path) -> None:
    file.write_text("theorem no (n : Nat) : n + 1 = n := by\n  sorry\n")
    done = run("prove", file, "--write", "--seconds", "5", "--json")
    assert done.returncode == 1
    assert "sorry" in file.read_text()


def test_a_change_on_disk_meanwhile_is_kept(file: Path) -> None:
    def edit() -> None:
        time.sleep(1.5)
        file.write_text(TEXT + "-- written meanwhile\n", encoding="utf-8")

    editor = threading.Thread(target=edit)
    editor.start()
    told = answer("prove", file, "--all", "--write", "--seconds", "30")
    editor.join()
    assert told["proved"] == 2
    text = file.read_text(encoding="utf-8")
    assert text.endswith("-- written meanwhile\n")
    assert "sorry" not in text


def test_doctor_passes_every_stage(file: Path) -> None:
    told = answer("doctor", file)
    assert {stage["outcome"] for stage in told["stages"]} == {"fine"}
    candidate = next(s for s in told["stages"] if s["name"] == "first candidate")
    assert candidate["memory_mb"] > 0


def test_a_header_that_does_not_load_is_doctors_first_failure(file: Path) -> None:
    file.write_text("import There.Is.None\n\ntheorem t : True := by sorry\n")
    done = run("doctor", file, "--json")
    assert done.returncode == 1
    failed = [s for s in json.loads(done.stdout)["stages"] if s["outcome"] == "failed"]
    assert failed[0]["name"] == "header load"
    assert failed[0]["fix"]


def test_init_ends_in_a_first_suggestion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FD_CONFIG", str(tmp_path / "config.toml"))
    told = answer("init", "--record", "no")
    kinds = [item["verdict"]["kind"] for item in told["suggestion"]["candidates"]]
    assert kinds[0] == "closed"


def test_the_demo_runs_on_a_file_of_the_users(file: Path) -> None:
    done = run("demo", file, "--seconds", "20")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 of 2 goals proved and audited" in done.stdout
    assert "[recorded]" not in done.stdout
    assert file.read_text(encoding="utf-8") == TEXT
