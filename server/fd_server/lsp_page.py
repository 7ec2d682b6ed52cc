"""Renders `docs/lsp-extensions.md` from the protocol: page and code can't drift apart.

`python -m fd_server.lsp_page` prints the page; a test compares it with the file.
"""

from __future__ import annotations

import types as python_types
from typing import Any, Literal, Union, get_args, get_origin

from fd_core.protocol import COMMANDS, METHODS, PROTOCOL_VERSION, EngineState, Method, Wire
from pydantic_core import PydanticUndefined

from fd_server.client import Options

_INTRODUCTION = """# What `fd-server` speaks beyond LSP

*Made from `fd_core/protocol` by `python -m fd_server.lsp_page`; a test keeps the two equal.*

Protocol version {version}. `fd-server` speaks LSP 3.18 over stdio (`fd-server`, or `fd-server
--stdio`) or to one client over TCP (`fd-server --tcp HOST:PORT`). Everything an editor needs is in
standard LSP: inline completion, completion, code actions (with resolve), code lenses, commands,
progress. The methods below are for front ends that want more.

- **Nothing is advertised that Lean's own server answers** (definition, references, hover, symbols,
  semantic tokens, folding, rename, formatting): attach `fd-server` beside it.
- Names on the wire are camelCase. Positions are LSP positions in the negotiated encoding (`utf-8`,
  `utf-16`, `utf-32`: the client's first choice that is among them).
- Params that do not fit are refused with -32602 and the name of each wrong field. What can't be done
  is refused with -32803 and `data: {{what, fix}}`; -32801 means that the text moved on. A request can
  be cancelled at any time.
- An edit (`WireEdit`) is valid for its `version` only. A proof's comes only if it passed the audit;
  a candidate's is what taking it would change. `closed` is Lean's word in the warm worker; `proved`
  is the audit's in a fresh one.
- An edit of a document stops, at once, all work for its older versions. A search (`fd/prove`) goes on
  if everything up to the end of its declaration is unchanged.
- Additions are compatible. A removal or a change of meaning raises the protocol version.

## `initializationOptions`

{options}
`workspace/didChangeConfiguration` takes the same `settings`, bare or under `fd-prover`; a client that
sends none is asked by `workspace/configuration`.

## Status

`fd/status` tells the engine's state whenever it changes, ten times a second at most: {states}.
`detail` says more, and `fix` what to do. A client that complains about unknown notifications
(eglot) sets `notifications` to false.

## Telling what became of a suggestion

Every item carries the command `fd.accept` with its suggestion id, to be run after it was inserted.
Where no command runs (partial accept, editors without commands) the edits tell. A front end that
knows more sends `fd/decision`. Silence is never a rejection. Nothing is recorded before the user has
agreed: the server asks once by `window/showMessageRequest`; `fd/consent` tells the answer.

## Goals from the user's own Lean

An editor that runs Lean's server sends `fd/provideGoals` for the cursor's place and version before
it asks for suggestions; then no goal is computed twice. They are used for that version and place
only, and every candidate is still judged by our own Lean. `fd/provideErrors` tells where a version of a
document fails, all of it: lenses stand there. With `warm: "edit"` our own Lean loads a file's imports
at the first edit or question, and not for somebody who only reads.
"""


def page() -> str:
    """The whole page."""
    parts = [
        _INTRODUCTION.format(
            version=PROTOCOL_VERSION, options=_fields(Options),
            states=" · ".join(f"`{state}`" for state in get_args(EngineState)),
        ),
        "## Methods\n", _methods(), "## Commands\n", _commands(), "## Types\n",
        *(_type(kind) for kind in _all_types()),
    ]  # fmt: skip
    return "\n".join(parts).rstrip() + "\n"


def _methods() -> str:
    rows = [
        f"| `{m.name}` | {_way(m)} | {_link(m.params)} | {_link(m.result)} | {m.summary} |"
        for m in METHODS
    ]
    head = "| method | from | params | result | what |\n|---|---|---|---|---|"
    return "\n".join([head, *rows, ""])


def _way(method: Method) -> str:
    return method.sender + (", notification" if method.result is None else "")


def _link(kind: type[Wire] | None) -> str:
    return f"[`{kind.__name__}`](#{kind.__name__.lower()})" if kind else "–"


def _commands() -> str:
    rows = [f"| `{id}` | {what} |" for id, what in COMMANDS.items()]
    note = "\nIds carry `commandSuffix`, if the client gave one.\n"
    return "\n".join(["| `workspace/executeCommand` | what |", "|---|---|", *rows, note])


def _all_types() -> list[type[Wire]]:
    """Every type that a method carries, in the order met, with what each is made of."""
    found: dict[str, type[Wire]] = {}
    for method in METHODS:
        for kind in (method.params, method.result):
            if kind is not None:
                _collect(kind, found)
    return list(found.values())


def _collect(kind: Any, found: dict[str, type[Wire]]) -> None:
    for part in get_args(kind):
        _collect(part, found)
    if isinstance(kind, type) and issubclass(kind, Wire) and kind.__name__ not in found:
        found[kind.__name__] = kind
        for field in kind.model_fields.values():
            _collect(field.annotation, found)


def _type(kind: type[Wire]) -> str:
    told = " ".join((kind.__doc__ or "").split())
    return f"### {kind.__name__}\n\n{told}\n\n{_fields(kind)}"


def _fields(kind: type[Wire]) -> str:
    rows = [
        f"| `{field.alias or name}` | {_name(field.annotation)} | {_default(field)} |"
        for name, field in kind.model_fields.items()
    ]
    if not rows:
        return "No fields.\n"
    return "\n".join(["| field | type | default |", "|---|---|---|", *rows, ""])


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    return "" if value is None or value is PydanticUndefined else f"`{value!r}`"


def _name(kind: Any) -> str:
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Literal:
        return " \\| ".join(f'`"{part}"`' for part in parts)
    if origin in (Union, python_types.UnionType):
        return " \\| ".join(_name(part) for part in parts if part is not type(None))
    if origin is list:
        return f"list of {_name(parts[0])}"
    if origin is dict:
        return f"map from {_name(parts[0])} to {_name(parts[1])}"
    if isinstance(kind, type) and issubclass(kind, Wire):
        return _link(kind)
    return "any" if kind is Any else str(getattr(kind, "__name__", kind))


if __name__ == "__main__":
    print(page(), end="")
