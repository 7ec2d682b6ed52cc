"""Quick fixes: fill this `sorry`, replace this failing step. Every editor has them.

Edits carry the version they were made for. The LLM tag is set only for what a policy made and only
for clients that know it; preferred is only what closes the goal.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from fd_core.proof import Document, ProofSite, ProofState, Range
from fd_core.sites import site_of_error
from fd_core.suggestion import Closed, Judgement, offerable
from lsprotocol import types

from fd_server.features.accepting import (
    accept_command,
    command,
    in_words,
    is_policy_made,
    offer,
    workspace_edit,
)
from fd_server.job import Job
from fd_server.offers import Offer
from fd_server.places import sorry_on_lines
from fd_server.silence import file_silence
from fd_server.workbench import Project, Workbench

_GRACE_S = 0.15
_TITLE_LENGTH = 60


async def code_action(
    bench: Workbench, params: types.CodeActionParams
) -> list[types.CodeAction | types.Command]:
    """Actions for `textDocument/codeAction`; none if the document moved on meanwhile."""
    document = bench.documents.get(params.text_document.uri)
    wanted = params.context.only
    if wanted and not any("quickfix".startswith(str(getattr(k, "value", k))) for k in wanted):
        return []
    if document is None or file_silence(document):
        return []
    bench.marks.seen(document, params.context.diagnostics)
    project = await bench.project_of(document.uri)
    where = bench.encoding.range(document, params.range)
    if project is None:
        return []
    site = sorry_on_lines(document, where.start.line, where.end.line)
    if site is not None:
        return await _fill(bench, project, document, site)
    return await _repair(bench, project, document, where, params.context.diagnostics)


async def _fill(
    bench: Workbench, project: Project, document: Document, site: ProofSite
) -> list[types.CodeAction | types.Command]:
    actions = await _suggested(bench, project, document, site, "Fill sorry")
    if not bench.documents.is_current(document):
        return []
    start = bench.encoding.wire_position(document, site.range.start).to_wire()
    for id, title in (
        ("fd.prove", "Prove this sorry"),
        ("fd.tryTonight", "Try this sorry tonight"),
    ):
        actions.append(
            types.CodeAction(
                title,
                kind=types.CodeActionKind.QuickFix,
                command=command(bench, id, title, document.uri, start),
            )
        )
    return _as_client_likes(bench, actions)


async def _repair(
    bench: Workbench, project: Project, document: Document, where: Range,
    diagnostics: Sequence[types.Diagnostic],
) -> list[types.CodeAction | types.Command]:  # fmt: skip
    for error in diagnostics:
        if error.severity not in (None, types.DiagnosticSeverity.Error):
            continue
        place = bench.encoding.range(document, error.range)
        if place.end < where.start or where.end < place.start:
            continue
        site = site_of_error(document, place)
        if site is not None:
            said = (error.message,)
            step = document.slice(site.range)
            actions = await _suggested(
                bench, project, document, site, "Replace", failed=step, messages=said, fixes=error
            )
            return _as_client_likes(bench, actions)
    return []


async def _suggested(
    bench: Workbench, project: Project, document: Document, site: ProofSite, verb: str, *,
    failed: str | None = None, messages: tuple[str, ...] = (), fixes: types.Diagnostic | None = None,
) -> list[types.CodeAction]:  # fmt: skip
    began = time.perf_counter()
    settings = project.engine.settings.suggest
    job = await bench.suggester.attend(
        project.engine, site, lambda job: job.has_closed, settings.first_s, lane="action",
        failed=failed, messages=messages,
    )  # fmt: skip
    if job.has_closed and not job.done:
        await job.wait(lambda _: False, _GRACE_S)
    if not bench.documents.is_current(document):
        return []
    actions = []
    for rank, item in enumerate(_offerable(job, settings.limit)):
        made = offer(bench, project, job, item, surface="code_action", rank=rank, began=began)
        action = _action(bench, made, verb)
        action.diagnostics = [fixes] if fixes else None
        actions.append(action)
    return actions


def _offerable(job: Job, limit: int) -> Iterator[Judgement]:
    if isinstance(job.answer, ProofState):
        yield from [item for item in job.findings() if offerable(item.verdict)][:limit]


def _action(bench: Workbench, made: Offer, verb: str) -> types.CodeAction:
    suggestion = made.suggestion
    text = " ⏎ ".join(line.strip() for line in suggestion.candidate.text.split("\n"))
    if len(text) > _TITLE_LENGTH:
        text = text[: _TITLE_LENGTH - 1] + "…"
    by_policy = is_policy_made(suggestion.candidate.origin)
    lazy = bench.client.lazy_action_edits
    return types.CodeAction(
        title=f"{verb}: {text} ({in_words(suggestion.verdict)})",
        kind=types.CodeActionKind.QuickFix,
        is_preferred=True if isinstance(suggestion.verdict, Closed) else None,
        edit=None if lazy else workspace_edit(bench, made),
        command=accept_command(bench, made),
        data={"suggestionId": made.id},
        tags=[types.CodeActionTag.LlmGenerated] if by_policy and bench.client.llm_tag else None,
    )


async def resolve(bench: Workbench, action: types.CodeAction) -> types.CodeAction:
    """Add the edit, for clients that ask for it late; none for a document that moved on."""
    data = action.data if isinstance(action.data, dict) else {}
    made = bench.offers.get(str(data.get("suggestionId", "")))
    if made is None:
        return action
    if bench.documents.is_current(made.suggestion.state.site.document):
        action.edit = workspace_edit(bench, made)
    else:
        action.disabled = types.CodeActionDisabled("the document has changed; ask again")
    return action


def _as_client_likes(
    bench: Workbench, actions: list[types.CodeAction]
) -> list[types.CodeAction | types.Command]:
    """Old clients take commands only."""
    if bench.client.action_literals:
        return list(actions)
    return [action.command for action in actions if action.command and action.edit is None]
