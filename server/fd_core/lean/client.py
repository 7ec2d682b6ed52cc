"""leanclient's asyncio client, with two ears added: when Lean last spoke, and each report as it comes.

leanclient keeps only the newest diagnostics; the checker needs their arrival, for milliseconds per
candidate, for streaming, and to see a candidate that no longer moves. Everything leanclient raises
becomes one of our errors here, and nowhere else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from leanclient.aio import (
    AsyncLeanLSPClient,
    LeanClientError,
    LeanRequestTimeout,
    LeanTransportError,
    LeanUnsupportedVersion,
    LeanWorkerCrashed,
)

from fd_core.errors import LeanCrashedError, LeanError, LeanTimeoutError, ToolchainError

Listener = Callable[[Mapping[str, Any]], None]
"""Called with the parameters of each `publishDiagnostics` of one document."""


class WatchedClient(AsyncLeanLSPClient):
    """One connection to one Lean server."""

    def __init__(self, project: str, command: list[str]) -> None:
        # The version was checked when the toolchain was found; the file may say something else.
        super().__init__(project, server_command=command, check_version=False, request_timeout=3600)
        self.last_heard = time.monotonic()
        self._listeners: dict[str, Listener] = {}

    def listen(self, path: str, listener: Listener | None) -> None:
        """Tell one listener of a document's reports; None ends it."""
        uri = self._path_to_uri(path)
        if listener is None:
            self._listeners.pop(uri, None)
        else:
            self._listeners[uri] = listener

    def uri_of(self, path: str) -> str:
        """The uri under which Lean knows a document."""
        return self._path_to_uri(path)

    def version_of(self, path: str) -> int:
        """The version of a document that Lean was told last."""
        return self._doc(path).version

    def forget_rpc(self, path: str) -> None:
        """A revived worker does not know the old RPC session: connect anew at the next call."""
        self._rpc_sessions.pop(self._path_to_uri(path), None)

    @property
    def pid(self) -> int | None:
        """The server's process, or None before the start."""
        process = self._transport._proc
        return process.pid if process is not None else None

    def stderr_tail(self) -> str:
        """The last of what the server said on stderr."""
        return self._transport.stderr_tail()

    def _on_notification(self, method: str, params: dict[str, Any]) -> None:
        super()._on_notification(method, params)
        self.last_heard = time.monotonic()
        if method == "textDocument/publishDiagnostics":
            listener = self._listeners.get(params.get("uri", ""))
            if listener is not None:
                listener(params)


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn leanclient's errors into ours, saying what we were doing."""
    try:
        yield
    except LeanWorkerCrashed as error:
        raise LeanCrashedError(f"Lean crashed while {doing}: {error}") from error
    except LeanTransportError as error:
        tail = error.stderr_tail.strip().split("\n")[-1][:300]
        said = f" ({tail})" if tail else ""
        raise LeanCrashedError(
            f"the Lean server ended while {doing}: {error}{said}",
            fix="Run `fd-server doctor`; it starts Lean step by step.",
        ) from error
    except LeanRequestTimeout as error:
        raise LeanTimeoutError(f"Lean did not answer while {doing}: {error}") from error
    except LeanUnsupportedVersion as error:
        raise ToolchainError(str(error), fix="Use a newer Lean in lean-toolchain.") from error
    except LeanClientError as error:
        raise LeanError(f"Lean refused while {doing}: {error}") from error
    except OSError as error:
        raise LeanError(
            f"Lean can't be started while {doing}: {error}", fix="Run `fd-server doctor`."
        ) from error
