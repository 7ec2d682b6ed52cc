"""A vLLM server of our own: started with the flags that runtime LoRA needs, watched, and stopped.

Listens on 127.0.0.1 only. Adapters are loaded while it runs, each under its id and from a path of
its own: reloading one path would mix the old adapter's key-value blocks into the new one's answers.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from fd_core import locations
from fd_core.adapter import Adapter
from fd_core.errors import PolicyError
from fd_core.policy.endpoint_errors import RefusedError
from fd_core.policy.lora_loading import refuse_whole_model
from fd_core.policy.vllm_environment import Say, VllmEnvironment

HOST = "127.0.0.1"
_POLL_S = 0.5
_TELL_EVERY_S = 10.0
_STOP_S = 20.0
_GRACE_S = 15  # less than _STOP_S: what runs when it is told to stop may finish
_CALM_S = 1.0
_BUSY = re.compile(
    r"^vllm:num_requests_(?:running|waiting)(?:\{[^}]*\})? ([0-9.e+]+)$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """How to serve one model. `extra` goes to vLLM as it is."""

    model: str
    port: int = 8000
    max_lora_rank: int = 64
    max_loras: int = 4
    max_model_len: int | None = None
    extra: tuple[str, ...] = ()
    start_timeout_s: float = 1_800.0


@dataclass(frozen=True, slots=True)
class _Cause:
    """A line in vLLM's log that tells why it died, and what to do."""

    pattern: re.Pattern[str]
    what: str
    fix: str


_CAUSES = tuple(
    _Cause(re.compile(pattern, re.IGNORECASE), what, fix)
    for pattern, what, fix in (
        (r"address already in use", "the port is taken", "Choose another with --port."),
        (r"gated repo|401 client error|access to model .* is restricted",
         "the model is gated", "Accept its terms on the hub and log in with `hf auth login`."),
        (r"not a valid model identifier|repository not found|404 client error|does not appear to have",
         "there is no such model", "Give a hub name (owner/model) or a folder with config.json."),
        (r"out of memory|no available memory for the cache blocks|larger than the (?:available|maximum)",
         "the memory does not suffice", "Use a smaller model, or --max-model-len 4096."),
        (r"no space left on device", "the disk is full", "Make room, or move HF_HOME to another disk."),
        (r"offline mode is enabled|couldn't connect to|connection error|name resolution",
         "the hub can't be reached and the model is not cached", "Connect, or give a folder."),
    )
)  # fmt: skip


def command_of(environment: VllmEnvironment, options: ServeOptions) -> list[str]:
    """What is run. Flags first, so that `extra` can override them."""
    command = [
        str(environment.python), "-m", "vllm.entrypoints.openai.api_server",
        "--model", _found_anywhere(options.model), "--served-model-name", options.model,
        "--host", HOST, "--port", str(options.port),
        "--enable-lora", "--max-lora-rank", str(options.max_lora_rank),
        "--max-loras", str(options.max_loras), "--max-cpu-loras", str(2 * options.max_loras),
        "--shutdown-timeout", str(_GRACE_S),
    ]  # fmt: skip
    if options.max_model_len is not None:
        command += ["--max-model-len", str(options.max_model_len)]
    return [*command, *options.extra]


def _found_anywhere(model: str) -> str:
    """A model's folder by its whole path, since vLLM runs in another folder; a hub name as it is."""
    folder = Path(model).expanduser()
    return str(folder.absolute()) if folder.is_dir() else model


def variables_of(environment: VllmEnvironment, inherited: Mapping[str, str]) -> dict[str, str]:
    """The process's environment variables."""
    ours = {
        "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "PYTHONSAFEPATH": "1",  # no module is taken from the folder it runs in
        "PATH": f"{environment.python.parent}{os.pathsep}{inherited.get('PATH', '')}",
    }
    if not environment.gpu:
        ours["VLLM_CPU_KVCACHE_SPACE"] = inherited.get("VLLM_CPU_KVCACHE_SPACE", "2")
    left_out = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "VLLM_API_KEY")
    return {k: v for k, v in inherited.items() if k not in left_out} | ours


@dataclass
class VllmServer:
    """One running server; `log` holds what it said."""

    environment: VllmEnvironment
    options: ServeOptions
    log: Path = field(default_factory=lambda: locations.cache_dir() / "vllm.log")
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The base URL for `policy.endpoint`."""
        return f"http://{HOST}:{self.options.port}/v1"

    def start(self) -> None:
        """Start the process. Raises PolicyError if the port is taken or vLLM is not there."""
        _check_port(self.options.port)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            try:
                self._process = subprocess.Popen(
                    command_of(self.environment, self.options),
                    stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                    env=variables_of(self.environment, os.environ), cwd=self.environment.folder,
                    start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                raise PolicyError(
                    f"{self.environment.python} can't be run: {error.strerror}",
                    fix=f"Remove {self.environment.folder} and try again: it is made anew.",
                ) from error

    def wait_until_ready(self, say: Say) -> float:
        """Wait for the first healthy answer, telling progress; seconds it took. Raises PolicyError."""
        began = told = time.monotonic()
        while time.monotonic() - began < self.options.start_timeout_s:
            if not self.running:
                raise self._died()
            if self._healthy():
                return time.monotonic() - began
            if time.monotonic() - told >= _TELL_EVERY_S:
                told = time.monotonic()
                say(f"{told - began:4.0f} s  {self._last_words()}")
            time.sleep(_POLL_S)
        self.stop()
        raise PolicyError(
            f"vLLM was not ready after {self.options.start_timeout_s:g} s", fix=f"Read {self.log}."
        )

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def adapters(self) -> list[str]:
        """Names it answers to, the base model's included. Raises PolicyError."""
        table = self._send("GET", "/models").json()
        return [str(each["id"]) for each in table["data"]]

    def load(self, adapter: Adapter) -> None:
        """Load an adapter under its id, unless it is there. Raises PolicyError."""
        refuse_whole_model(adapter.id, Path(adapter.path))
        if adapter.id not in self.adapters():
            body = {"lora_name": adapter.id, "lora_path": str(Path(adapter.path).resolve())}
            try:
                self._send("POST", "/load_lora_adapter", body)
            except RefusedError:
                if not self._has(adapter.id):  # an editor's server may have been quicker
                    raise

    def _has(self, adapter_id: str) -> bool:
        try:
            return adapter_id in self.adapters()
        except PolicyError:  # why it was refused says more
            return False

    def unload(self, adapter_id: str) -> None:
        """Forget an adapter, if it is there. Raises PolicyError."""
        if adapter_id in self.adapters():
            self._send("POST", "/unload_lora_adapter", {"lora_name": adapter_id})

    def busy(self) -> int:
        """Requests that run or wait there; 0 if it is not there, 1 if it is too busy to tell."""
        try:
            text = httpx.get(
                f"http://{HOST}:{self.options.port}/metrics", timeout=5, trust_env=False
            ).text
        except httpx.TimeoutException:
            return 1
        except httpx.HTTPError:
            return 0
        return round(sum(float(number) for number in _BUSY.findall(text)))

    def drain(self, patience_s: float) -> bool:
        """Wait until nothing has run or waited there for a second; whether that came in time.

        A second, because a request that was just sent is not counted yet.
        """
        begun = time.monotonic()
        busy_at = begun
        while self.running and time.monotonic() - busy_at < _CALM_S:
            if self.busy():
                busy_at = time.monotonic()
            if time.monotonic() - begun >= patience_s:
                return False
            time.sleep(_POLL_S / 5)
        return True

    def died(self) -> PolicyError:
        """Why it ended, by its log."""
        return self._died()

    def stop(self) -> None:
        """End the server and all it started. Safe to call twice."""
        process, self._process = self._process, None
        if process is None:
            return
        for number, patience_s in ((signal.SIGTERM, _STOP_S), (signal.SIGKILL, _STOP_S)):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(patience_s)
                if number == signal.SIGTERM:
                    continue  # its engine may outlive it: the group is killed as well
                return

    def _send(
        self, method: str, path: str, body: Mapping[str, str] | None = None
    ) -> httpx.Response:
        try:
            response = httpx.request(
                method, self.url + path, json=body, timeout=60, trust_env=False
            )
        except httpx.HTTPError as error:
            raise PolicyError(f"vLLM did not answer: {error}", fix=f"Read {self.log}.") from error
        if not response.is_success:
            words = " ".join(response.text.split())[:300]
            raise RefusedError(
                response.status_code,
                words,
                f"vLLM refused {path} ({response.status_code}): {words}",
                fix=f"Raise --max-lora-rank if the adapter is larger; else read {self.log}.",
            )
        return response

    def _healthy(self) -> bool:
        try:
            answer = httpx.get(
                f"http://{HOST}:{self.options.port}/health", timeout=2, trust_env=False
            )
        except httpx.HTTPError:
            return False
        return answer.is_success

    def _said(self) -> list[str]:
        try:
            text = self.log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return []
        return [line.strip() for line in text[-20_000:].splitlines() if line.strip()]

    def _last_words(self) -> str:
        """The last line of the log, without its prefix."""
        lines = self._said()
        return re.sub(r"^.*?\]\s", "", lines[-1])[:120] if lines else "starting"

    def _died(self) -> PolicyError:
        lines = self._said()
        text = "\n".join(lines)
        for cause in _CAUSES:
            if cause.pattern.search(text):
                return PolicyError(f"vLLM ended: {cause.what} ({self.log})", fix=cause.fix)
        errors = [line for line in lines if "Error" in line or "error:" in line]
        last = (errors or lines or ["it said nothing"])[-1]
        return PolicyError(f"vLLM ended: {last[-300:]}", fix=f"Read {self.log}.")


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise PolicyError(
                f"port {port} of {HOST} is taken",
                fix="Choose another with --port, or stop what uses it.",
            ) from error
