"""What is recorded with an offer and with a proof is enough to put another text at the very place."""

from __future__ import annotations

from pathlib import Path

from fd_core.events import Event, ProofObserved, SourceSeen, SuggestionOffered
from fd_core.store.source_texts import Shortener, Sources
from fd_server.features.inline_completion import inline_completion
from lsprotocol import types
from support.benches import Bench, make_bench, settled

ABOVE = "namespace A\n\ntheorem zero : True := trivial\n\n/-- Doc. -/\n"
OWN = "@[simp] theorem one (h : p) : p := by\n  have k := h\n  \n"
TEXT = ABOVE + OWN + "\ntheorem two : q := by\n  sorry\n"


def kept(events: list[Event]) -> Sources:
    """The texts as the recorder lets them through."""
    shortener, sources = Shortener(), Sources()
    for event in events:
        if isinstance(event, SourceSeen) and (short := shortener.shortened(event)):
            sources.take(short)
    return sources


async def ask(made: Bench, line: int) -> SuggestionOffered:
    document = made.open(TEXT)
    await inline_completion(
        made.bench,
        types.InlineCompletionParams(
            types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic),
            types.TextDocumentIdentifier(document.uri), types.Position(line, 2),
        ),
    )  # fmt: skip
    await settled(made)
    return next(event for event in made.events if isinstance(event, SuggestionOffered))


async def test_the_document_at_the_place_comes_back_letter_for_letter(tmp_path: Path) -> None:
    made = make_bench(tmp_path, {"candidates": ["exact h"], "verdicts": {"exact h": "closed"}})
    offer = await ask(made, TEXT[: TEXT.index("  \n")].count("\n"))
    above = kept(made.events).text(offer.project, offer.above)
    assert above == ABOVE
    assert offer.before == OWN.removesuffix("\n")
    assert (offer.hole, offer.below, offer.site_kind) == ("", "", "tactic")


async def test_the_text_above_comes_before_its_offer(tmp_path: Path) -> None:
    made = make_bench(tmp_path, {"candidates": ["exact h"], "verdicts": {"exact h": "closed"}})
    offer = await ask(made, TEXT[: TEXT.index("  \n")].count("\n"))
    at = [e.digest for e in made.events if isinstance(e, SourceSeen)].index(offer.above)
    assert at < made.events.index(offer)


async def test_a_saved_proof_has_its_text_above_too(tmp_path: Path) -> None:
    made = make_bench(tmp_path, {})
    document = made.open(TEXT)
    project = await made.bench.project_of(document.uri)
    assert project is not None
    at = TEXT.index("  \n")
    document = made.edit(document, at, at + 2, "  exact k")
    await made.bench.observer.saved(document, project)
    proof = next(event for event in made.events if isinstance(event, ProofObserved))
    assert kept(made.events).text(proof.project, proof.above) == ABOVE
    assert proof.proof == ":= by\n  have k := h\n  exact k"
