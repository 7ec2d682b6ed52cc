"""A night's learner on as many ranks as there are: it steps, saves, takes up, and may be killed in between.

A program for torchrun, or for one process: `ranked_learning.py JSON` with the fields of `Wanted`; each rank
writes FOLDER/rank-N.json.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from unittest import mock

if TYPE_CHECKING:
    from fd_trainer.example import RowKind

ASKED = [([5, 6, 7], [8, 9, 10]), ([11], [12, 13])]
Moment = Literal["before it writes", "half written", "all but named"]


@dataclass(frozen=True)
class Wanted:
    """`begin` > 0 goes on from a checkpoint. GRPO takes over at `grpo_from`."""

    base: str
    folder: str
    method: str = "lora"
    steps: int = 6
    begin: int = 0
    save_after: tuple[int, ...] = (2, 4)
    grpo_from: int = 3
    spread: bool = True
    killed: tuple[int, int, Moment] | None = None
    """(rank, in the save after this step, when)."""
    published: str = ""

    def words(self) -> str:
        return json.dumps(asdict(self))


def learn(wanted: Wanted) -> dict[str, Any]:
    """The losses of each step, and digests of everything that a checkpoint must bring back."""
    from fd_trainer.model.ranks import Ranks
    from fd_trainer.model.sharded import shard
    from fd_trainer.run.night_learner import NightLearner

    model = _model(wanted)
    ranks = Ranks.joined(model.device)
    if wanted.spread:
        shard(model, ranks)
    learner = NightLearner(model, _options(), print, ranks)
    learner.begin("fd")
    checkpoints = Path(wanted.folder) / "checkpoints"
    position = {"drawn": 0}
    if wanted.begin:
        found = learner.newest(checkpoints)
        assert found is not None
        position = dict(learner.take_up(found))
    taken_up, losses, states = position["drawn"], [], {}
    began = bits(learner, model)
    for step in range(position["drawn"], wanted.steps):
        if step == wanted.grpo_from:
            learner.begin("grpo")
        losses.append(learner.step(_batch(step)).loss)
        position["drawn"] = step + 1
        if step + 1 in wanted.save_after:
            states[step + 1] = bits(learner, model)
            with _killed(wanted, ranks.rank, step + 1):
                learner.save(checkpoints, step + 1, position)
    if wanted.published:
        _publish(learner, ranks, Path(wanted.published))
    held = sum(_held(weight) for weight in model.roles.causal("student").parameters())
    ends, scores = bits(learner, model), model.score("student", ASKED)
    said = {"rank": ranks.rank, "losses": losses, "taken_up": taken_up, "held": held, "ends": ends}
    return said | {"states": states, "scores": scores, "began": began}


def bits(learner: Any, model: Any) -> dict[str, str]:
    """Digests of weights of all roles, moments and generators; of what is spread, put together."""
    import hashlib

    from fd_trainer.model.randomness import rng_state
    from fd_trainer.model.shard_files import taken_out
    from fd_trainer.model.shards import whole

    rest, tensors = taken_out({"w": model.weights(), "s": learner._learner.state()})
    found = {name: whole(tensor).contiguous() for name, tensor in tensors.items()}
    said = {
        name: hashlib.sha256(tensor.reshape(-1).numpy().tobytes()).hexdigest()[:16]
        for name, tensor in found.items()
    }
    return said | {"rest": str(rest), "rng": hashlib.sha256(str(rng_state()).encode()).hexdigest()}


def _model(wanted: Wanted) -> Any:
    import random

    import torch
    from fd_trainer.config.model import ModelOptions
    from fd_trainer.model.policy_model import PolicyModel

    random.seed(7 + int(os.environ.get("RANK", "0")))  # each rank its own, as in life
    torch.manual_seed(7 + int(os.environ.get("RANK", "0")))
    options = {"rank": 4, "device": "cpu", "method": wanted.method, "tokens_at_once": 40}
    return PolicyModel.load(wanted.base, ModelOptions.model_validate(options))


def _options() -> Any:
    from fd_trainer.config.algorithms import Algorithms

    fast = {"learning_rate": 2e-3, "warmup_steps": 2, "gradient_clip": 0.5}
    table = {
        "optimiser": fast, "grpo_optimiser": fast, "teacher": {"period": 2, "retention": 0.8},
        "policy_gradient": {"kl_coefficient": 0.05}, "distillation": {"top_k": 5},
    }  # fmt: skip
    return Algorithms.model_validate(table)


def _batch(step: int) -> Any:
    from fd_trainer.example import Batch

    from support.tiny_policy import rows

    count = 1 if step % 3 == 2 else 5  # the second rank may have nothing at all
    kinds: tuple[RowKind, ...] = ("distil", "policy_gradient", "target")
    made = [row for at, kind in enumerate(kinds) for row in rows(kind, count, 10 * step + at)]
    return Batch(step, tuple(made))


def _publish(learner: Any, ranks: Any, folder: Path) -> None:
    if ranks.rank == 0:
        learner.save_adapter(folder)
    elif learner.model.options.method == "full" and learner.model.sharded:
        learner.put_together("student")


def _held(weight: Any) -> int:
    from fd_trainer.model.shards import own

    return int(own(weight).numel())


@contextmanager
def _killed(wanted: Wanted, rank: int, step: int) -> Iterator[None]:
    """This rank dies by SIGKILL at that moment of this save."""
    if wanted.killed is None or wanted.killed[:2] != (rank, step):
        yield
        return
    from fd_trainer.model import shared_checkpoints

    def die(*_: Any, **__: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def half(ranks: Any, folder: Path, tensors: Any) -> None:
        (folder / f"__{rank}_0.distcp").write_bytes(b"half")
        die()

    patches: dict[str, Any] = {
        "before it writes": mock.patch.object(shared_checkpoints, "write_shards", die),
        "half written": mock.patch.object(shared_checkpoints, "write_shards", half),
        "all but named": mock.patch.object(Path, "rename", die),
    }
    with patches[wanted.killed[2]]:
        yield


def main() -> None:
    """One rank, or one process."""
    table = json.loads(sys.argv[1])
    wanted = Wanted(**table | {"save_after": tuple(table["save_after"]), "killed": _tuple(table)})
    said = learn(wanted)
    (Path(wanted.folder) / f"rank-{said['rank']}.json").write_text(json.dumps(said))
    if "RANK" in os.environ:
        from torch import distributed

        distributed.destroy_process_group()


def _tuple(table: dict[str, Any]) -> Any:
    return tuple(table["killed"]) if table["killed"] else None


if __name__ == "__main__":
    main()
