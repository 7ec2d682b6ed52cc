"""A vLLM started for the night, played by a FAKE; the real one: tests/integration."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fd_core.errors import PolicyError
from fd_core.policy.endpoint import Endpoint
from fd_core.policy.vllm_environment import VllmEnvironment
from fd_trainer.config.model import SamplerOptions
from fd_trainer.rollout import Sampling
from fd_trainer.samplers.own_server import own_vllm, serve_options
from fd_trainer.samplers.vllm import VllmSampler
from support import fake_vllm


def policy(rank: int = 12, *, exact: bool = False, device: str = "cuda") -> Any:
    return SimpleNamespace(base="m", rank=rank, exact=exact, device=SimpleNamespace(type=device))


def test_it_gets_its_share_the_trainer_s_dtype_and_a_rank_that_vllm_knows() -> None:
    options = serve_options(policy(), SamplerOptions(gpu_share=0.3, max_model_len=2048))
    assert (options.max_lora_rank, options.max_model_len) == (16, 2048)
    assert options.extra == ("--dtype", "bfloat16", "--gpu-memory-utilization", "0.3")
    on_cpu = serve_options(policy(0, exact=True, device="cpu"), SamplerOptions())
    assert on_cpu.extra == ("--dtype", "float32")
    assert on_cpu.max_lora_rank == 8


async def test_it_speaks_and_is_gone_when_closed(tmp_path: Path) -> None:
    said: list[str] = []
    environment = fake_vllm.environment(tmp_path / "env")
    sampler = await own_vllm(policy(), SamplerOptions(), tmp_path / "log", said.append, environment)
    (found,) = await sampler.sample([1], Sampling(max_tokens=2))
    assert found.ids == (1,)
    await sampler.aclose()
    await sampler.aclose()
    assert "ready" in said[-1]
    probe = VllmSampler(Endpoint(sampler.url), "m")
    assert not await probe.serves(None)


async def test_what_keeps_it_from_starting_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    missing = VllmEnvironment(tmp_path / "none", "vllm", 1.0, gpu=False)
    with pytest.raises(PolicyError, match="not installed") as caught:
        await own_vllm(policy(), SamplerOptions(), tmp_path / "log", print, missing)
    assert "in_process" in caught.value.fix
    broken = fake_vllm.environment(tmp_path / "env")
    pid = tmp_path / "pid"
    broken.python.write_text(
        f"#!/bin/sh\necho $$ > {json.dumps(str(pid))}\necho out of memory\nexit 1\n"
    )
    with pytest.raises(PolicyError, match="memory"):
        await own_vllm(policy(), SamplerOptions(), tmp_path / "log", print, broken)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
