"""`fd-trainer adapters` and `report` on a real registry and real run folders."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fd_core import locations
from fd_core.plain_data import to_plain
from fd_core.registry import FolderRegistry
from fd_core.runs import RunSummary
from fd_trainer.cli import main
from fd_trainer.evaluation.measured import Evaluation, PolicyTable
from fd_trainer.report import contract
from fd_trainer.report.run_files import put, read_night
from support.adapters import BASE, write_adapter
from support.sample_night import write_night


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FD_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


@pytest.fixture
def ids(home: Path) -> list[str]:
    """Three adapters, each the next one's parent, as nights publish them."""
    registry = FolderRegistry()
    found: list[str] = []
    for i in range(3):
        folder = write_adapter(home / f"made{i}", b"weights %d" % i)
        parent = found[-1] if found else None
        found.append(registry.publish(folder, BASE, parent, {"pass@1": 0.1 * i}).id)
        time.sleep(0.01)
    return found


def said(*arguments: str, status: int = 0) -> Result:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == status, result.output
    return result


def answer(*arguments: str) -> Any:
    return json.loads(said(*arguments, "--json").stdout)


def night(name: str, serving: str | None, candidate: str, *, started: float = 1.0) -> Path:
    """A run folder whose evaluation is of these adapters."""
    folder = write_night(locations.runs_dir() / name, steps=10)
    evaluation = read_night(folder).evaluation
    assert isinstance(evaluation, Evaluation)

    def of(table: PolicyTable, adapter: str | None) -> PolicyTable:
        return replace(table, base_model=BASE, adapter_id=adapter)

    put(
        folder / contract.EVALUATION,
        replace(
            evaluation,
            serving=of(evaluation.serving, serving),
            candidate=of(evaluation.candidate, candidate),
        ),
    )
    status = RunSummary(name, "promote", started, started + 9, "promote", None)
    (folder / "status.json").write_text(json.dumps(to_plain(status)))
    return folder


def test_promote_by_the_beginning_of_an_id_and_roll_back(ids: list[str]) -> None:
    assert "no gate has judged" in said("adapters", "promote", ids[0][:8]).stderr
    said("adapters", "promote", ids[2])
    assert answer("adapters", "list")["promoted"] == ids[2]
    lines = said("adapters", "list").stdout.splitlines()
    assert [line[2:34] for line in lines] == ids[::-1], "newest first"
    assert [line[0] for line in lines] == ["*", " ", " "]
    assert f"served now: {ids[0]}" in said("adapters", "rollback").stdout
    assert "without adapter" in said("adapters", "rollback").stdout


def test_an_id_that_is_not_there_changes_nothing(ids: list[str]) -> None:
    said("adapters", "promote", ids[1])
    result = said("adapters", "promote", "zzzz", status=2)
    assert "no adapter zzzz" in result.stderr
    assert ids[0] in result.stderr
    assert answer("adapters", "list")["promoted"] == ids[1]


def test_a_damaged_adapter_is_not_promoted(ids: list[str]) -> None:
    weights = locations.adapters_dir() / ids[0] / "adapter_model.safetensors"
    weights.chmod(0o600)
    weights.write_bytes(b"other")
    assert "was changed" in said("adapters", "promote", ids[0], status=2).stderr


def test_the_list_says_how_each_was_found(ids: list[str]) -> None:
    night("night-1", ids[0], ids[1])
    newest, middle, oldest = said("adapters", "list").stdout.splitlines()
    assert "held-out" not in newest
    assert "held-out pass@1 29.8% (night-1)" in middle
    assert "held-out pass@1 9.6% (night-1)" in oldest


def test_show_tells_parents_and_nights(ids: list[str]) -> None:
    night("night-1", ids[0], ids[1])
    shown = answer("adapters", "show", ids[2])
    assert shown["lineage"] == [ids[1], ids[0]]
    assert shown["runs"] == []
    text = said("adapters", "show", ids[1][:10]).stdout
    assert "measured by:  night-1" in text
    assert "adapter_model.safetensors" in text


def test_compare_of_one_night_is_its_gate(ids: list[str]) -> None:
    night("night-1", ids[0], ids[1])
    found = answer("adapters", "compare", ids[0], ids[1])
    assert found["runs"] == ["night-1"]
    assert found["decision"]["verdict"]["kind"] == "Promote"
    text = said("adapters", "compare", ids[1], ids[0]).stdout
    assert text.startswith("keep: ")
    assert "pass@1 on 30 held-out goals fell" in text


def test_compare_pairs_the_same_draws_of_two_nights(ids: list[str]) -> None:
    night("night-1", None, ids[0])
    night("night-2", None, ids[1])
    assert answer("adapters", "compare", ids[0], ids[1])["runs"] == ["night-1", "night-2"]
    assert answer("adapters", "compare", "base", ids[1])["runs"] == ["night-2"]


def test_compare_without_common_draws_says_what_to_do(ids: list[str]) -> None:
    night("night-1", None, ids[0])
    result = said("adapters", "compare", ids[0], ids[2], status=1)
    assert "never evaluated on the same draws" in result.stdout


def test_promoting_against_the_gate_warns(ids: list[str]) -> None:
    folder = night("night-1", ids[0], ids[1])
    decision = json.loads((folder / contract.DECISION).read_text())
    decision["verdict"] = {"kind": "Keep", "reasons": ["It forgot."]}
    (folder / contract.DECISION).write_text(json.dumps(decision))
    assert "the gate of night-1 said no: It forgot." in said("adapters", "promote", ids[1]).stderr


def test_report_takes_the_last_night_and_makes_its_page_again(ids: list[str]) -> None:
    night("older", None, ids[0], started=1.0)
    newer = night("newer", ids[0], ids[1], started=2.0)
    text = said("report").stdout
    assert text.startswith("Promoted: pass@1")
    assert str(newer / contract.REPORT_HTML) in text
    assert (newer / contract.REPORT_HTML).read_text().startswith("<!doctype html>")
    assert answer("report", "old")["id"] == "older"
    assert answer("report", str(newer))["verdict"] == "promote"


def test_report_of_no_run_names_those_there_are() -> None:
    assert "no night was run yet" in said("report", status=2).stderr
    night("night-1", None, "x")
    assert "Known are: night-1" in said("report", "nothing", status=2).stderr
    assert "night-1" in said("report", "../..", status=2).stderr


def test_history_follows_one_problem_over_the_nights(ids: list[str]) -> None:
    night("night-1", None, ids[0])
    night("night-2", ids[0], ids[1])
    found = answer("history", "goal1")
    assert [each["run_id"] for each in found] == ["night-1", "night-2"]
    assert found[0]["history"]["taken_up"] == ["omega"]
    assert found[0]["candidate"]["samples"] == 16
    text = said("history", "Demo.goal1").stdout
    assert "trained: 3 attempts, 1 proved, 2 refused, 0 undecided" in text
    assert "after advice at step 4 by rules v1:" in text
    assert "evaluated:" in text


def test_history_of_what_was_never_tried() -> None:
    assert (
        "no night on this machine has tried nothing" in said("history", "nothing", status=1).stdout
    )
