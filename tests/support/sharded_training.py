"""A few real training steps of a tiny model, alone or as the program that torchrun starts."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def train(base: str, steps: int) -> dict[str, Any]:
    """Train and say how it went."""
    import torch
    from fd_trainer.config.model import ModelOptions
    from fd_trainer.model import sharded
    from fd_trainer.model.policy_model import PolicyModel

    options = ModelOptions(rank=4, device="cpu", tokens_at_once=16, activation_checkpointing=True)
    policy = PolicyModel.load(base, options)
    ranks = sharded.Ranks.joined(policy.device)
    sharded.shard(policy, ranks)
    losses = [_step(torch, policy, ranks, step) for step in range(steps)]
    kept = sum(p._local_tensor.numel() if hasattr(p, "_local_tensor") else p.numel()
               for name, p in policy.roles.causal("student").named_parameters()
               if ".lora_" not in name)  # fmt: skip
    weights = {name: weight.tolist() for name, weight in policy.weights().items()}
    return {"rank": ranks.rank, "losses": losses, "weights": weights, "base_numbers": kept}


def main() -> None:
    """One rank of torchrun: `sharded_training.py FOLDER BASE STEPS` writes FOLDER/rank-N.json."""
    from torch import distributed

    folder = Path(sys.argv[1])
    said = train(sys.argv[2], int(sys.argv[3]))
    (folder / f"rank-{said['rank']}.json").write_text(json.dumps(said))
    distributed.destroy_process_group()


def _step(torch: Any, policy: Any, ranks: Any, step: int) -> float:
    """Plain gradient descent on the student's cross-entropy and the teacher's top-5."""
    generator = torch.Generator().manual_seed(step)
    lengths = (3, 9, 1, 7, 5) if step % 2 else (4,)  # the second rank may have nothing at all
    rows = [
        (torch.randint(300, (2 + length,), generator=generator).tolist(),
         torch.randint(300, (length,), generator=generator).tolist())
        for length in lengths
    ]  # fmt: skip
    own, tokens = ranks.own(rows), sum(lengths)
    top = policy.top_k("teacher", own, 5)
    each = policy.over_chunks(
        "student", policy.hidden("student", own),
        lambda logits, where: -(
            top.logprobs[where].exp() * logits.log_softmax(-1).gather(1, top.indices[where].long())
        ).sum(-1) + logits.logsumexp(-1) * 1e-2,
    )  # fmt: skip
    loss = each.sum() / tokens
    parameters = policy.student_parameters()
    for parameter in parameters:
        parameter.grad = None
    loss.backward()
    ranks.sum_gradients(parameters)
    with torch.no_grad():
        for parameter in parameters:
            parameter -= 0.2 * parameter.grad
    policy.average_teacher(0.5)
    return float(ranks.total(loss.item()))


if __name__ == "__main__":
    main()
