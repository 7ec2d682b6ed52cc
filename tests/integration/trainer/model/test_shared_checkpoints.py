"""Checkpoints of two real ranks: bit for bit, by another number of ranks, and after kill -9 in a save."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support import ranked_learning, tiny_model, two_ranks
from support.ranked_learning import Moment, Wanted

pytest.importorskip("torch")
pytestmark = [pytest.mark.models, pytest.mark.slow]
METHODS = ("lora", "full")
PROGRAM = ranked_learning.__file__


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_model.build(tmp_path_factory.mktemp("base")))


def ran(wanted: Wanted, ranks: int) -> list[Any]:
    """What each rank said; one process needs no torchrun, but may have it."""
    return two_ranks.said(PROGRAM, Path(wanted.folder), wanted.words(), ranks=ranks)


@pytest.fixture(scope="module", params=METHODS)
def whole(request: pytest.FixtureRequest, base: str, tmp_path_factory: Any) -> Any:
    """Uninterrupted: what was wanted, and what two ranks and one process said."""
    folder = tmp_path_factory.mktemp(f"whole-{request.param}")
    wanted = Wanted(base, str(folder / "two"), request.param, published=str(folder / "published"))
    alone = replace(wanted, folder=str(folder / "one"), published="")
    return wanted, ran(wanted, 2), ran(alone, 1)[0]


def resumed(wanted: Wanted, where: Path, at: int, ranks: int, taken: str) -> list[Any]:
    """Go on from the checkpoint of step `at` that `taken` ranks wrote."""
    here = where / f"from-{taken}-on-{ranks}"
    source = Path(wanted.folder).with_name(taken) / "checkpoints" / f"step-{at:08d}.0"
    shutil.copytree(source, here / "checkpoints" / source.name)
    return ran(replace(wanted, folder=str(here), begin=at, published=""), ranks)


def test_two_ranks_learn_as_one_process_does(whole: Any) -> None:
    wanted, (first, second), alone = whole
    assert first["losses"] == pytest.approx(alone["losses"], abs=1e-4)
    assert second["losses"] == first["losses"]
    assert len(set(first["losses"])) == wanted.steps
    for rank in (first, second):
        assert rank["held"] < 0.85 * alone["held"], "the layers are not spread"


def test_each_rank_wrote_a_part(whole: Any) -> None:
    wanted, _, _ = whole
    (folder,) = (Path(wanted.folder) / "checkpoints").glob("step-00000004.*")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["format"] == 2
    sizes = [manifest["files"][f"__{rank}_0.distcp"]["bytes"] for rank in (0, 1)]
    assert min(sizes) > 0.25 * sum(sizes)


@pytest.mark.parametrize("at", [2, 4], ids=["within FD", "within GRPO"])
def test_what_two_ranks_take_up_is_bit_for_bit_what_they_saved(
    whole: Any, at: int, tmp_path: Path
) -> None:
    wanted, before, _ = whole
    after = resumed(wanted, tmp_path, at, 2, "two")
    for was, now in zip(before, after, strict=True):
        assert now["taken_up"] == at
        assert now["losses"] == was["losses"][at:]
        assert now["ends"] == was["ends"]
        later = str(at + 2)
        assert now["states"].get(later) == was["states"].get(later)


@pytest.mark.parametrize(("taken", "ranks"), [("two", 1), ("one", 2)], ids=["2 → 1", "1 → 2"])
def test_another_number_of_ranks_takes_it_up_bit_for_bit(
    whole: Any, taken: str, ranks: int, tmp_path: Path
) -> None:
    wanted, (first, _), alone = whole
    saved = (first if taken == "two" else alone)["states"]["4"]
    for rank, now in enumerate(resumed(wanted, tmp_path, 4, ranks, taken)):
        assert now["losses"] == pytest.approx(alone["losses"][4:], abs=1e-4)
        generators = {"rng"} if rank else set()  # who was not there has none of its own
        assert without(now["began"], generators) == without(saved, generators)


def without(bits: dict[str, str], names: set[str]) -> dict[str, str]:
    return {name: said for name, said in bits.items() if name not in names}


DEATHS: list[tuple[int, Moment]] = [
    (0, "half written"),
    (0, "all but named"),
    (1, "before it writes"),
    (1, "half written"),
]


@pytest.mark.parametrize("whole", ["full"], indirect=True)
@pytest.mark.parametrize(("rank", "moment"), DEATHS)
def test_a_rank_killed_in_a_save_leaves_the_checkpoint_before(
    whole: Any, rank: int, moment: Moment, tmp_path: Path
) -> None:
    wanted, before, _ = whole
    folder = tmp_path / "killed"
    folder.mkdir()
    dying = replace(wanted, folder=str(folder), published="", killed=(rank, 4, moment))
    done = two_ranks.torchrun(PROGRAM, dying.words())
    assert done.returncode != 0
    assert "SIGKILL" in done.stderr
    assert [each.name for each in (folder / "checkpoints").glob("step-*")] == ["step-00000002.0"]
    after = ran(replace(dying, killed=None, begin=2), 2)
    assert [each["losses"] for each in after] == [each["losses"][2:] for each in before]
    assert not list((folder / "checkpoints").glob(".*.tmp")), "what was left half is removed"


def test_one_process_reads_what_two_ranks_publish(whole: Any, base: str) -> None:
    from fd_trainer.config.model import ModelOptions
    from fd_trainer.model.policy_model import PolicyModel

    wanted, (first, _), alone = whole
    options = ModelOptions.model_validate({"rank": 4, "device": "cpu", "method": wanted.method})
    asked = ranked_learning.ASKED
    published = PolicyModel.load(base, options, adapter=Path(wanted.published))
    said = published.score("student", asked)
    assert said == pytest.approx(first["scores"], abs=1e-5)
    assert said == pytest.approx(alone["scores"], abs=1e-3)
    assert said != pytest.approx(published.score("base", asked), abs=1e-2)
