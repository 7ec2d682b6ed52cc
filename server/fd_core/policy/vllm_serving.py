"""`model serve`: one vLLM that follows the promoted adapter, and gives way to a night's training.

By day the device is ours; when somebody wants to train (`device_turns`), requests are let finish, the
server is stopped, and started again when the device is free.
"""

from __future__ import annotations

import contextlib
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from fd_core.adapter import Adapter
from fd_core.adapter_use import Use
from fd_core.errors import FdError, PolicyError
from fd_core.policy.device_turns import DeviceTurns
from fd_core.policy.endpoint_errors import RefusedError
from fd_core.policy.vllm_environment import Agree, Say, VllmEnvironment, create, model_fetch_gb
from fd_core.policy.vllm_server import ServeOptions, VllmServer
from fd_core.ports import AdapterRegistry

DRAIN_S = 60.0
"""Editor requests take seconds; what takes longer is cut off."""
AGAIN_S = 30.0
"""After which an adapter is tried again that could not be loaded, and was not refused."""


def serve(
    environment: VllmEnvironment,
    options: ServeOptions,
    registry: AdapterRegistry,
    say: Say,
    agree: Agree,
    turns: DeviceTurns | None = None,
) -> None:
    """Install if needed, start, and serve with the promoted adapter until interrupted.

    Follows the registry's pointer while it runs, and gives way to training. Raises PolicyError.
    """
    create(environment, say, agree)
    _announce_model(environment, options.model, say, agree)
    server = VllmServer(environment, options)
    use = Use(Path(options.model))  # of a published whole model: no night removes it meanwhile
    with _terminated_as_interrupt():
        try:
            serve_in_turns(server, registry, say, turns or DeviceTurns(), threading.Event())
        except KeyboardInterrupt:
            say("stopping")
        finally:
            server.stop()
            use.end()


def serve_in_turns(
    server: VllmServer,
    registry: AdapterRegistry,
    say: Say,
    turns: DeviceTurns,
    ended: threading.Event,
) -> None:
    """Serve whenever nobody trains, until `ended`; a server that runs already is taken over."""
    port = server.options.port
    while not ended.is_set():
        if turns.wanted():
            say(f"{turns.wanted_by()} has the device; serving goes on afterwards")
        with turns.serving(port, ended.is_set) as ours:
            if not ours:
                return
            if not server.running:
                _start(server, say)
            _follow(server, registry, say, lambda: ended.is_set() or turns.wanted())
            if turns.wanted() and not ended.is_set():
                say(f"{turns.wanted_by()} wants the device: letting requests finish")
                if not server.drain(DRAIN_S):
                    say(f"requests of more than {DRAIN_S:g} s were cut off")
                server.stop()
                say("vLLM is stopped")


def _start(server: VllmServer, say: Say) -> None:
    server.start()
    say(f"starting vLLM for {server.options.model}; its log is {server.log}")
    seconds = server.wait_until_ready(say)
    say(f"ready after {seconds:.0f} s: policy.endpoint = {server.url!r}")


def _announce_model(environment: VllmEnvironment, model: str, say: Say, agree: Agree) -> None:
    size = model_fetch_gb(environment, model)
    if size is None:
        say(f"how large {model} is could not be found out; vLLM fetches it if it is not cached")
    elif size > 0.05 and not agree(f"{model} has yet to be fetched: about {size:.1f} GB."):
        raise PolicyError("the model was not fetched", fix="Choose a smaller one, or a folder.")


def _follow(
    server: VllmServer, registry: AdapterRegistry, say: Say, done: Callable[[], bool]
) -> None:
    """Keep the promoted adapter and the one before it loaded, until `done`. Raises PolicyError."""
    following = _Following(server, say)
    while not done():
        if not server.running:
            raise server.died()
        adapter = _promoted(registry, say if not following.failed else lambda _: None)
        if adapter is not None and adapter.base_model == server.options.model:
            following.follow(adapter)
        time.sleep(1.0)


class _Following:
    """The adapters that one running vLLM has loaded for us, newest last, and the one it has not."""

    def __init__(self, server: VllmServer, say: Say) -> None:
        self._server, self._say = server, say
        self._loaded: list[str] = []
        self.failed, self._words, self._again_at = "", "", 0.0

    def follow(self, adapter: Adapter) -> None:
        """See that it is loaded. One that vLLM refuses is not tried again, any other failure is."""
        waits = adapter.id == self.failed and time.monotonic() < self._again_at
        if waits or adapter.id in self._loaded[-1:]:
            return
        try:
            self._server.load(adapter)
        except PolicyError as error:
            self._note(adapter.id, error)
            return
        self._say(f"adapter {adapter.id} loaded")
        self.failed = self._words = ""
        self._loaded = [each for each in self._loaded if each != adapter.id] + [adapter.id]
        self._make_room()

    def _note(self, adapter_id: str, error: PolicyError) -> None:
        final = isinstance(error, RefusedError) and 400 <= error.status < 500
        self._again_at = time.monotonic() + (math.inf if final else AGAIN_S)
        if (adapter_id, str(error)) != (self.failed, self._words):  # else it was said before
            self._say(f"adapter {adapter_id} not loaded: {error}")
        self.failed, self._words = adapter_id, str(error)

    def _make_room(self) -> None:
        while len(self._loaded) > max(self._server.options.max_loras - 1, 1):
            old = self._loaded.pop(0)
            try:
                self._server.unload(old)
            except PolicyError as error:
                self._say(f"adapter {old} not unloaded: {error}")


def _promoted(registry: AdapterRegistry, say: Say) -> Adapter | None:
    try:
        return registry.promoted()
    except FdError as error:
        say(str(error))
        return None


@contextlib.contextmanager
def _terminated_as_interrupt() -> Iterator[None]:
    """SIGTERM ends us as Ctrl-C does, so that the server is never left behind."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    try:
        previous = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not the main thread: whoever runs us stops us
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def arguments(words: Sequence[str]) -> tuple[str, ...]:
    """What the user wants passed on to vLLM, refusing what would open it to the network.

    vLLM runs in a folder of its own: a relative path (with a `/`, so that no mere word is taken for
    one) is passed on whole.
    """
    for word in words:
        if word.split("=")[0] in ("--host", "--uds"):
            raise PolicyError(
                "`model serve` listens on 127.0.0.1 only",
                fix="To serve a network, run vLLM yourself and set policy.endpoint.",
            )
    return tuple(map(_whole_path, words))


def _whole_path(word: str) -> str:
    option, mark, value = word.partition("=") if word.startswith("-") else ("", "", word)
    is_path = "/" in value and Path(value).exists()
    return f"{option}{mark}{Path(value).absolute()}" if is_path else word
