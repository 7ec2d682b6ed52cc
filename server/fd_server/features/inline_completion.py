"""Ghost text: what Lean has accepted at the cursor, as an insertion behind what is typed.

Silent wherever a ghost would be in the way: unfinished abbreviations, comments, strings, dependency
files, merge conflicts, text behind the cursor, a `sorry` at the cursor (ghost text can't replace).
"""

from __future__ import annotations

import time

from fd_core.landing import land
from fd_core.proof import Document, ProofState, Range
from fd_core.suggestion import Judgement, offerable
from lsprotocol import types

from fd_server.features.accepting import accept_command, offer
from fd_server.job import Job
from fd_server.offers import Offer
from fd_server.places import CursorPlace, at_cursor
from fd_server.silence import reason_for_silence
from fd_server.workbench import Workbench

_GRACE_S = 0.03
"""After the first item that closes, wait this long for a likelier one."""


async def inline_completion(
    bench: Workbench, params: types.InlineCompletionParams
) -> types.InlineCompletionList:
    """Items for `textDocument/inlineCompletion`; empty if the document moved on meanwhile."""
    began = time.perf_counter()
    nothing = types.InlineCompletionList(items=[])
    document = bench.documents.get(params.text_document.uri)
    if document is None:
        return nothing
    at = bench.encoding.position(document, params.position)
    if reason_for_silence(document, at):
        return nothing
    place = at_cursor(document, at)
    project = await bench.project_of(document.uri)
    if project is None or not place.is_line_end or place.typed.endswith("sorry"):
        return nothing
    settings = project.engine.settings.suggest
    if settings.inline == "off":
        return nothing
    job = await bench.suggester.attend(
        project.engine, place.site, lambda job: job.has_closed, settings.first_s,
        whole_proof=settings.inline == "proof",
    )  # fmt: skip
    if job.has_closed and not job.done:
        await job.wait(lambda _: False, _GRACE_S)
    if not bench.documents.is_current(document):
        return nothing
    chosen = _shown(job, place, params.context.selected_completion_info, bench, document)
    if not settings.progressed and not job.has_closed:
        chosen = []
    items = []
    for rank, (item, text, where) in enumerate(chosen[: settings.limit]):
        made = offer(bench, project, job, item, surface="inline", rank=rank, began=began)
        items.append(_item(bench, document, made, text, where))
    return types.InlineCompletionList(items=items)


def _shown(
    job: Job, place: CursorPlace, selected: types.SelectedCompletionInfo | None,
    bench: Workbench, document: Document,
) -> list[tuple[Judgement, str, Range]]:  # fmt: skip
    """What fits behind the typed text, and extends the selected entry of an open menu."""
    if not isinstance(job.answer, ProofState):
        return []
    found = []
    for item in job.findings():
        fitting = offerable(item.verdict) and ghost(place, item)
        if not fitting:
            continue
        text, where = fitting
        if selected is not None:
            if bench.encoding.range(document, selected.range) != where:
                continue
            if not text.startswith(selected.text) or text == selected.text:
                continue
        found.append((item, text, where))
    return found


def ghost(place: CursorPlace, item: Judgement) -> tuple[str, Range] | None:
    """Text and one-line range of an insertion, or None where it would have to replace something."""
    landed = land(place.site, item.candidate.text)
    there = place.site.document.slice(landed.range)
    if landed.text == there or landed.range.start.line != landed.range.end.line:
        return None
    if landed.text.startswith(there):
        return landed.text, landed.range
    if not there.strip():
        return landed.text, Range.empty(landed.range.end)
    return None


def _item(
    bench: Workbench, document: Document, made: Offer, text: str, where: Range
) -> types.InlineCompletionItem:
    return types.InlineCompletionItem(
        insert_text=text,
        filter_text=text,
        range=bench.encoding.lsp_range(document, where),
        command=accept_command(bench, made),
    )
