"""Turning findings into offers, and the command an item carries so that taking it is told."""

from __future__ import annotations

from fd_core.events import Surface
from fd_core.proof import ProofState, Range
from fd_core.protocol import WireEdit
from fd_core.suggestion import Closed, Judgement, Origin, Progressed, Verdict
from lsprotocol import types

from fd_server.cache import RECALLED
from fd_server.job import Job
from fd_server.offers import Offer
from fd_server.workbench import Project, Workbench


def offer(
    bench: Workbench, project: Project, job: Job, item: Judgement, *, surface: Surface, rank: int,
    began: float,
) -> Offer:  # fmt: skip
    """Offer one finding of a job that has a state."""
    assert isinstance(job.answer, ProofState)
    return bench.offers.make(
        job.answer, item, project=str(project.root), surface=surface, rank=rank, began=began,
    )  # fmt: skip


def accept_command(bench: Workbench, item: Offer) -> types.Command:
    """Runs after the client inserted the item. Its title says what is taken: clients may show it."""
    suggestion = item.suggestion
    title = f"{in_words(suggestion.verdict)} · {suggestion.candidate.origin.in_words}"
    return command(bench, "fd.accept", title, item.id)


def command(bench: Workbench, id: str, title: str, *arguments: object) -> types.Command:
    """One of our commands, under the id this client knows it by."""
    return types.Command(
        title=title, command=id + bench.client.options.command_suffix, arguments=list(arguments)
    )


def workspace_edit(bench: Workbench, item: Offer) -> types.WorkspaceEdit:
    """The edit that takes an offer, bound to the version it was made for."""
    return edit_of(bench, item.suggestion.state, item.range, item.text)


def edit_of(bench: Workbench, state: ProofState, where: Range, text: str) -> types.WorkspaceEdit:
    """A versioned edit; without versions only for clients that can't take them."""
    document = state.site.document
    edit = types.TextEdit(bench.encoding.lsp_range(document, where), text)
    if not bench.client.versioned_edits:
        return types.WorkspaceEdit(changes={document.uri: [edit]})
    versioned = types.OptionalVersionedTextDocumentIdentifier(document.uri, document.version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(versioned, [edit])])


def wire_edit(bench: Workbench, state: ProofState, where: Range, text: str) -> WireEdit:
    """The same for our own methods."""
    document = state.site.document
    return WireEdit(
        uri=document.uri, version=document.version,
        range=bench.encoding.wire_range(document, where), new_text=text,
    )  # fmt: skip


def is_policy_made(origin: Origin) -> bool:
    """Whether a model wrote it, now or when it was remembered."""
    return origin.kind == "policy" or (
        origin.kind == "memory" and origin.detail.startswith(f"{RECALLED}policy")
    )


def in_words(verdict: Verdict) -> str:
    """A verdict in a few words, with its cost."""
    spent = f"{verdict.cost.milliseconds:.0f} ms"
    match verdict:
        case Closed():
            return f"closes the goal · {spent}"
        case Progressed(after=after):
            return f"leaves {len(after)} goal{'s' * (len(after) != 1)} · {spent}"
        case _:
            return spent


def documentation(item: Judgement) -> str:
    """Origin, verdict and remaining goals, as Markdown."""
    lines = [f"{in_words(item.verdict)} · {item.candidate.origin.in_words}"]
    if isinstance(item.verdict, Progressed):
        lines += [f"```lean\n{goal}\n```" for goal in item.verdict.after]
    if isinstance(item.verdict, Closed) and "sorryAx" in item.verdict.axioms:
        lines.append("Something above it still rests on `sorry`.")
    return "\n\n".join(lines)
