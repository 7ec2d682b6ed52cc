"""Every key of a night's configuration with its type, default and meaning, read off the sections."""

from __future__ import annotations

import inspect
import json
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.fields import FieldInfo

_WORDS = {bool: "yes or no", int: "whole number", float: "number", str: "text", Path: "path"}


@dataclass(frozen=True, slots=True)
class Key:
    """One key: dotted name, type in words, default as TOML would say it, meaning."""

    name: str
    kind: str
    default: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the file: its head, what it is for, and its keys."""

    head: str
    meaning: str
    keys: tuple[Key, ...]


def tables(model: type[BaseModel], prefix: str = "") -> Iterator[Table]:
    """The tables of a configuration, each before those within it."""
    inner: list[Table] = []
    own: list[Key] = []
    for name, field in model.model_fields.items():
        key = f"{prefix}{name}"
        section, form = _section(field.annotation)
        if section is None:
            own.append(_key(key, field))
        else:
            inner += tables(section, f"{key}{form}.")
    if own:
        yield Table(prefix.rstrip("."), inspect.cleandoc(model.__doc__ or ""), tuple(own))
    yield from inner


@cache
def keys(model: type[BaseModel]) -> tuple[str, ...]:
    """Every dotted key, sections included."""
    found = []
    for table in tables(model):
        found += [table.head, *(key.name for key in table.keys)]
    return tuple(name for name in found if name)


def _section(annotation: Any) -> tuple[type[BaseModel] | None, str]:
    """The section a field holds, and how its key goes on: "" one, "[]" many, ".<name>" by name."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, ""
    arguments = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    if origin is tuple and arguments and _section(arguments[0])[0]:
        return arguments[0], "[]"
    if origin is dict and _section(arguments[1])[0]:
        return arguments[1], ".<name>"
    return None, ""


def _key(name: str, field: FieldInfo) -> Key:
    default = field.get_default(call_default_factory=True)
    shown = "required" if field.is_required() else _toml(default)
    meaning = " ".join((field.description or "").split())
    return Key(name, _kind(field.annotation), shown, meaning)


def _toml(value: Any) -> str:
    if value is None:
        return "none"
    plain = list(value) if isinstance(value, tuple) else value
    return json.dumps(plain, ensure_ascii=False, default=str)


def _kind(annotation: Any) -> str:
    """A type in words a user knows."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return " | ".join(json.dumps(word) for word in arguments)
    if origin is typing.Annotated:
        return _kind(arguments[0])
    if origin is tuple:
        inner = [a for a in arguments if a is not Ellipsis]
        return f"list of {_kind(inner[0])}" if len(set(inner)) == 1 else "list"
    if arguments:
        return " | ".join(_kind(a) for a in arguments if a is not type(None))
    return _WORDS.get(annotation, getattr(annotation, "__name__", str(annotation)))
