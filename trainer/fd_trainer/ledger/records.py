"""Values of the trainer as the content of ledger records, and back, exactly.

Token ids and log-probs are packed (little-endian int32 and float64, deflated, base64): bit for bit
what was sampled, at about a third of their size as numbers.
"""

from __future__ import annotations

import base64
import sys
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from fd_core.plain_data import PlainDataError, from_plain, to_plain
from fd_core.suggestion import PolicyVersion

from fd_trainer.audited import Audited
from fd_trainer.ledger.log import LedgerError
from fd_trainer.remark import Masked, Remark, Remarked
from fd_trainer.rollout import Graded, Rollout

_PACKED = {"prompt_ids": "i", "ids": "i", "logprobs": "d", "written": "b"}


@dataclass(frozen=True, slots=True)
class _Remark:
    remark: Remarked | Masked


def rollout_data(rollout: Rollout) -> dict[str, Any]:
    """A rollout as plain data."""
    plain = {
        field.name: getattr(rollout, field.name)
        for field in fields(Rollout)
        if field.name not in _PACKED and field.name != "policy"
    }
    packed = {name: _pack(code, getattr(rollout, name)) for name, code in _PACKED.items()}
    return {**plain, **packed, "policy": to_plain(rollout.policy)}


def rollout_of(data: dict[str, Any]) -> Rollout:
    """The rollout of a record; fields that only an earlier version had are passed over. Raises
    LedgerError."""
    known = {field.name for field in fields(Rollout)}
    data = {name: value for name, value in data.items() if name in known}
    try:
        packed: dict[str, Any] = {n: _unpack(code, data[n]) for n, code in _PACKED.items()}
        packed["written"] = tuple(map(bool, packed["written"]))
        policy = from_plain(PolicyVersion, data["policy"])
        return Rollout(**{**data, **packed, "policy": policy})
    except (KeyError, TypeError, ValueError, zlib.error, PlainDataError) as error:
        raise _unreadable("rollout", error) from error


def grade_data(graded: Graded) -> dict[str, Any]:
    """What Lean said, without the rollout."""
    return to_plain(Audited(graded.outcome, graded.messages, graded.milliseconds))


def graded_of(rollout: Rollout, data: Any) -> Graded:
    """The rollout with what Lean said. Raises LedgerError."""
    word = audited_of(data)
    return Graded(rollout, word.outcome, word.messages, word.milliseconds)


def audited_data(word: Audited) -> dict[str, Any]:
    """A word of the audit as plain data."""
    return to_plain(word)


def audited_of(data: Any) -> Audited:
    """The word of the audit of a record. Raises LedgerError."""
    try:
        return from_plain(Audited, data)
    except PlainDataError as error:
        raise _unreadable("verdict", error) from error


def remark_data(remark: Remark) -> dict[str, Any]:
    """A remark as plain data."""
    return to_plain(_Remark(remark))


def remark_of(data: Any) -> Remark:
    """The remark of a record. Raises LedgerError."""
    try:
        return from_plain(_Remark, data).remark
    except PlainDataError as error:
        raise _unreadable("remark", error) from error


def _pack(code: str, values: Sequence[float]) -> str:
    numbers = array(code, values)
    if sys.byteorder == "big":
        numbers.byteswap()
    return base64.b64encode(zlib.compress(numbers.tobytes(), 1)).decode("ascii")


def _unpack(code: str, text: str) -> tuple[Any, ...]:
    numbers = array(code)
    numbers.frombytes(zlib.decompress(base64.b64decode(text)))
    if sys.byteorder == "big":
        numbers.byteswap()
    return tuple(numbers)


def _unreadable(what: str, error: Exception) -> LedgerError:
    return LedgerError(
        f"a {what} of the ledger can't be read: {error}",
        fix="It was written by another version of fd-trainer; begin a new run.",
    )
