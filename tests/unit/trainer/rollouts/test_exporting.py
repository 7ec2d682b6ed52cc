"""A run's folder as tables for other trainers, and the command that writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fd_core.feedback import Feedback
from fd_core.prompt import prompt_format, render
from fd_trainer.config.night import NightConfig
from fd_trainer.data.collection import Collected
from fd_trainer.data.files import write_collected
from fd_trainer.data.targets import Preference, Target
from fd_trainer.ledger import WITH_FEEDBACK, AttemptKey, Ledger
from fd_trainer.ledger.log import FILE
from fd_trainer.remark import RemarkCost, Remarked
from fd_trainer.rollout import Graded, Outcome
from fd_trainer.run import choosing
from fd_trainer.run.folder import RunFolder, new_run
from support.trainer_values import POLICY, problem, rollout

VERSION = prompt_format("fd-proof-1").version
MINE = problem(events=("s1",))
HELD = problem(
    "theorem held (p : Prop) : p → p := by\n  sorry\n", declaration="held", part="held_out"
)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    monkeypatch.setenv("FD_DATA_DIR", str(tmp_path))
    folder = new_run()
    night = NightConfig.model_validate(
        {"rollout": {"step_prompt": "fd-tactic-1", "proof_prompt": "fd-proof-1"}}
    )
    choosing.begin(folder, night, "")
    target = Target(MINE, "exact h", 2.0, "overridden", ("s1",))
    pair = Preference(MINE, "exact h", "simp_all", 0.5, ("s2",))
    write_collected(folder.collected, Collected((MINE, HELD), (target,), (pair,)))
    ledger = Ledger(folder.ledger)
    made: tuple[tuple[Any, Outcome], ...] = (
        (MINE, "proved"), (MINE, "refused"), (MINE, "undecided"), (HELD, "proved"),
    )  # fmt: skip
    for sample, (which, outcome) in enumerate(made):
        key = AttemptKey(folder.id, 0, which.id, sample, POLICY, 0)
        one = rollout(id=key.id, problem_id=which.id, prompt_format=VERSION, text=f"try {sample}")
        ledger.record_rollouts([(key, one)], seconds=1.5)
        ledger.record_graded([Graded(one, outcome, ("said",), 7.0)])
        ledger.record_remark(
            key.id, Remarked(Feedback("1. Do.", "rules#1"), RemarkCost(1, 5, 2, 0.1)), [key.id]
        )
    ledger.close()
    return folder


def export(*arguments: str) -> list[dict[str, Any]]:
    from fd_trainer.commands.export import command

    result = CliRunner().invoke(command, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_everything_is_in_jsonl(run: RunFolder) -> None:
    rows = export(run.id)
    assert [row["outcome"] for row in rows] == ["proved", "refused", "undecided", "proved"]
    assert [row["reward"] for row in rows] == [1.0, 0.0, None, 1.0]
    first = rows[0]
    assert first["prompt"] == render("fd-proof-1", MINE.state).text
    assert (first["completion"], first["feedback"], first["feedback_tokens"]) == (
        "try 0",
        "1. Do.",
        7,
    )
    assert (first["tool_tokens"], first["sampling_s"], first["audit_ms"]) == (1, 1.5, 7.0)
    assert first["events"] == ["s1"]


def test_trl_gets_its_types_without_what_was_held_out_or_undecided(run: RunFolder) -> None:
    prompt = render("fd-proof-1", MINE.state).text
    assert export("--format", "trl") == [
        {"prompt": prompt, "completion": "try 0", "label": True},
        {"prompt": prompt, "completion": "try 1", "label": False},
    ]
    assert export("--format", "trl", "--view", "targets") == [
        {"prompt": prompt, "completion": "exact h\n```", "weight": 2.0}
    ]
    assert export("--format", "trl", "--view", "preferences") == [
        {"prompt": prompt, "chosen": "exact h\n```", "rejected": "simp_all\n```", "weight": 0.5}
    ]
    problems = export("--format", "trl", "--view", "problems")
    assert [row["part"] for row in problems] == ["train", "held_out"]


def test_what_the_pre_flight_tried_with_feedback_is_no_row_of_a_student(run: RunFolder) -> None:
    ledger = Ledger(run.ledger)
    key = AttemptKey(run.id, 0, MINE.id, 9, POLICY, 0, f"{WITH_FEEDBACK}-12345678")
    one = rollout(id=key.id, problem_id=MINE.id, prompt_ids=(9,), prompt_format=VERSION)
    ledger.record_rollouts([(key, one)], prompt="Do.")
    ledger.record_graded([Graded(one, "proved")])
    ledger.close()
    assert [row["purpose"] for row in export()].count(key.purpose) == 1
    for shape in ("trl", "verl"):
        assert "Do." not in [
            row["prompt"] for row in export("--format", shape, "--view", "attempts")
        ]


def test_verl_gets_problems_as_messages(run: RunFolder) -> None:
    first, second = export("--format", "verl")
    assert set(first) == {"data_source", "prompt", "ability", "reward_model", "extra_info"}
    assert first["prompt"][0]["role"] == "user"
    assert first["reward_model"]["ground_truth"] == MINE.state.site.document.text
    assert [row["extra_info"]["split"] for row in (first, second)] == ["train", "test"]
    assert [row["reward"] for row in export("--format", "verl", "--view", "attempts")] == [1.0, 0.0]


def test_a_file_is_private_and_whole(run: RunFolder, tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    assert export("--out", str(target)) == []
    assert len(target.read_text().splitlines()) == 4
    assert target.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob(".out*"))


def test_a_corrupt_line_is_named_and_the_rest_goes_out(run: RunFolder) -> None:
    file = run.ledger / FILE
    lines = file.read_bytes().splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if b'"kind":"rollout"' in line)
    lines[at] = lines[at].replace(b"try 0", b"try X")
    file.write_bytes(b"".join(lines))
    from fd_trainer.commands.export import command

    result = CliRunner().invoke(command, [])
    assert f"ledger.jsonl:{at + 1}" in result.stderr
    assert len(result.stdout.splitlines()) == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "verl", "--view", "targets"], "no view targets"),
        (["nothing"], "no run nothing"),
        (["--out", "/nowhere/at/all/x.jsonl"], "No such file"),
    ],
)
def test_what_can_not_be_done_is_said(run: RunFolder, arguments: list[str], said: str) -> None:
    from fd_core.errors import FdError
    from fd_trainer.commands.export import command

    with pytest.raises(FdError, match=said):
        CliRunner().invoke(command, arguments, catch_exceptions=False)


def test_no_night_at_all_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fd_core.errors import FdError
    from fd_trainer.commands.export import command

    monkeypatch.setenv("FD_DATA_DIR", str(tmp_path))
    with pytest.raises(FdError, match="no night"):
        CliRunner().invoke(command, [], catch_exceptions=False)
