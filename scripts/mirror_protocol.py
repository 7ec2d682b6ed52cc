"""Writes the extension's mirror of the `fd/…` protocol: `wire.ts` and `protocol.ts` in its `src`.

`python scripts/mirror_protocol.py` rewrites both; a test keeps them equal to `fd_core.protocol`.
"""

from __future__ import annotations

import types as python_types
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from fd_core.protocol import COMMANDS, METHODS, PROTOCOL_VERSION, EngineState, Wire
from pydantic.fields import FieldInfo

FOLDER = Path(__file__).parent.parent / "vscode-extension" / "src"
_MADE = """\
 * Made by `python scripts/mirror_protocol.py` from `server/fd_core/protocol`; a test keeps them equal.
 * What it says and why is in docs/lsp-extensions.md.
 */
"""
_TYPES_HEAD = f"""\
/**
 * Params and results of the `fd/…` methods. What the server leaves out when it is empty is optional.
 *
{_MADE}"""
_METHODS_HEAD = f"""\
/**
 * What `fd-server` speaks beyond LSP: its methods and commands.
 *
{_MADE}"""
_SCALARS = {str: "string", int: "number", float: "number", bool: "boolean", Any: "unknown"}


def mirror() -> dict[str, str]:
    """Each file of the mirror with its text."""
    answered = _reached(m.result or m.params for m in METHODS if m.result or m.sender == "server")
    asked = _reached(m.params for m in METHODS if m.sender == "client")
    every = {**asked, **answered}
    types = [_interface(kind, name in answered) for name, kind in sorted(every.items())]
    used = sorted({kind.__name__ for m in METHODS for kind in (m.params, m.result) if kind})
    methods = [
        f'import type {{\n{"".join(f"  {name},{chr(10)}" for name in used)}}} from "./wire";\n',
        'export type * from "./wire";\n',
        f"export const PROTOCOL_VERSION = {PROTOCOL_VERSION};\n",
        _table("Requests", "client", notifies=False, told="What the client asks: params, result."),
        _table("Tells", "client", notifies=True, told="What the client tells the server."),
        _table("Events", "server", notifies=True, told="What the server tells."),
        _commands(),
    ]
    state = f"export type EngineState = {_name(EngineState)};\n"
    return {
        "wire.ts": "\n".join([_TYPES_HEAD, state, *types]).rstrip() + "\n",
        "protocol.ts": "\n".join([_METHODS_HEAD, *methods]),
    }


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
    for name, text in mirror().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(f"wrote {FOLDER / name}")
