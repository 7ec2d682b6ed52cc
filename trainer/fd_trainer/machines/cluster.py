"""Joining a Ray cluster. The only module that imports ray, and only when an address is set.

Ray has neither passwords nor encryption of its own: whoever reaches a cluster runs what they like on
it. Its network must be a private one (docs/security.md).
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fd_core.errors import FdError

_ANSWER_S = 5.0
_START = "Start Ray there and here: `ray start --head`, then `ray start --address=HOST:PORT`."
RESTARTS = -1
"""A worker whose machine is gone is started on another one, as often as it takes."""


class MachinesError(FdError):
    """Other machines can't be reached, or none of them did what was asked."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A joined cluster. `ray` is the library."""

    ray: Any
    address: str

    @property
    def cpus(self) -> int:
        """Of all machines that are there now."""
        return int(self.ray.cluster_resources().get("CPU", 0))

    @property
    def gpus(self) -> int:
        """Of all machines that are there now."""
        return int(self.ray.cluster_resources().get("GPU", 0))

    def hired(self, worker: type, *arguments: Any, cpus: int = 1, gpus: int = 0) -> Any:
        """A worker on some machine, spread out; Ray says later whether there was room."""
        remote = self.ray.remote(worker).options(
            num_cpus=cpus, num_gpus=gpus, max_restarts=RESTARTS, max_task_retries=0,
            scheduling_strategy="SPREAD",
        )  # fmt: skip
        return remote.remote(*arguments)

    def dismiss(self, worker: Any) -> None:
        """End a worker for good."""
        self.ray.kill(worker)

    def kept(self, value: Any) -> Any:
        """A reference to a value that every machine can fetch once, while the reference is held."""
        return self.ray.put(value)

    def call_off(self, answer: Any) -> None:
        """Nobody waits for this answer any more."""
        self.ray.cancel(answer, recursive=False)

    def leave(self) -> None:
        """Let go of it; its workers end. Safe to call twice."""
        self.ray.shutdown()


def joined(address: str) -> Cluster:
    """Join, or stay with the same cluster where this process is in it. Raises MachinesError within
    seconds."""
    ray = _library()
    if why := wrong_address(address):
        raise MachinesError(f"machines.ray_address: {why}", fix=_START)
    if ray.is_initialized():
        _require_same(ray.get_runtime_context().gcs_address, address)
        return Cluster(ray, address)
    _require_listener(address)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent home
    try:
        with _signals_kept():
            ray.init(
                address=address, log_to_driver=False, configure_logging=False,
                logging_level=logging.ERROR,
            )  # fmt: skip
    except Exception as error:  # of many kinds, by Ray's own account
        words = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
        raise MachinesError(f"the Ray cluster at {address}: {words}", fix=_START) from error
    return Cluster(ray, address)


def wrong_address(address: str) -> str:
    """What is wrong with an address as it is written; empty: nothing."""
    if address == "auto":
        return ""
    if address.startswith("ray://"):
        host = address.removeprefix("ray://").partition(":")[0] or "HOST"
        return (
            f"{address!r} is a server for Ray's clients, and a night must be in the cluster itself, which "
            f"holds its adapters and notices when machines go: `ray start --address={host}:6379` here, "
            f'then "{host}:6379"'
        )
    host, colon, port = address.rpartition(":")
    if not (host and colon and port.isdigit()):
        return f'{address!r} is neither "HOST:PORT" nor "auto"'
    return ""


def _library() -> Any:
    try:
        import ray
    except ImportError as error:
        raise MachinesError(
            f"machines.ray_address needs Ray ({error})",
            fix='Install it on all machines: `pip install "fd-prover[ray]"`.',
        ) from error
    return ray


def _require_listener(address: str) -> None:
    """Ray itself tries for minutes, and then ends the process."""
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), _ANSWER_S).close()
    except (OSError, OverflowError) as error:
        raise MachinesError(f"no Ray cluster answers at {address}: {error}", fix=_START) from error


def _require_same(joined: str, asked: str) -> None:
    """A process is in one cluster at a time, and Ray would stay with the first without a word."""
    if asked == "auto" or _numbers(joined) & _numbers(asked):
        return
    raise MachinesError(
        f"this process has joined the Ray cluster at {joined}, and can't join {asked} as well",
        fix=f'Set machines.ray_address to "{joined}", or leave that cluster first (`ray.shutdown()`).',
    )


def _numbers(address: str) -> set[tuple[str, str]]:
    """IP addresses and port: the same machine may be named in several ways."""
    host, _, port = address.rpartition(":")
    try:
        found = socket.getaddrinfo(host, None)
    except OSError:
        return {(host, port)}
    return {(str(each[4][0]), port) for each in found}


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Ray takes SIGTERM for itself; to leave with a checkpoint is ours."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
