"""A run folder's files: what is written comes back; what is damaged is left out and said."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from fd_core.errors import StoreError
from fd_trainer.report import contract
from fd_trainer.report.contract import AttemptRemark, Costs, HeatRow
from fd_trainer.report.forbearing import HEAT_ROWS
from fd_trainer.report.run_files import append, put, read_night
from support.sample_night import write_night

NAN = float("nan")


def remark(step: int) -> AttemptRemark:
    return AttemptRemark(
        step, "p", f"r{step}", "omega 𝔸 \ud800", "refused", ("no",), "1. Do.", "rules"
    )


def test_everything_comes_back(tmp_path: Path) -> None:
    night = read_night(write_night(tmp_path / "n"))
    assert night.damaged == ()
    assert night.run.algorithms == ("fd", "grpo")
    assert night.decision
    assert night.decision.promotes
    assert len(night.metrics) == 60
    assert len(night.heat) == 12
    assert night.costs.money == {"EUR": 0.42}
    assert night.goals["held_out-3"].line == 3


def test_lone_surrogates_survive(tmp_path: Path) -> None:
    append(tmp_path / contract.REMARKS, [remark(1)])
    [found] = read_night(tmp_path).remarks
    assert found == replace(remark(1), messages=()), "the report has no use for Lean's messages"


def test_of_a_long_attempt_the_beginning_is_read(tmp_path: Path) -> None:
    append(tmp_path / contract.REMARKS, [replace(remark(1), attempt="simp " * 50_000)])
    [found] = read_night(tmp_path).remarks
    assert found.attempt == "simp " * 800


def test_a_line_cut_by_a_kill_costs_that_line_alone(tmp_path: Path) -> None:
    path = tmp_path / contract.REMARKS
    append(path, [remark(1), remark(2)])
    path.write_bytes(path.read_bytes()[:-9])
    append(path, [remark(3)])
    night = read_night(tmp_path)
    assert [r.step for r in night.remarks] == [1, 3]
    assert any("1 lines of remarks.jsonl" in said for said in night.damaged)


@pytest.mark.parametrize(
    "name", [contract.RUN, contract.EVALUATION, contract.DECISION, contract.COSTS]
)
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"id": 3}', b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_file_reads_as_absent_and_is_named(
    tmp_path: Path, name: str, content: bytes
) -> None:
    folder = write_night(tmp_path / "n")
    (folder / name).write_bytes(content)
    night = read_night(folder)
    if name == contract.COSTS and content == b'{"id": 3}':
        assert night.costs == Costs()  # all its fields may be absent
    else:
        assert any(said.startswith(name) for said in night.damaged)


def test_impossible_counts_are_refused(tmp_path: Path) -> None:
    folder = write_night(tmp_path / "n")
    table = json.loads((folder / contract.EVALUATION).read_text())
    table["candidate"]["problems"][0]["proved"] = 99
    (folder / contract.EVALUATION).write_text(json.dumps(table))
    night = read_night(folder)
    assert night.evaluation is None
    assert "99 proved" in night.damaged[0]


def test_metrics_of_a_step_made_again_are_the_last_ones(tmp_path: Path) -> None:
    lines = [
        {"step": 0, "phase": "fd", "at": 1, "loss": 1.0},
        {"step": 1, "phase": "fd", "at": 2, "loss": None},
        "no object",
        {"step": "x"},
        {"step": 0, "phase": "fd", "at": 3, "loss": 0.5},
    ]
    (tmp_path / contract.METRICS_LINES).write_text("\n".join(map(json.dumps, lines)))
    first, second = read_night(tmp_path).metrics
    assert first.values == {"loss": 0.5}
    assert math.isnan(second.values["loss"])


def test_an_empty_folder_is_a_night_of_which_nothing_is_known(tmp_path: Path) -> None:
    night = read_night(tmp_path)
    assert night.run.id == tmp_path.name
    assert night.evaluation is None
    with pytest.raises(StoreError, match="no run"):
        read_night(tmp_path / "none")


def test_a_disk_that_refuses_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file"):
        put(tmp_path / "file" / contract.COSTS, Costs())
    with pytest.raises(StoreError, match="file"):
        append(tmp_path / "file" / contract.REMARKS, [remark(1)])


def test_heat_rows_are_read_one_at_a_time_and_damage_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / contract.GAPS
    for i in range(60):
        append(path, [HeatRow(i, f"r{i}", "p", ("a", "b"), (0.1, 5.0 if i % 10 == 0 else NAN))])
        with path.open("ab") as file:
            file.write(b'{"gaps": [9, "x"]}\n{"gaps": [9]}\n[1]\n{"ga')
    rows = read_night(tmp_path).heat
    assert 6 <= len(rows) <= HEAT_ROWS
    assert {0, 10, 20, 30, 40, 50} >= {row.step for row in rows if 5.0 in row.gaps} != set()
