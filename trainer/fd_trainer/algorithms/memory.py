"""When memory runs out, in words and in deeds."""

from __future__ import annotations

import gc

import torch

_CPU = ("can't allocate memory", "not enough memory")


def is_out_of_memory(error: RuntimeError) -> bool:
    """A GPU's own error, or the CPU allocator's, which is a plain RuntimeError."""
    return isinstance(error, torch.OutOfMemoryError) or any(text in str(error) for text in _CPU)


def give_back() -> None:
    """Free what nothing refers to any more, in Python and on the GPU."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
