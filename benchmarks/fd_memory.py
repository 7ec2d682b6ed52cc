"""Peak memory of one FD training step against TRL's SDPO trainer, at the shapes of a real model.

    python benchmarks/fd_memory.py [--shape 0.6B] [--rows 2] [--tokens 4000] [--steps 2]

Needs the dependency group `oracle`. Random weights of Qwen3's shapes, LoRA, one batch of equal rows,
each side in a process of its own, layers' activations computed again in the backward pass on both. On a
GPU the figure is what torch allocated at most; on a CPU it is the process's largest resident set, in
which the interpreter and the weights stand on both sides. Seconds are of the second of two steps.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fd_step
import torch

SHAPES = {
    "tiny": (256, 768, 6, 4, 2, 64),
    "0.6B": (1024, 3072, 28, 16, 8, 128),
    "1.7B": (2048, 6144, 28, 16, 8, 128),
    "8B": (4096, 12288, 36, 32, 8, 128),
}
"""Width, inner width, layers, heads, key-value heads, size of a head."""
VOCABULARY = 151_936


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=SHAPES, default="0.6B")
    parser.add_argument("--rows", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=4_000)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--side", choices=("here", "TRL"))
    parser.add_argument("--base", type=Path)
    given = parser.parse_args()
    warnings.filterwarnings("ignore")
    if given.side is not None:
        print(json.dumps(measured(given.side, given.base, given)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        base = build(Path(scratch) / "base", given.shape)
        found = {side: apart(side, base, given) for side in ("here", "TRL")}
    print(f"{given.shape}, {given.rows} rows of {given.tokens} tokens\n")
    print("| side | peak GiB | before the step | s a step |\n|---|---|---|---|")
    for side, (peak, before, seconds) in found.items():
        print(f"| {side} | {peak:.2f} | {before:.2f} | {seconds:.0f} |")
    print(f"\npeak here / TRL: {found['here'][0] / found['TRL'][0]:.2f} (bar 0.7)")


def build(folder: Path, shape: str) -> Path:
    """Random weights in the type that a night would load; the tokenizer is never asked."""
    from support import tiny_model
    from transformers import Qwen3Config, Qwen3ForCausalLM

    width, inner, layers, heads, kv_heads, head = SHAPES[shape]
    tiny_model.build(folder)
    config = Qwen3Config(
        vocab_size=VOCABULARY, hidden_size=width, intermediate_size=inner, eos_token_id=0,
        num_hidden_layers=layers, num_attention_heads=heads, num_key_value_heads=kv_heads,
        head_dim=head, max_position_embeddings=40_960, tie_word_embeddings=shape != "8B",
        pad_token_id=0, bos_token_id=None,
    )  # fmt: skip
    torch.manual_seed(0)
    Qwen3ForCausalLM(config).save_pretrained(folder)
    return folder


def apart(side: str, base: Path, given: argparse.Namespace) -> tuple[float, float, float]:
    """Peak and earlier memory in GiB, and seconds, of one side in its own process."""
    command = [sys.executable, __file__, "--side", side, "--base", str(base)]
    for name in ("rows", "tokens", "steps"):
        command += [f"--{name}", str(getattr(given, name))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{side} ended with {done.returncode}\n{done.stderr[-2000:]}")
    peak, before, seconds = json.loads(done.stdout.splitlines()[-1])
    return peak, before, seconds


def measured(side: str, base: Path, given: argparse.Namespace) -> tuple[float, float, float]:
    """The steps of one side; seconds of the last."""
    rows = made(given.rows, given.tokens)
    with tempfile.TemporaryDirectory() as scratch:
        step: Callable[[], float] = (
            fd_step.ours(base, rows, activation_checkpointing=True)
            if side == "here"
            else fd_step.theirs(base, rows, Path(scratch), 1, gradient_checkpointing=True)
        )
        before = held()
        began = time.perf_counter()
        for _ in range(given.steps):
            began = time.perf_counter()
            step()
        return peak(), before, time.perf_counter() - began


def made(count: int, tokens: int) -> list[Any]:
    """Rows whose answers have so many tokens, after prompts of 100 and 160."""
    from fd_trainer.example import Row

    ids = tuple(1 + (7 * at) % 5_000 for at in range(tokens))
    prompt, more = ids[:100], ids[:60]
    return [
        Row(str(number), "distil", "", prompt, ids, (True,) * tokens, teacher_prompt_ids=prompt + more)
        for number in range(count)
    ]  # fmt: skip


def held() -> float:
    """GiB held now."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
        return float(torch.cuda.memory_allocated()) / 2**30
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**30


def peak() -> float:
    """GiB held at most."""
    if torch.cuda.is_available():
        return float(torch.cuda.max_memory_allocated()) / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main()
