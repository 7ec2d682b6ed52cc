"""What the engine does, told honestly: idle, thinking k/n, nothing found, out of budget, or down.

One state at a time; what is down stays told until it works again. Sends at most every 100 ms, and
always the last state.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from fd_core.errors import FdError
from fd_core.protocol import EngineState, Status

_log = logging.getLogger(__name__)
_INTERVAL_S = 0.1


class StatusBoard:
    """Holds the status and tells the client when it changes."""

    def __init__(self, send: Callable[[Status], None]) -> None:
        self._send = send
        self._status = Status(state="idle")
        self._down: dict[str, Status] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._sent: Status | None = None

    @property
    def current(self) -> Status:
        """What is so now."""
        return self._status

    def facts(
        self,
        *,
        model: str | None = None,
        adapter_id: str | None = None,
        lean: str | None = None,
        memory_mb: int | None = None,
        recording: bool | None = None,
    ) -> None:
        """Set what accompanies every state."""
        given = {
            "model": model, "adapter_id": adapter_id, "lean": lean, "memory_mb": memory_mb,
            "recording": recording,
        }  # fmt: skip
        self._set(**{key: value for key, value in given.items() if value is not None})

    def thinking(self, judged: int, sampled: int, detail: str = "") -> None:
        """Work goes on: `judged` of `sampled` candidates."""
        self._state("thinking", judged, sampled, detail)

    def settled(self, judged: int, sampled: int, *, found: bool, out_of_time: bool) -> None:
        """Work ended; what is down is said again, as it explains what was found."""
        if self._down:
            self._tell_down()
        elif found:
            self._state("idle", judged, sampled)
        elif out_of_time:
            fix = "Raise suggest.budget_s, or use Prove, which searches longer."
            self._state("out of budget", judged, sampled, f"tried {judged} of {sampled}", fix)
        else:
            self._state(
                "nothing found", judged, sampled, f"tried {judged}", "Try Prove or Tonight."
            )

    def idle(self) -> None:
        """Nothing is asked of us; what is down is said again."""
        if self._down:
            self._tell_down()
        else:
            self._state("idle")

    def lean_down(self, error: BaseException) -> None:
        """Lean can't be used; said until `lean_up`."""
        self._fell("Lean down", error)

    def policy_down(self, error: BaseException) -> None:
        """The model can't be used; the portfolio goes on. Said until `policy_up`."""
        self._fell("policy down", error)

    def lean_up(self) -> None:
        """Lean answered."""
        self._rose("Lean down")

    def policy_up(self) -> None:
        """The model answered."""
        self._rose("policy down")

    def failed(self, feature: str, error: BaseException) -> None:
        """A feature failed: it returned nothing, and here is why."""
        _log.error("%s failed: %s", feature, error, exc_info=not isinstance(error, FdError))
        what, fix = _words(error)
        self._state("idle", detail=f"{feature}: {what}", fix=fix)

    def _tell_down(self) -> None:
        down = next(iter(self._down.values()))
        self._set(state=down.state, detail=down.detail, fix=down.fix)

    def _fell(self, state: EngineState, error: BaseException) -> None:
        what, fix = _words(error)
        if state not in self._down:
            _log.error("%s: %s", state, error)
        self._down[state] = Status(state=state, detail=what, fix=fix)
        self._set(state=state, detail=what, fix=fix)

    def _rose(self, state: EngineState) -> None:
        if self._down.pop(state, None) and self._status.state == state:
            self._state("idle")

    def _state(
        self, state: EngineState, judged: int = 0, sampled: int = 0, detail: str = "", fix: str = ""
    ) -> None:
        self._set(state=state, judged=judged, sampled=sampled, detail=detail, fix=fix)

    def _set(self, **changes: object) -> None:
        self._status = self._status.model_copy(update=changes)
        if self._timer is None and self._status != self._sent:
            self._flush()

    def _flush(self) -> None:
        self._timer = None
        if self._status == self._sent:
            return
        self._sent = self._status
        self._send(self._status)
        try:
            self._timer = asyncio.get_running_loop().call_later(_INTERVAL_S, self._flush)
        except RuntimeError:
            self._timer = None


def _words(error: BaseException) -> tuple[str, str]:
    if isinstance(error, FdError):
        return error.what, error.fix
    return f"{type(error).__name__}: {error}", "Run `fd-server doctor`."
