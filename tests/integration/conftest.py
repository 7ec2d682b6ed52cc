"""One real vLLM for all tests that need one: it takes a minute to start."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from fd_core.policy.vllm_server import ServeOptions, VllmServer
from support import availability, tiny_model


@pytest.fixture(scope="session")
def vllm_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model it serves."""
    return tiny_model.build(tmp_path_factory.mktemp("tiny"), max_length=512)


@pytest.fixture(scope="session")
def vllm_server(vllm_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VllmServer]:
    """A server in float32 that takes adapters up to rank 8, two at a time."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ServeOptions(
        str(vllm_base), port=port, max_lora_rank=8, max_loras=2, max_model_len=512,
        extra=("--dtype", "float32", "--enforce-eager", "--max-num-seqs", "16"),
        start_timeout_s=600,
    )  # fmt: skip
    log = tmp_path_factory.mktemp("log") / "vllm.log"
    running = VllmServer(availability.vllm_environment(), options, log)
    running.start()
    try:
        seconds = running.wait_until_ready(print)
        print(f"vLLM was ready after {seconds:.0f} s")
        yield running
    finally:
        running.stop()
