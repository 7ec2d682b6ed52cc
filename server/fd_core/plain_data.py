"""Frozen dataclasses to JSON-ready data and back, exactly, with errors that name the field.

Own code because the values stay free of any library (invariant 1), and what the libraries at hand
do with plain dataclasses is either lenient (numbers from strings, unknown keys dropped) or turns
them into classes of its own. Unions of dataclasses carry their class name under "kind".
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Callable
from dataclasses import is_dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast

from fd_core.errors import FdError

T = TypeVar("T")
_NOT_FINITE = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}


class PlainDataError(FdError):
    """Data and type do not fit; `what` names the field, e.g. "SuggestionOffered.goals[1]"."""


def to_plain(value: object) -> dict[str, Any]:
    """A dataclass as JSON-ready data. Raises PlainDataError where a value is not of its type."""
    return cast("dict[str, Any]", _encode(type(value), value, type(value).__name__))


def from_plain(cls: type[T], data: object, *, ignore_unknown: bool = False) -> T:
    """The dataclass that `to_plain` made `data` from; absent fields take their default.

    Raises PlainDataError naming the field on wrong types, absent fields, and unknown ones unless
    those are to be ignored (for files that a newer version may write).
    """
    return cast("T", _decode(cls, data, cls.__name__, ignore_unknown))


@cache
def _fields(cls: type) -> dict[str, tuple[Any, bool]]:
    """Name to (type, whether it may be absent)."""
    hints = typing.get_type_hints(cls)
    missing = dataclasses.MISSING
    return {
        field.name: (
            hints[field.name],
            field.default is not missing or field.default_factory is not missing,
        )
        for field in dataclasses.fields(cls)
    }


def _members(tp: Any) -> tuple[Any, ...] | None:
    is_union = typing.get_origin(tp) in (Union, types.UnionType)
    return typing.get_args(tp) if is_union else None


def _wrong(where: str, wanted: object, value: object) -> PlainDataError:
    name = getattr(wanted, "__name__", str(wanted))
    return PlainDataError(f"{where}: expected {name}, got {type(value).__name__}")


def _encode(tp: Any, value: Any, where: str) -> Any:
    if (members := _members(tp)) is not None:
        return _encode_union(members, value, where)
    if is_dataclass(tp):
        if type(value) is not tp:
            raise _wrong(where, tp, value)
        fields = _fields(cast("type", tp))
        return {n: _encode(t, getattr(value, n), f"{where}.{n}") for n, (t, _) in fields.items()}
    if tp is float:
        return _encode_float(value, where)
    return _container(tp, value, where, _encode)


def _encode_union(members: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and types.NoneType in members:
        return None
    for member in members:
        if is_dataclass(member) and type(value) is member:
            return {"kind": type(value).__name__, **_encode(member, value, where)}
    plain = [m for m in members if m is not types.NoneType and not is_dataclass(m)]
    return _first_fitting(plain, value, where, _encode, members)


def _encode_float(value: Any, where: str) -> Any:
    if not isinstance(value, float | int) or isinstance(value, bool):
        raise _wrong(where, float, value)
    value = float(value)
    return value if math.isfinite(value) else str(value)


def _decode(tp: Any, data: Any, where: str, lenient: bool) -> Any:
    def inner(tp: Any, data: Any, where: str) -> Any:
        return _decode(tp, data, where, lenient)

    if (members := _members(tp)) is not None:
        return _decode_union(members, data, where, inner)
    if is_dataclass(tp):
        return _decode_dataclass(cast("type", tp), data, where, inner, lenient)
    if tp is float:
        if isinstance(data, str) and data in _NOT_FINITE:
            return _NOT_FINITE[data]
        return float(_encode_float(data, where))
    return _container(tp, data, where, inner)


_Step = Callable[[Any, Any, str], Any]


def _decode_union(members: tuple[Any, ...], data: Any, where: str, inner: _Step) -> Any:
    if data is None and types.NoneType in members:
        return None
    classes = {m.__name__: m for m in members if isinstance(m, type) and is_dataclass(m)}
    if classes and isinstance(data, dict):
        kind = data.get("kind")
        if not isinstance(kind, str) or kind not in classes:
            raise PlainDataError(f"{where}.kind: {kind!r} is none of {', '.join(classes)}")
        return inner(classes[kind], {k: v for k, v in data.items() if k != "kind"}, where)
    plain = [m for m in members if m is not types.NoneType and not is_dataclass(m)]
    return _first_fitting(plain, data, where, inner, members)


def _decode_dataclass(cls: type, data: Any, where: str, inner: _Step, lenient: bool) -> Any:
    if not isinstance(data, dict):
        raise _wrong(where, cls, data)
    fields = _fields(cls)
    if (unknown := sorted(set(data) - set(fields))) and not lenient:
        raise PlainDataError(f"{where}: unknown field {', '.join(map(repr, unknown))}")
    if absent := [n for n, (_, optional) in fields.items() if not optional and n not in data]:
        raise PlainDataError(f"{where}: field {', '.join(map(repr, absent))} is missing")
    known = {n: inner(t, data[n], f"{where}.{n}") for n, (t, _) in fields.items() if n in data}
    return cls(**known)


def _first_fitting(
    candidates: list[Any], value: Any, where: str, inner: _Step, wanted: object
) -> Any:
    for member in candidates:
        try:
            return inner(member, value, where)
        except PlainDataError:
            continue
    raise _wrong(where, wanted, value)


def _container(tp: Any, value: Any, where: str, inner: _Step) -> Any:
    """What is handled alike both ways: literals, tuples, tables, and the plain JSON types."""
    origin, arguments = typing.get_origin(tp), typing.get_args(tp)
    if origin is Literal:
        if not any(type(value) is type(a) and value == a for a in arguments):
            raise PlainDataError(f"{where}: {value!r} is none of {', '.join(map(str, arguments))}")
        return value
    if origin is tuple and isinstance(value, tuple | list):
        return tuple(inner(arguments[0], v, f"{where}[{i}]") for i, v in enumerate(value))
    if origin is dict and isinstance(value, dict):
        return {
            inner(arguments[0], k, where): inner(arguments[1], v, f"{where}[{k!r}]")
            for k, v in value.items()
        }
    if tp in (str, bool, int) and type(value) is tp:
        return value
    raise _wrong(where, tp, value)
