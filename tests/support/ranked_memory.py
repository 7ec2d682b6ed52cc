"""A spread model of which one rank runs out of memory amid a pass: a program for torchrun.

`ranked_memory.py BASE METHOD RANK`: every rank makes a step, and leaves as a night does.
"""

from __future__ import annotations

import signal
import sys
from typing import Any


def main() -> None:
    """One rank."""
    import torch
    from fd_core.errors import FdError
    from fd_trainer.algorithms.learner import Learner
    from fd_trainer.config.model import ModelOptions
    from fd_trainer.model.policy_model import PolicyModel
    from fd_trainer.model.ranks import Ranks
    from fd_trainer.model.sharded import shard
    from fd_trainer.run.team import Team

    from support.tiny_policy import batch, plain, rows

    signal.signal(
        signal.SIGTERM, signal.SIG_IGN
    )  # of torchrun, at the first end; as the followers do
    base, method, fails = sys.argv[1:]
    options = {"rank": 4, "device": "cpu", "method": method}
    model = PolicyModel.load(base, ModelOptions.model_validate(options))
    ranks = Ranks.joined(model.device)
    shard(model, ranks)
    if ranks.rank == int(fails):
        _fill_memory(torch, model)
    team, learner = Team(ranks), Learner(model, plain(), ranks=ranks)
    try:
        if ranks.rank == 0:
            team.all_do(learner, "step", batch(*rows("target", 6)))  # type: ignore[arg-type]
        else:
            learner.step(ranks.told().arguments[0])
    except FdError as error:
        print(f"rank {ranks.rank} told: {error.what}", flush=True)
        raise SystemExit(1) from error
    finally:
        if ranks.rank == 0:
            team.dismiss()


def _fill_memory(torch: Any, model: Any) -> None:
    """Within the first layer, when the others go on to the second and wait for their parts of it."""

    def full(*_: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1 PiB")

    model.roles.causal("student").base_model.layers[0].mlp.register_forward_pre_hook(full)


if __name__ == "__main__":
    main()
