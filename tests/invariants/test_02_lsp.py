"""Invariant 2: only `fd_server` knows LSP; only `position.py` knows UTF-16."""

import ast
from collections.abc import Iterator

from support.source_tree import MODULES, Module

SURROGATES = {0xD800, 0xDBFF, 0xDC00, 0xDFFF}


def test_only_the_server_and_the_terminals_client_know_lsp() -> None:
    knowing = {m.name.split(".")[0] for m in MODULES if m.imports_any("pygls", "lsprotocol")}
    assert "fd_server" in knowing
    assert knowing <= {"fd_server", "fd_tui"}


def utf16_arithmetic(module: Module) -> Iterator[int]:
    """Lines that encode to UTF-16, or reckon with surrogates."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and type(node.value) is int and node.value in SURROGATES:
            yield node.lineno
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("encode", "decode")
            and any(_is_of_units(ast.unparse(argument)) for argument in node.args)
        ):
            yield node.lineno


def _is_of_units(codec: str) -> bool:
    return "16" in codec or "codec" in codec.lower()


def test_only_position_reckons_in_utf16() -> None:
    places = {module.name for module in MODULES if any(utf16_arithmetic(module))}
    assert places == {"fd_server.position"}
