"""What became of each suggestion, told by the edits: EDITOR §3.8, row by row."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from fd_core.events import (
    Accepted,
    Decision,
    Overridden,
    Rejected,
    SuggestionOffered,
    SuggestionResolved,
    Unobserved,
)
from fd_core.proof import Document
from fd_server import decisions
from fd_server.features.inline_completion import inline_completion
from fd_server.offers import Offer
from lsprotocol import types
from support.benches import Bench, make_bench, settled

TEXT = "theorem one (h : p) : p := by\n  \n\ntheorem two : q := by\n  skip\n"
SCRIPT = {
    "candidates": ["exact ⟨h, k⟩", "assumption"],
    "verdicts": {
        "exact ⟨h, k⟩": "closed", "assumption": "closed", "exact mine": "closed",
        "intro x": ["q"],
    },
}  # fmt: skip


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(decisions, "IDLE_S", 0.01)
    monkeypatch.setattr(decisions, "SEEN_S", 0.0)
    return make_bench(tmp_path, SCRIPT)


async def ask_at(made: Bench, document: Document, column: int) -> types.InlineCompletionList:
    answer = await inline_completion(
        made.bench,
        types.InlineCompletionParams(
            types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic),
            types.TextDocumentIdentifier(document.uri),
            types.Position(1, column),
        ),
    )
    await settled(made)
    return answer


async def offer(made: Bench, document: Document | None = None) -> Document:
    document = document or made.open(TEXT)
    answer = await ask_at(made, document, 2)
    assert {item.insert_text for item in answer.items} == {"exact ⟨h, k⟩", "assumption"}
    return document


def write(made: Bench, document: Document, *pieces: str) -> Document:
    """Type pieces one after the other where the suggestions stood."""
    at = TEXT.index("  \n") + 2
    for piece in pieces:
        document = made.edit(document, at, at, piece)
        at += len(piece)
    return document


async def pause(made: Bench) -> None:
    await asyncio.sleep(0.05)
    await settled(made)


def said(made: Bench) -> dict[str, Decision]:
    """Decision by candidate text."""
    texts = {e.suggestion_id: e.candidate for e in made.events if isinstance(e, SuggestionOffered)}
    found = {}
    for event in made.events:
        if isinstance(event, SuggestionResolved):
            assert texts[event.suggestion_id] not in found, "decided twice"
            found[texts[event.suggestion_id]] = event.decision
    return found


async def test_each_item_returned_is_recorded_once(made: Bench) -> None:
    await offer(made)
    await offer(made)
    offered = [e for e in made.events if isinstance(e, SuggestionOffered)]
    assert sorted(e.candidate for e in offered) == ["assumption", "exact ⟨h, k⟩"]
    assert {e.surface for e in offered} == {"inline"}
    assert all(e.declaration == "one" and e.goals == ("⊢ True",) for e in offered)
    assert not said(made)


async def test_inserted_whole_is_accepted_though_no_command_came(made: Bench) -> None:
    write(made, await offer(made), "assumption")
    assert said(made) == {"assumption": Accepted(), "exact ⟨h, k⟩": Unobserved()}


async def test_the_command_after_the_edit_counts_once(made: Bench) -> None:
    document = await offer(made)
    id = next(e.suggestion_id for e in made.events
              if isinstance(e, SuggestionOffered) and e.candidate == "assumption")  # fmt: skip
    write(made, document, "assumption")
    assert made.bench.decisions.accept(id)
    assert said(made)["assumption"] == Accepted()


async def test_typed_through_letter_by_letter_is_accepted_and_not_overridden(made: Bench) -> None:
    write(made, await offer(made), *"assumption")
    await pause(made)
    assert said(made)["assumption"] == Accepted()


async def test_taken_word_by_word_and_stopped_is_accepted_in_part(made: Bench) -> None:
    write(made, await offer(made), "exact ⟨h,")
    await pause(made)
    assert said(made)["exact ⟨h, k⟩"] == Accepted(partial=True)


async def test_something_else_that_lean_accepts_is_overridden(made: Bench) -> None:
    write(made, await offer(made), *"exact mine")
    await pause(made)
    assert said(made) == {
        "assumption": Overridden("exact mine"), "exact ⟨h, k⟩": Overridden("exact mine"),
    }  # fmt: skip


async def test_something_else_that_lean_refuses_is_nothing_until_the_end(made: Bench) -> None:
    document = write(made, await offer(made), "exact wrong")
    await pause(made)
    assert not said(made)
    made.bench.decisions.closed(document.uri)
    assert set(said(made).values()) == {Unobserved()}


async def test_a_replacement_by_the_input_method_is_no_override(made: Bench) -> None:
    document = write(made, await offer(made), *"exact \\<h, k\\>")
    await pause(made)
    assert not said(made)
    document = made.type(document, "\\<", "⟨")
    document = made.type(document, "\\>", "⟩")
    await pause(made)
    assert said(made)["exact ⟨h, k⟩"] == Accepted()


async def test_searches_and_gaps_teach_nothing(made: Bench) -> None:
    made.lean.verdicts = {**SCRIPT["verdicts"], "exact?": "closed", "sorry": "closed"}  # type: ignore[dict-item]
    document = write(made, await offer(made), "exact?")
    await pause(made)
    made.type(document, "exact?", "sorry")
    await pause(made)
    assert not said(made)


async def test_a_keystroke_on_its_way_before_the_answer_is_no_override(
    made: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decisions, "SEEN_S", 60.0)
    document = write(made, await offer(made), "exact mine")
    await pause(made)
    made.type(document, "skip", "skip; done")
    assert set(said(made).values()) == {Unobserved()}


async def test_who_waits_after_a_keystroke_that_crossed_the_answer_has_seen_it(
    made: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decisions, "SEEN_S", 60.0)
    document = write(made, await offer(made), "e")  # on its way before the answer
    await ask_at(made, document, 3)  # what begins with it is offered again
    monkeypatch.setattr(decisions, "SEEN_S", 0.0)  # and stands there for a while
    made.type(document, "  e", "  exact mine")
    await pause(made)
    assert said(made)["exact ⟨h, k⟩"] == Overridden("exact mine")


async def test_what_is_offered_again_just_before_a_key_was_seen_before(
    made: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decisions, "SEEN_S", 0.3)
    document = await offer(made)
    await asyncio.sleep(0.3)
    await offer(made, document)  # as another surface asks while the ghost text stands there
    write(made, document, "exact mine")
    await pause(made)
    assert said(made)["assumption"] == Overridden("exact mine")


async def test_writing_elsewhere_without_touching_the_place_is_unobserved(made: Bench) -> None:
    document = await offer(made)
    made.type(document, "skip", "rfl")
    assert set(said(made).values()) == {Unobserved()}


async def test_leaving_the_place_judges_what_was_written(made: Bench) -> None:
    document = write(made, await offer(made), "exact mine")
    made.type(document, "skip", "rfl")
    await pause(made)
    assert said(made)["assumption"] == Overridden("exact mine")


async def test_what_is_written_on_while_lean_judges_it_is_judged_at_the_next_pause(
    made: Bench,
) -> None:
    judged: list[str] = []
    let_go = asyncio.Event()

    async def accepts(offer: Offer, text: str) -> bool:
        judged.append(text)
        await let_go.wait()
        return True

    document = write(made, await offer(made), "simp")
    made.bench.decisions._accepts = accepts
    async with asyncio.timeout(10):
        while not judged:
            await asyncio.sleep(0.005)
    at = document.text.index("simp") + len("simp")
    made.edit(document, at, at, " [h]")
    let_go.set()
    async with asyncio.timeout(10):
        while not said(made):
            await asyncio.sleep(0.005)
    assert judged == ["simp", "simp [h]"]
    assert set(said(made).values()) == {Overridden("simp [h]")}


async def test_reject_with_a_reason(made: Bench) -> None:
    await offer(made)
    id = next(e.suggestion_id for e in made.events if isinstance(e, SuggestionOffered))
    assert made.bench.decisions.reject(id, "ugly")
    assert Rejected("ugly") in said(made).values()
    assert not made.bench.decisions.reject("nobody's", "wrong")


async def test_an_override_told_by_a_front_end_is_believed_only_after_lean(made: Bench) -> None:
    await offer(made)
    id = next(e.suggestion_id for e in made.events if isinstance(e, SuggestionOffered))
    made.bench.decisions.tell(id, Overridden("exact wrong"))
    await settled(made)
    assert not said(made)
    made.bench.decisions.tell(id, Overridden("intro x"))
    await settled(made)
    assert Overridden("intro x") in said(made).values()
