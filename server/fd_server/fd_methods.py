"""Binds every `fd/…` method of the protocol to its feature, with params and results in their types.

Params that do not fit are refused with each field's problem. What a feature can't do for a reason is
answered as an error with that reason and its fix; a fault of ours is told in the status as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from fd_core.errors import FdError, LeanError, ToolchainError
from fd_core.protocol import METHODS, Method, Wire
from lsprotocol.types import ErrorCodes, LSPErrorCodes
from pydantic import ValidationError
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams

from fd_server.features import board, prove, sessions, thinking, upkeep
from fd_server.long_work import MovedOnError
from fd_server.workbench import Workbench

if TYPE_CHECKING:
    from fd_server.transport import Server

Feature = Callable[[Workbench, Any], Awaitable[Wire | None]]

FEATURES: dict[str, Feature] = {
    "fd/goals": thinking.goals,
    "fd/provideGoals": thinking.provide_goals,
    "fd/provideErrors": thinking.provide_errors,
    "fd/suggest": thinking.suggest,
    "fd/whyNot": thinking.why_not,
    "fd/explain": thinking.explain,
    "fd/prove": prove.prove_method,
    "fd/sessionOpen": sessions.open_session,
    "fd/sessionTree": sessions.tree,
    "fd/sessionApply": sessions.apply,
    "fd/sessionUndo": sessions.undo,
    "fd/sessionGoto": sessions.goto,
    "fd/sessionName": sessions.name,
    "fd/sessionSuggest": sessions.suggest,
    "fd/sessionSearch": sessions.search,
    "fd/sessionFinish": sessions.finish,
    "fd/sessionClose": sessions.close,
    "fd/board": board.board,
    "fd/decision": upkeep.decision,
    "fd/consent": upkeep.consent,
    "fd/records": upkeep.records,
    "fd/tonight": upkeep.tonight,
    "fd/night": upkeep.night,
    "fd/nightRemove": upkeep.night_remove,
    "fd/runs": upkeep.runs,
    "fd/adapters": upkeep.adapters,
    "fd/promote": upkeep.promote,
    "fd/rollback": upkeep.rollback,
    "fd/reloadPolicy": upkeep.reload_policy,
    "fd/getStatus": upkeep.get_status,
}


def bind(server: Server, bench: Workbench) -> None:
    """Bind all methods that clients send."""
    for method in METHODS:
        if method.sender == "client":
            server.feature(method.name)(_handler(bench, method, FEATURES[method.name]))


def _handler(bench: Workbench, method: Method, feature: Feature) -> Callable[[Any], Awaitable[Any]]:
    async def handler(params: Any) -> Any:
        try:
            answer = await feature(bench, read(method, params))
            return answer.to_wire() if answer is not None else None
        except JsonRpcInvalidParams:
            raise
        except FdError as error:
            raise _refusal(bench, error) from error
        except asyncio.CancelledError:
            raise
        except Exception as error:
            bench.status.failed(method.name, error)
            code = ErrorCodes.InternalError.value
            raise JsonRpcException(f"{method.name}: {error!r}", code) from error

    return handler


def read(method: Method, params: Any) -> Wire:
    """Params in their type. Raises JsonRpcInvalidParams naming each wrong field."""
    try:
        return method.params.model_validate({} if params is None else params)
    except ValidationError as error:
        said = "; ".join(
            f"`{'.'.join(map(str, item['loc'])) or 'params'}`: {item['msg'].lower()}"
            for item in error.errors()
        )
        raise JsonRpcInvalidParams(f"{method.name}: {said}") from error


def _refusal(bench: Workbench, error: FdError) -> JsonRpcException:
    if isinstance(error, LeanError | ToolchainError):
        bench.status.lean_down(error)
    codes = LSPErrorCodes
    code = codes.ContentModified if isinstance(error, MovedOnError) else codes.RequestFailed
    data = {"what": error.what, "fix": error.fix}
    return JsonRpcException(str(error), code.value, data)
