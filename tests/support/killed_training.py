"""A tiny but real training run that can be killed at any moment, and goes on from its checkpoints.

Run as a program, so that torch and the model are loaded once and each round is a fork:
`python killed_training.py BASE FOLDER ROUNDS STEPS AFTER SEED` kills ROUNDS children at random moments,
all more than AFTER steps before the end, lets one more finish STEPS steps, then trains once without
interruption; prints {"broken": [[step, loss] …], "whole": …} as JSON.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
EVERY = 2


def kill_training(
    base: Path, folder: Path, *, rounds: int, steps: int, after: int, seed: int
) -> Any:
    """What each run logged: of the broken one, steps that were done twice appear twice."""
    numbers = [str(number) for number in (rounds, steps, after, seed)]
    command = [sys.executable, __file__, str(base), str(folder), *numbers]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=240)
    return json.loads(done.stdout.splitlines()[-1])


def train(policy: Any, folder: Path, steps: int, log: Callable[[int, float], None]) -> None:
    """Cross-entropy on random tokens and on the lagging teacher's, from the newest checkpoint on."""
    import torch
    from fd_trainer.model.checkpoint import Checkpoint, CheckpointFolder
    from fd_trainer.model.randomness import restore_rng

    random.seed(0)
    torch.manual_seed(0)
    base = policy.base
    optimiser = torch.optim.AdamW(policy.student_parameters(), lr=1e-2)
    checkpoints = CheckpointFolder(folder)
    position: dict[str, object] = {"drawn": 0}
    begin = 0
    if found := checkpoints.latest(base, print):
        policy.restore(found.weights)
        optimiser.load_state_dict(found.algorithm["optimiser"])
        restore_rng(found.rng)
        position, begin = dict(found.position), found.step
    for step in range(begin, steps):
        rows = [
            (
                [random.randrange(300) for _ in range(3 + step % 3)],
                torch.randint(300, (6,)).tolist(),
            )
            for _ in range(2)
        ]
        top = policy.top_k("teacher", rows, 5)
        own = policy.logprobs("student", rows)
        agree = policy.over_chunks(
            "student", policy.hidden("student", rows),
            lambda logits, where, top=top: -(
                top.logprobs[where].exp() * logits.log_softmax(-1).gather(1, top.indices[where].long())
            ).sum(-1),
        )  # fmt: skip
        loss = (agree + (torch.rand(len(own)) < 0.5) * -own).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % 3 == 2:
            policy.average_teacher(0.8)
        position["drawn"] = int(str(position["drawn"])) + len(rows)
        assert position["drawn"] == 2 * (step + 1)
        log(step, loss.item())
        if (step + 1) % EVERY == 0:
            state = {"optimiser": optimiser.state_dict()}
            checkpoints.save(Checkpoint(step + 1, base, policy.weights(), state, position))


def _forked(policy: Any, folder: Path, steps: int, wait_s: float | None = None) -> None:
    """Train in a child that is killed after its first step and `wait_s` more; None: to the end."""
    log = folder.with_suffix(".log")
    before = log.stat().st_size if log.exists() else 0
    child = os.fork()
    if child == 0:
        try:
            with log.open("a", buffering=1) as file:
                train(policy, folder, steps, lambda step, loss: print(step, loss, file=file))
            if wait_s is not None:
                signal.pause()
            os._exit(0)
        finally:
            os._exit(1)
    if wait_s is not None:
        began = time.monotonic()
        while time.monotonic() - began < 20 and (not log.exists() or log.stat().st_size == before):
            time.sleep(0.002)
        time.sleep(wait_s)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) if wait_s is not None else status == 0


def _read(log: Path) -> list[list[float]]:
    pairs = (line.split() for line in log.read_text().splitlines())
    return [[int(pair[0]), float(pair[1])] for pair in pairs if len(pair) == 2]


def main() -> None:
    """Run the rounds."""
    from fd_trainer.config.model import ModelOptions
    from fd_trainer.model.policy_model import PolicyModel

    base, folder = sys.argv[1], Path(sys.argv[2])
    rounds, steps, after, seed = map(int, sys.argv[3:])
    policy = PolicyModel.load(base, ModelOptions(rank=2, device="cpu"))  # once: children are forks
    chance = random.Random(seed)
    for _ in range(rounds):
        _forked(policy, folder / "broken", steps - after, chance.uniform(0, 0.12))
    _forked(policy, folder / "broken", steps)
    _forked(policy, folder / "whole", steps)
    print(json.dumps({name: _read(folder / f"{name}.log") for name in ("broken", "whole")}))


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))
    main()
