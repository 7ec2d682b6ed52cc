"""Nights that train every weight: the whole model is published, served in process, trained further."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path

import pytest
from fd_core.policy.openai_wire import Sampling
from fd_core.policy.transformers_local.model import LocalModel
from fd_core.policy.transformers_local.sampling import Generation
from fd_core.registry import FolderRegistry
from support import lantern_night, tiny_model

pytest.importorskip("torch")
pytestmark = [pytest.mark.models, pytest.mark.slow]
FULL = {"model": {"method": "full"}, "run": {"steps": 2}}


def test_the_second_night_begins_from_what_the_first_published(tmp_path: Path) -> None:
    base = tiny_model.build(tmp_path / "model")
    _, first = lantern_night.run(tmp_path / "home", base, FULL)
    registry = FolderRegistry(tmp_path / "home" / "data" / "adapters")
    (one,) = registry.adapters()
    assert one.whole_model
    assert one.base_model == str(base)
    assert json.loads((first / "evaluation.json").read_text())["candidate"]["adapter_id"] == one.id
    registry.promote(one.id)
    assert asyncio.run(logprob(base, registry)) != asyncio.run(logprob(base, None))
    _, second = lantern_night.run(tmp_path / "home", base, FULL)
    assert second != first
    two = next(each for each in registry.adapters() if each.id != one.id)
    assert two.parent == one.id
    served = json.loads((second / "evaluation.json").read_text())["serving"]
    assert served["adapter_id"] == one.id


async def logprob(base: Path, registry: FolderRegistry | None) -> float:
    """Of a few tokens, as the editor's model in process has it with what is promoted."""
    model = LocalModel(str(base), device="cpu")
    adapter = registry.promoted() if registry else None
    generation = Generation("example", Sampling(1, 1.0, 1), (), adapter, 0)
    await model.generate(generation, lambda _: None, threading.Event())
    return await model.logprob("example", [5, 6, 7])
