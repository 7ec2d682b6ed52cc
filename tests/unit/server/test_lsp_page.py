"""Page and protocol are equal."""

from __future__ import annotations

from pathlib import Path

from fd_core.protocol import COMMANDS, METHODS
from fd_server.lsp_page import page

PAGE = Path(__file__).resolve().parents[3] / "docs" / "lsp-extensions.md"


def test_the_page_is_what_the_code_says() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == page(), "run: python -m fd_server.lsp_page > docs/lsp-extensions.md"


def test_the_page_names_every_method_command_and_type() -> None:
    text = page()
    for method in METHODS:
        assert f"`{method.name}`" in text
        for kind in (method.params, method.result):
            assert kind is None or f"### {kind.__name__}\n" in text
    assert all(f"`{id}`" in text for id in COMMANDS)
