"""Writes the extension's mirror of the `fd/…` protocol: `vscode-extension/src/protocol.ts`.

`python scripts/mirror_protocol.py` rewrites the file; a test keeps it equal to `fd_core.protocol`.
"""

from __future__ import annotations

import types as python_types
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from fd_core.protocol import COMMANDS, METHODS, PROTOCOL_VERSION, EngineState, Wire
from pydantic.fields import FieldInfo

MIRROR = Path(__file__).parent.parent / "vscode-extension" / "src" / "protocol.ts"
_HEAD = """\
/**
 * What `fd-server` speaks beyond LSP: a mirror of `server/fd_core/protocol`.
 *
 * Made by `python scripts/mirror_protocol.py`; a test keeps the two equal. What it says and why is
 * in docs/lsp-extensions.md. Fields that the server leaves out when they are empty are optional.
 */
"""
_SCALARS = {str: "string", int: "number", float: "number", bool: "boolean", Any: "unknown"}


def mirror() -> str:
    """The whole file."""
    answered = _reached(m.result or m.params for m in METHODS if m.result or m.sender == "server")
    asked = _reached(m.params for m in METHODS if m.sender == "client")
    every = {**asked, **answered}
    parts = [
        _HEAD,
        f"export const PROTOCOL_VERSION = {PROTOCOL_VERSION};\n",
        f"export type EngineState = {_name(EngineState)};\n",
        *(_interface(kind, name in answered) for name, kind in sorted(every.items())),
        _table("Requests", "client", notifies=False, told="What the client asks: params, result."),
        _table("Tells", "client", notifies=True, told="What the client tells the server."),
        _table("Events", "server", notifies=True, told="What the server tells."),
        _commands(),
    ]
    return "\n".join(parts)


def _reached(kinds: Any) -> dict[str, type[Wire]]:
    found: dict[str, type[Wire]] = {}
    for kind in kinds:
        _collect(kind, found)
    return found


def _collect(kind: Any, found: dict[str, type[Wire]]) -> None:
    for part in get_args(kind):
        _collect(part, found)
    if isinstance(kind, type) and issubclass(kind, Wire) and kind.__name__ not in found:
        found[kind.__name__] = kind
        for field in kind.model_fields.values():
            _collect(field.annotation, found)


def _interface(kind: type[Wire], answered: bool) -> str:
    told = " ".join((kind.__doc__ or "").split())
    fields = [
        f"  readonly {field.alias or name}{'?' if _optional(field, answered) else ''}: "
        f"{_name(field.annotation)};"
        for name, field in kind.model_fields.items()
    ]
    if not fields:
        return f"/** {told} */\nexport type {kind.__name__} = Readonly<Record<string, never>>;\n"
    return "\n".join([f"/** {told} */", f"export interface {kind.__name__} {{", *fields, "}\n"])


def _optional(field: FieldInfo, answered: bool) -> bool:
    """What may be missing on the wire: the server omits None, a client omits any default."""
    nullable = type(None) in get_args(field.annotation)
    return nullable if answered else not field.is_required()


def _name(kind: Any) -> str:
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Literal:
        return " | ".join(f'"{part}"' for part in parts)
    if origin in (Union, python_types.UnionType):
        return " | ".join(_name(part) for part in parts if part is not type(None))
    if origin is list:
        return f"readonly {_name(parts[0])}[]"
    if origin is dict:
        return f"Readonly<Record<{_name(parts[0])}, {_name(parts[1])}>>"
    if isinstance(kind, type) and issubclass(kind, Wire):
        return kind.__name__
    return _SCALARS[kind]


def _table(name: str, sender: str, *, notifies: bool, told: str) -> str:
    rows = [
        f'  "{m.name}": '
        + (
            f"{m.params.__name__};"
            if m.result is None
            else f"{{ params: {m.params.__name__}; result: {m.result.__name__} }};"
        )
        for m in METHODS
        if m.sender == sender and (m.result is None) == notifies
    ]
    return "\n".join([f"/** {told} */", f"export interface {name} {{", *rows, "}\n"])


def _commands() -> str:
    rows = [f'  | "{id}"' for id in COMMANDS]
    return "\n".join(
        ["/** `workspace/executeCommand` ids, without the suffix. */", "export type ServerCommand =",
         *rows]
    ) + ";\n"  # fmt: skip


if __name__ == "__main__":
    MIRROR.write_text(mirror(), encoding="utf-8")
    print(f"wrote {MIRROR}")
