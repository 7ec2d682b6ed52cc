"""Completion entries: the same items as ghost text, for editors without it and for choosing.

Few, checked, ranked. What is typed already narrows them; a `sorry` at the cursor is replaced.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from fd_core.landing import Landed, land
from fd_core.proof import Document, ProofSite, ProofState, Range
from fd_core.suggestion import Closed, Judgement, offerable
from lsprotocol import types

from fd_server.features.accepting import accept_command, documentation, in_words, offer
from fd_server.job import Job
from fd_server.places import at_cursor, sorry_at
from fd_server.silence import reason_for_silence
from fd_server.workbench import Project, Workbench

_GRACE_S = 0.15


async def completion(bench: Workbench, params: types.CompletionParams) -> types.CompletionList:
    """Entries for `textDocument/completion`; incomplete while more may come."""
    began = time.perf_counter()
    nothing = types.CompletionList(is_incomplete=False, items=[])
    document = bench.documents.get(params.text_document.uri)
    if document is None:
        return nothing
    at = bench.encoding.position(document, params.position)
    if reason_for_silence(document, at):
        return nothing
    project = await bench.project_of(document.uri)
    if project is None:
        return nothing
    site, typed = _site(document, params, bench)
    if site is None:
        return nothing
    settings = project.engine.settings.suggest
    job = await bench.suggester.attend(
        project.engine, site, lambda job: job.has_closed, settings.first_s
    )
    if job.has_closed and not job.done:
        await job.wait(lambda _: False, _GRACE_S)
    if not bench.documents.is_current(document) or not isinstance(job.answer, ProofState):
        return nothing
    items = [
        _item(bench, project, job, item, landed, rank, began, typed)
        for rank, (item, landed) in enumerate(_fitting(job, site, typed, settings.limit))
    ]
    return types.CompletionList(is_incomplete=not job.done, items=items)


def _site(
    document: Document, params: types.CompletionParams, bench: Workbench
) -> tuple[ProofSite | None, str]:
    at = bench.encoding.position(document, params.position)
    replaced = sorry_at(document, Range.empty(at))
    if replaced is not None:
        return replaced, ""
    place = at_cursor(document, at)
    return (place.site, place.typed) if place.is_line_end else (None, "")


def _fitting(
    job: Job, site: ProofSite, typed: str, limit: int
) -> Iterator[tuple[Judgement, Landed]]:
    shown = 0
    for item in job.findings():
        if shown == limit or not offerable(item.verdict):
            return
        landed = land(site, item.candidate.text)
        one_line = landed.range.start.line == landed.range.end.line
        if one_line and landed.text.lstrip().startswith(typed) and landed.text != typed:
            shown += 1
            yield item, landed


def _item(
    bench: Workbench, project: Project, job: Job, item: Judgement, landed: Landed, rank: int,
    began: float, typed: str,
) -> types.CompletionItem:  # fmt: skip
    made = offer(bench, project, job, item, surface="completion", rank=rank, began=began)
    document = made.suggestion.state.site.document
    text = item.candidate.text
    there = document.slice(landed.range)
    return types.CompletionItem(
        label=text.split("\n")[0] + (" …" if "\n" in text else ""),
        label_details=types.CompletionItemLabelDetails(description=in_words(item.verdict)),
        kind=types.CompletionItemKind.Event
        if isinstance(item.verdict, Closed)
        else types.CompletionItemKind.Snippet,
        detail=in_words(item.verdict),
        documentation=types.MarkupContent(types.MarkupKind.Markdown, documentation(item)),
        sort_text=f"!{rank:03}",
        # Editors match this against what stands in the range: it must match whatever is there.
        filter_text=text if typed or not there.strip() else there,
        insert_text_mode=types.InsertTextMode.AsIs,
        preselect=False,
        text_edit=types.TextEdit(bench.encoding.lsp_range(document, landed.range), landed.text),
        command=accept_command(bench, made),
    )
