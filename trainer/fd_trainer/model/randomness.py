"""Random generators: their states for bit-exact resumption, and chance of one's own."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch


def rng_state() -> dict[str, Any]:
    """Python's, torch's and, where they are in use, CUDA's and numpy's global generators."""
    version, words, gauss = random.getstate()
    state: dict[str, Any] = {
        "python": [version, list(words), gauss],
        "torch": torch.random.get_rng_state(),
    }
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        state["cuda"] = torch.cuda.get_rng_state_all()
    if (numpy := sys.modules.get("numpy")) is not None:
        own = numpy.random.get_state(legacy=False)
        state["numpy"] = own | {"state": own["state"] | {"key": own["state"]["key"].tolist()}}
    return state


def restore_rng(state: Mapping[str, Any]) -> None:
    """The inverse of `rng_state`. A generator that this machine lacks is left out."""
    version, words, gauss = state["python"]
    random.setstate((version, tuple(words), gauss))
    torch.random.set_rng_state(state["torch"])
    if "cuda" in state and torch.cuda.device_count() == len(state["cuda"]):
        torch.cuda.set_rng_state_all(state["cuda"])
    numpy = sys.modules.get("numpy")
    if numpy is not None and "numpy" in state:
        own = state["numpy"]
        key = numpy.array(own["state"]["key"], dtype=numpy.uint32)
        numpy.random.set_state(own | {"state": own["state"] | {"key": key}})


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Within it torch's CPU generator starts from `seed`; afterwards it goes on where it was."""
    with torch.random.fork_rng(devices=[]):
        torch.random.default_generator.manual_seed(seed)
        yield
