"""What this machine can carry: which model for suggestions, and which night of training.

Rules of thumb from weights in bf16 plus room for the cache: measure before you buy. The README's
table is made of the same rows (a test keeps them equal). Nothing heavy is imported: the GPU is
asked through `nvidia-smi`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil

GB = 2**30


@dataclass(frozen=True, slots=True)
class Machine:
    """Memory in GB; `gpu_gb` is the largest GPU's, 0 without one."""

    memory_gb: float
    cores: int
    gpu: str
    gpu_gb: float
    disk_gb: float

    def __str__(self) -> str:
        gpu = f"{self.gpu} with {self.gpu_gb:.0f} GB" if self.gpu_gb else "no GPU"
        memory = f"{self.memory_gb:.0f} GB memory"
        return f"{self.cores} cores, {memory}, {gpu}, {self.disk_gb:.0f} GB of disk free"


@dataclass(frozen=True, slots=True)
class Advice:
    """For a GPU of at least `gpu_gb` (or, without one, memory of at least `memory_gb`)."""

    gpu_gb: float
    memory_gb: float
    hardware: str
    model: str
    how: str
    night: str


ADVICE: tuple[Advice, ...] = (
    Advice(70, 0, "one GPU with 80 GB", "Goedel-LM/Goedel-Prover-V2-32B", "vLLM, bf16",
           "FD or GRPO with LoRA on a 7B or 8B model; 32B needs several such GPUs"),
    Advice(22, 0, "one GPU with 24 or 48 GB", "Goedel-LM/Goedel-Prover-V2-8B", "vLLM, bf16",
           "FD with LoRA on a model up to 2B (24 GB) or 8B (48 GB), vLLM asleep meanwhile"),
    Advice(7, 0, "one GPU with 8 to 16 GB", "AI-MO/Kimina-Prover-Distill-1.7B", "vLLM, bf16",
           "FD with LoRA on a model up to 1.7B"),
    Advice(0, 30, "no GPU, 32 GB memory", "AI-MO/Kimina-Prover-Distill-1.7B",
           "llama.cpp or Ollama, 4 bits", "FD on a 0.6B model, a few dozen goals a night"),
    Advice(0, 0, "anything smaller", "none: Lean's own automation proposes", "nothing to start",
           "none; decisions are recorded for a night elsewhere"),
)  # fmt: skip


def inspect(folder: Path) -> Machine:
    """This machine, its disk where a folder lies."""
    gpu, gpu_gb = _gpu()
    memory = psutil.virtual_memory().total / GB
    disk = shutil.disk_usage(folder).free / GB
    return Machine(memory, os.cpu_count() or 1, gpu, gpu_gb, disk)


def advice_for(machine: Machine) -> Advice:
    """The first row that fits."""
    for row in ADVICE:
        if row.gpu_gb and machine.gpu_gb >= row.gpu_gb:
            return row
        if not row.gpu_gb and machine.memory_gb >= row.memory_gb:
            return row
    raise AssertionError("the last row fits every machine")


def markdown() -> str:
    """The README's table."""
    head = "| hardware | model for suggestions | served by | what a night can train |"
    rows = [f"| {a.hardware} | {a.model} | {a.how} | {a.night} |" for a in ADVICE]
    return "\n".join([head, "|---|---|---|---|", *rows])


def _gpu() -> tuple[str, float]:
    asked = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True)
        rows = [line.rsplit(",", 1) for line in done.stdout.strip().splitlines()]
        found = [(name.strip(), float(mib) / 1024) for name, mib in rows]
    except (OSError, subprocess.SubprocessError, ValueError):
        return "", 0.0
    return max(found, key=lambda row: row[1], default=("", 0.0))
