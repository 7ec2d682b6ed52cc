"""Memory of one long sequence's training step: the head in chunks against whole logits, on this machine.

`python benchmarks/lm_head.py [--positions 4096] [--hidden 1024] [--vocabulary 151936] [--chunk 1024]`
measures each way in a process of its own (peak resident size, kernel's figure) and prints a table. The
loss is cross-entropy on given tokens; gradients go to the states, as under LoRA, where the head is frozen.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

WAYS = ("nothing", "whole", "chunks")


def measured(
    way: str, positions: int, hidden: int, vocabulary: int, chunk: int
) -> dict[str, float]:
    """Peak resident MiB and seconds of one forward and backward pass."""
    import torch
    from fd_trainer.model.head import logprobs_of, over_chunks

    torch.manual_seed(0)
    head = torch.nn.Linear(hidden, vocabulary, bias=False).requires_grad_(False)
    states = torch.randn(positions, hidden, requires_grad=True)
    targets = torch.randint(vocabulary, (positions,))
    loss = torch.zeros(())
    began = time.perf_counter()
    if way != "nothing":
        size = positions if way == "whole" else chunk
        if way == "whole":
            logits = head(states).float()
            loss = torch.nn.functional.cross_entropy(logits, targets)
        else:
            loss = -over_chunks(head, states, logprobs_of(targets), size).mean()
        loss.backward()
    seconds = time.perf_counter() - began
    norm = float(states.grad.norm()) if states.grad is not None else 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"mib": peak, "seconds": seconds, "loss": float(loss), "gradient": norm}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--positions", type=int, default=4096)
    parser.add_argument("--hidden", type=int, default=1024)
    parser.add_argument("--vocabulary", type=int, default=151_936)
    parser.add_argument("--chunk", type=int, default=1024)
    parser.add_argument("--way", choices=WAYS, help="Measure one way in this process.")
    asked = parser.parse_args()
    sizes = (asked.positions, asked.hidden, asked.vocabulary, asked.chunk)
    if asked.way:
        print(json.dumps(measured(asked.way, *sizes)))
        return
    names = ("--positions", "--hidden", "--vocabulary", "--chunk")
    words = [word for pair in zip(names, map(str, sizes), strict=True) for word in pair]
    found = {}
    for way in WAYS:
        command = [sys.executable, __file__, "--way", way, *words]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found[way] = json.loads(done.stdout.splitlines()[-1])
    bare = found["nothing"]["mib"]
    print("positions {} · hidden {} · vocabulary {} · chunks of {}".format(*sizes))
    print(f"| {'way':8} | peak above weights and states, MiB | seconds | loss | gradient |")
    for way in WAYS[1:]:
        row = found[way]
        print(
            f"| {way:8} | {row['mib'] - bare:.0f} | {row['seconds']:.1f} "
            f"| {row['loss']:.5f} | {row['gradient']:.6f} |"
        )


if __name__ == "__main__":
    main()
