"""`fd/goals`, `fd/provideGoals`, `fd/suggest`, `fd/whyNot`, `fd/explain`."""

from __future__ import annotations

import asyncio
import time

from fd_core.errors import ProofSiteError
from fd_core.landing import normalise
from fd_core.lean_source import declarations
from fd_core.proof import NoProof, ProofSite, ProofState
from fd_core.protocol import (
    CandidatesEvent,
    ExplainParams,
    Explanation,
    GoalsResult,
    Place,
    ProvidedErrors,
    ProvidedGoals,
    SuggestParams,
    SuggestResult,
    WhyNotParams,
    WireCandidate,
)
from fd_core.suggestion import Candidate, Judgement, Origin, offerable

from fd_server import wire
from fd_server.features.accepting import in_words, offer, wire_edit
from fd_server.features.places import cursor_site, document_of, project_of
from fd_server.job import Ask, Job, closing
from fd_server.silence import place_silence
from fd_server.suggest import Engine
from fd_server.workbench import Project, Workbench

_NEAREST_SHARE = 0.3
SLACK_S = 600.0
"""The first goals of a file load its imports; only then does the budget run."""


async def goals(bench: Workbench, params: Place) -> GoalsResult:
    """Goals at a place: the editor's, else our Lean's."""
    document = document_of(bench, params)
    site = cursor_site(document, bench, params)
    engine = (await project_of(bench, document.uri)).engine
    answer = bench.goals.find(site) or await bench.long_work.on(site, engine.lean.goals_at(site))
    return wire.goals(answer)


async def provide_goals(bench: Workbench, params: ProvidedGoals) -> None:
    """Keep what the editor's Lean says, if it is about the version we have."""
    document = bench.documents.get(params.uri)
    if document is None or (params.version is not None and params.version != document.version):
        return
    at = bench.encoding.position(document, params.position)
    bench.goals.provide(document.uri, document.version, at, params.answer)


async def provide_errors(bench: Workbench, params: ProvidedErrors) -> None:
    """Keep where the editor's Lean says the document fails: lenses stand there."""
    document = bench.documents.get(params.uri)
    if document is None or params.version != document.version:
        return
    places = [bench.encoding.position(document, error.range.start) for error in params.errors]
    if bench.marks.told(document, places):
        bench.editor.refresh_lenses()


async def suggest(bench: Workbench, params: SuggestParams) -> SuggestResult:
    """Everything judged within the budget, ranked; streamed under the token meanwhile."""
    document = document_of(bench, params)
    site = cursor_site(document, bench, params)
    if reason := place_silence(document, site.range.start):
        return SuggestResult(state=wire.goals(NoProof(reason)))
    project = await project_of(bench, document.uri)
    return await bench.long_work.on(site, think(bench, project, site, params))


async def think(
    bench: Workbench, project: Project, site: ProofSite, params: SuggestParams,
    state: ProofState | None = None,
) -> SuggestResult:  # fmt: skip
    """Run a job of its own on a site (or a known state), and report as it goes."""
    began = time.perf_counter()
    engine = project.engine
    answer = state or bench.goals.find(site) or await engine.lean.goals_at(site)
    if not isinstance(answer, ProofState):
        return SuggestResult(state=wire.goals(answer))
    job = bench.suggester.job(engine, _ask(engine, answer, params))
    reporting = asyncio.create_task(_report(bench, job, params))
    try:
        await job.run()
    finally:
        reporting.cancel()
        await asyncio.wait([reporting])
    _tell(bench, job, params, job.judgements[job.reported :], done=True)
    shown = [_wire(bench, project, job, item, rank, began, in_file=state is None)
             for rank, item in enumerate(_chosen(job, params))]  # fmt: skip
    return SuggestResult(
        state=wire.goals(answer), candidates=shown, status=bench.status.current.state
    )


def _ask(engine: Engine, answer: ProofState, params: SuggestParams) -> Ask:
    settings = engine.settings
    seconds = params.seconds or settings.suggest.budget_s
    return Ask(
        answer.site, seconds, max(settings.policy.samples, params.limit), params.whole_proof,
        state=answer,
    )  # fmt: skip


def _chosen(job: Job, params: SuggestParams) -> list[Judgement]:
    found = [j for j in job.findings() if params.include_failed or offerable(j.verdict)]
    return found[: params.limit]


def _wire(
    bench: Workbench, project: Project, job: Job, item: Judgement, rank: int, began: float, *,
    in_file: bool,
) -> WireCandidate:  # fmt: skip
    """Only what may be taken gets an id, and an edit where it is about the user's own text."""
    if not offerable(item.verdict):
        return wire.candidate(item.candidate, item.verdict)
    made = offer(bench, project, job, item, surface=bench.surface, rank=rank, began=began)
    shown = wire.candidate(item.candidate, item.verdict, made.id)
    if not in_file:
        return shown
    edit = wire_edit(bench, made.suggestion.state, made.range, made.text)
    return shown.model_copy(update={"edit": edit})


async def _report(bench: Workbench, job: Job, params: SuggestParams) -> None:
    """Stream new judgements as they come."""
    while not job.done:
        seen = len(job.judgements)
        if seen > job.reported:
            _tell(bench, job, params, job.judgements[job.reported :])
        await job.wait(lambda job, seen=seen: len(job.judgements) > seen, SLACK_S)  # type: ignore[misc]


def _tell(
    bench: Workbench, job: Job, params: SuggestParams, news: list[Judgement], *, done: bool = False
) -> None:
    job.reported += len(news)
    if params.token is None:
        return
    shown = [j for j in news if params.include_failed or offerable(j.verdict)]
    event = CandidatesEvent(
        token=params.token, candidates=[wire.candidate(j.candidate, j.verdict) for j in shown],
        judged=len(job.judgements), sampled=job.sampled, done=done,
    )  # fmt: skip
    bench.editor.tell("fd/candidates", event)


async def why_not(bench: Workbench, params: WhyNotParams) -> WireCandidate:
    """Lean's verdict on the user's own text."""
    document = document_of(bench, params)
    site = cursor_site(document, bench, params)
    engine = (await project_of(bench, document.uri)).engine
    if not normalise(params.text):
        raise ProofSiteError("there is no text to judge", fix="Say what you expected.")
    judged = await bench.long_work.on(site, judge_text(bench, engine, site, params.text))
    return wire.candidate(judged.candidate, judged.verdict)


async def judge_text(bench: Workbench, engine: Engine, site: ProofSite, text: str) -> Judgement:
    """One text of the user's at a site. Raises ProofSiteError if nothing is to be proved there."""
    answer = bench.goals.find(site) or await engine.lean.goals_at(site)
    if not isinstance(answer, ProofState):
        reason = answer.reason if isinstance(answer, NoProof) else "nothing is left to prove"
        raise ProofSiteError(reason, fix="Ask at a `sorry` or inside a proof.")
    return await judge(engine, answer, text)


async def judge(engine: Engine, state: ProofState, text: str) -> Judgement:
    """One text of the user's at a state."""
    candidate = Candidate(text, Origin("user"))
    async with closing(engine.lean.check(state, [candidate], engine.limits)) as stream:
        async for judgement in stream:
            return judgement
    raise ProofSiteError("Lean gave no verdict", fix="Try again.")


async def explain(bench: Workbench, params: ExplainParams) -> Explanation:
    """Origin, verdict, goals before and after, and the nearest earlier proof in the file."""
    made = bench.offers.get(params.suggestion_id)
    if made is None:
        raise ProofSiteError("that suggestion is not known", fix="Ask for suggestions again.")
    suggestion = made.suggestion
    lines = [
        f"`{suggestion.candidate.text}`",
        f"- proposed by: {suggestion.candidate.origin.in_words}",
        f"- Lean's verdict: {in_words(suggestion.verdict)}",
    ]
    if suggestion.candidate.logprob is not None:
        lines.append(f"- log-probability: {suggestion.candidate.logprob:.2f}")
    lines += ["", "Before:", *(f"```lean\n{goal}\n```" for goal in suggestion.state.goals)]
    if after := getattr(suggestion.verdict, "after", ()):
        lines += ["", "After:", *(f"```lean\n{goal}\n```" for goal in after)]
    if near := _nearest(suggestion.state, suggestion.candidate.text):
        lines += ["", f"Nearest earlier proof in this file: `{near}`"]
    return Explanation(markdown="\n".join(lines))


def _nearest(state: ProofState, text: str) -> str:
    """The earlier declaration whose text shares most words with the candidate and the goal."""
    document = state.site.document
    here = document.offset(state.position)
    words = set(text.split()) | set(" ".join(map(str, state.goals)).split())
    best, share = "", _NEAREST_SHARE
    for found in declarations(document.text):
        if found.next_start <= here and found.name:
            theirs = set(document.text[found.start : found.end].split())
            common = len(words & theirs) / max(1, len(words))
            if common > share and set(text.split()) & theirs:
                best, share = found.name, common
    return best
