"""The auditor around its processes: what it does with a Lean that fails, lies or dies.

The stand-in for `lean` is a script: only to play failures that a real one rarely shows. What is
proved is tested on a real Lean, in tests/integration/lean/test_redteam.py.
"""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest
from fd_core.lean.audit import FreshAuditor
from fd_core.lean.audit_process import LeanCommand
from fd_core.settings import LeanSettings
from fd_core.suggestion import AuditUndecided, NotProved, Proved
from support.redteam import document

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stands in for lean by a script")
CHALLENGE = "theorem target : P := by\n  sorry\n"

COMPILE = """
if '--run' not in sys.argv:
    text = open(sys.argv[-1]).read()
    count = len(os.listdir('..'))
    open(sys.argv[sys.argv.index('-o') + 1], 'w').write(text)
    sys.exit(0)
report, nonce, name = sys.argv[sys.argv.index('--run') + 2:][:3]
solutions = sys.argv[sys.argv.index('--run') + 6:]
good = {'nonce': nonce, 'reasons': [], 'axioms': [['propext']], 'extensions': []}
rows = [good | {'index': i} for i in range(len(solutions))]
rows.append({'nonce': nonce, 'index': len(solutions), 'canary': [['sorryAx']]})
"""
WRITE = "open(report, 'w').write(''.join(json.dumps(row) + '\\n' for row in rows))\n"


def auditor(folder: Path, body: str, seconds: float = 20) -> FreshAuditor:
    file = folder / "lean"
    file.write_text(f"#!{sys.executable} -I\nimport glob, json, os, sys, time\n{body}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return FreshAuditor(LeanCommand(file), LeanSettings(audit_s=seconds))


async def outcome(folder: Path, body: str, seconds: float = 20) -> object:
    fresh = auditor(folder, body, seconds)
    solution = document(CHALLENGE.replace("sorry", "simp"))
    result = await fresh.audit(document(CHALLENGE), solution, "target")
    await fresh.aclose()
    return result


async def test_a_full_report_is_proved(tmp_path: Path) -> None:
    result = await outcome(tmp_path, COMPILE + WRITE)
    assert isinstance(result, Proved)
    assert result.axioms == ("propext",)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("sys.exit(0)", "without a compiled file"),
        ("os.kill(os.getpid(), 11)", "signal 11"),
        ("time.sleep(600)", "did not finish"),
        (COMPILE, "no full report"),
        (COMPILE + WRITE + "sys.exit(1)", "no full report"),
        (COMPILE + "print(json.dumps(rows))", "no full report"),
        (COMPILE + "rows[0]['nonce'] = 'x'\n" + WRITE, "no full report"),
        (COMPILE + "rows.pop()\n" + WRITE, "no full report"),
        (COMPILE + "rows[-1]['canary'] = [['propext']]\n" + WRITE, "own `sorry`"),
        (COMPILE + "rows[0] = {'nonce': nonce, 'index': 0, 'trouble': 'x'}\n" + WRITE, "failed: x"),
        (COMPILE + "os.kill(os.getpid(), 9)", "no full report"),
    ],
)
async def test_anything_less_is_undecided(tmp_path: Path, body: str, words: str) -> None:
    result = await outcome(tmp_path, body, 3)
    assert isinstance(result, AuditUndecided), result
    assert words in result.reason


async def test_compiled_files_that_change_are_noticed(tmp_path: Path) -> None:
    spoil = "[open(f, 'a').write('x') for f in glob.glob('../*/Audited.olean')]\n"
    result = await outcome(tmp_path, spoil + COMPILE + WRITE)
    assert isinstance(result, AuditUndecided)
    assert "was changed" in result.reason


async def test_a_name_with_a_line_end_is_no_standard_axiom(tmp_path: Path) -> None:
    result = await outcome(tmp_path, COMPILE + "rows[0]['axioms'] = [['propext\\n']]\n" + WRITE)
    assert isinstance(result, NotProved)
    assert "\n" not in result.reasons[0]


async def test_heartbeats_are_no_failure(tmp_path: Path) -> None:
    error = {"severity": "error", "pos": {"line": 1, "column": 0}, "data": ""}
    for data, kind in [("(deterministic) timeout at `x`", AuditUndecided), ("bad", NotProved)]:
        body = f"""
if 'simp' in open(sys.argv[-1]).read():
    print(json.dumps({error | {"data": data}!r}))
    sys.exit(1)
"""
        result = await outcome(tmp_path, body + COMPILE + WRITE)
        assert isinstance(result, kind), result


async def test_the_gate_and_the_text_come_before_lean(tmp_path: Path) -> None:
    fresh = auditor(tmp_path, "open(__file__ + '.ran', 'w')")
    for text in ["native_decide", "simp\naxiom x : False"]:
        solution = document(CHALLENGE.replace("sorry", text))
        assert isinstance(await fresh.audit(document(CHALLENGE), solution, "target"), NotProved)
    other = document(CHALLENGE.replace("P", "Q"))
    assert isinstance(await fresh.audit(document(CHALLENGE), other, "target"), NotProved)
    missing = await fresh.audit(document(CHALLENGE), document(CHALLENGE), "nope")
    assert isinstance(missing, AuditUndecided)
    await fresh.aclose()
    assert not (tmp_path / "lean.ran").exists()


async def test_the_challenge_is_compiled_once(tmp_path: Path) -> None:
    count = "open(__file__ + '.log', 'a').write('run\\n')\n"
    fresh = auditor(tmp_path, count + COMPILE + WRITE)
    solutions = [document(CHALLENGE.replace("sorry", text)) for text in ("simp", "omega")]
    results = await fresh.audit_many(document(CHALLENGE), solutions, "target")
    assert all(isinstance(result, Proved) for result in results)
    await fresh.audit(document(CHALLENGE), solutions[0], "target")
    await fresh.aclose()
    # one challenge, two solutions, the program, one report; then one solution and one report
    assert (tmp_path / "lean.log").read_text().count("run") == 7
