"""Lenses on every `sorry` and on failing declarations: Prove, Try tonight; Prove all at the top.

Read from the text; Lean is not asked. Where declarations fail is known from the last diagnostics.
"""

from __future__ import annotations

from fd_core.proof import Document, Position, Range
from fd_core.sites import open_sites
from lsprotocol import types

from fd_server.features.accepting import command
from fd_server.silence import file_silence
from fd_server.workbench import Workbench


async def code_lens(bench: Workbench, params: types.CodeLensParams) -> list[types.CodeLens]:
    """Lenses for `textDocument/codeLens`."""
    document = bench.documents.get(params.text_document.uri)
    if document is None or file_silence(document):
        return []
    places = [site.range for _, site in open_sites(document)]
    lenses = [lens for where in places for lens in _at(bench, document, where)]
    for _, at in bench.marks.failing(document):
        if not any(where.start.line == at.line for where in places):
            lenses += _at(bench, document, Range.empty(at))
    if len(places) > 1:
        title = f"Prove all {len(places)} in this file"
        lenses.append(_lens(bench, document, Range.empty(Position(0, 0)), "fd.proveAll", title))
    return lenses


def _at(bench: Workbench, document: Document, where: Range) -> list[types.CodeLens]:
    start = bench.encoding.wire_position(document, where.start).to_wire()
    return [
        _lens(bench, document, where, "fd.prove", "Prove", start),
        _lens(bench, document, where, "fd.tryTonight", "Try tonight", start),
    ]


def _lens(
    bench: Workbench, document: Document, where: Range, id: str, title: str, *more: object
) -> types.CodeLens:
    return types.CodeLens(
        range=bench.encoding.lsp_range(document, where),
        command=command(bench, id, title, document.uri, *more),
    )
