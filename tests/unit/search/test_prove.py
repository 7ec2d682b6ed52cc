"""From goal to audited edit, and whole documents, on a toy prover."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fd_core.proof import Complete, Document, ProofState
from fd_core.search.prove import NothingFound, ProofFound, ProofUnaudited, prove
from fd_core.search.prove_document import SiteAttempt, prove_all
from fd_core.settings import SearchSettings
from fd_core.sites import open_sites
from fd_core.suggestion import NotProved
from support.toy_prover import ToyLean, ToyPolicy, theorem

SETTINGS = SearchSettings(nodes=200, seconds=20, width=8)


async def proved(claim: str, **changed: object) -> tuple[ProofFound, ToyLean]:
    lean = ToyLean()
    site = open_sites(theorem(claim))[0][1]
    outcome = await prove(site, ToyPolicy(), lean, SETTINGS.model_copy(update=changed))
    assert isinstance(outcome, ProofFound)
    return outcome, lean


async def test_the_edit_gives_the_audited_document() -> None:
    outcome, lean = await proved(": p ∧ q → q ∧ p")
    document = theorem(": p ∧ q → q ∧ p")
    assert document.replaced(outcome.edit.range, outcome.edit.text) == outcome.document
    assert lean.audits[-1] == outcome.document.text
    assert outcome.audit.declaration == "t"
    assert outcome.spent.nodes > 0
    assert outcome.spent.tried >= outcome.spent.nodes


async def test_without_minimising_one_audit_is_enough() -> None:
    outcome, lean = await proved(": p ∧ q → q ∧ p", minimise=False)
    assert outcome.text == outcome.first_text
    assert len(lean.audits) == 1


async def test_what_was_minimised_is_audited_again() -> None:
    detour = "intro h\nhave a b from h\nhave c d from h\nconstructor\n· exact b\n· exact a"
    site = open_sites(theorem(": p ∧ q → q ∧ p"))[0][1]
    lean = ToyLean()
    outcome = await prove(site, ToyPolicy(whole=(detour,)), lean, SETTINGS)
    assert isinstance(outcome, ProofFound)
    assert outcome.first_text == detour
    assert outcome.text.count("have") == 1
    assert len(lean.audits) == 2


async def test_if_the_second_audit_refuses_the_first_text_stands() -> None:
    detour = "intro h\nskip\nhave a b from h\nconstructor\n· exact b\n· exact a"

    class Strict(ToyLean):
        async def audit(self, challenge, solution, declaration):  # type: ignore[no-untyped-def]
            result = await super().audit(challenge, solution, declaration)
            if "skip" in solution.text:
                return result
            return NotProved(declaration, ("not today",), 0.0)

    site = open_sites(theorem(": p ∧ q → q ∧ p"))[0][1]
    outcome = await prove(site, ToyPolicy(whole=(detour,)), Strict(), SETTINGS)
    assert isinstance(outcome, ProofFound)
    assert outcome.text == detour


async def test_a_refused_audit_gives_no_edit_to_write() -> None:
    site = open_sites(theorem(": p → p"))[0][1]
    outcome = await prove(site, ToyPolicy(), ToyLean(refuse_audits_of="intro"), SETTINGS)
    assert isinstance(outcome, ProofUnaudited)
    assert outcome.reason == "refused for this test"


async def test_nothing_found_says_why() -> None:
    site = open_sites(theorem(": p → q"))[0][1]
    outcome = await prove(site, ToyPolicy(), ToyLean(), SETTINGS)
    assert isinstance(outcome, NothingFound)
    assert outcome.reason in ("nothing left to try", "out of nodes")
    assert outcome.spent.tried > 0


async def test_no_goal_no_search() -> None:
    class Done(ToyLean):
        async def goals_at(self, site):  # type: ignore[no-untyped-def]
            return Complete()

    lean = Done()
    outcome = await prove(open_sites(theorem(": p → p"))[0][1], ToyPolicy(), lean, SETTINGS)
    assert isinstance(outcome, NothingFound)
    assert lean.checks == []


async def test_events_are_heard() -> None:
    heard: list[str] = []
    site = open_sites(theorem(": p → p"))[0][1]
    await prove(
        site, ToyPolicy(), ToyLean(), SETTINGS, listener=lambda e: heard.append(type(e).__name__)
    )
    assert heard[-2:] == ["SolutionFound", "Finished"]
    assert "NodeExpanded" in heard


async def test_a_state_may_be_given() -> None:
    lean = ToyLean()
    state = await lean.goals_at(open_sites(theorem(": p → p"))[0][1])
    assert isinstance(state, ProofState)
    assert isinstance(await prove(state, ToyPolicy(), lean, SETTINGS), ProofFound)


FILE = """theorem a (p q : Prop) : p ∧ q → q ∧ p := by
  sorry
theorem no (p q : Prop) : p → q := by
  sorry
theorem two (p q : Prop) (h : p ∧ q) : (q ∧ p) ∧ (p → p) := by
  constructor
  · sorry
  · sorry
theorem half (p q : Prop) (h : p) : p ∧ q := by
  constructor
  · sorry
  · sorry
theorem last (p : Prop) : p → p := by sorry
"""


async def all_of(text: str, lean: ToyLean) -> list[SiteAttempt]:
    document = Document("file:///toy.lean", 1, text)
    return [attempt async for attempt in prove_all(document, ToyPolicy(), lean, SETTINGS)]


async def test_a_whole_document() -> None:
    lean = ToyLean()
    attempts = await all_of(FILE, lean)
    result = attempts[-1].document
    assert [a.declaration for a in attempts] == ["a", "no", "two", "two", "half", "half", "last"]
    still_open = [d.name for d, _ in open_sites(result)]
    assert still_open == ["no", "half", "half"]
    kept = [line for line in FILE.split("\n") if line.startswith("theorem")]
    assert [line for line in result.text.split("\n") if line.startswith("theorem")][:4] == kept[:4]


async def test_each_kept_declaration_was_audited_against_what_was_asked() -> None:
    lean = ToyLean()
    result = (await all_of(FILE, lean))[-1].document
    challenge = Document("file:///toy.lean", 1, FILE)
    for name in ("a", "two", "last"):
        assert (
            type(await lean.audit(challenge_up_to(challenge, result, name), result, name)).__name__
            == "Proved"
        )


def challenge_up_to(challenge: Document, result: Document, name: str) -> Document:
    """The challenge with the proofs above `name` as they were kept."""
    head = result.text[: result.text.index(f"theorem {name} ")]
    tail = challenge.text[challenge.text.index(f"theorem {name} ") :]
    return replace(challenge, text=head + tail)


async def test_nothing_to_do() -> None:
    assert (
        await all_of("theorem a (p : Prop) : p → p := by\n  intro h\n  exact h\n", ToyLean()) == []
    )


@pytest.mark.parametrize("text", ["", "sorry", "def x := sorry\n", "-- sorry\n"])
async def test_odd_documents(text: str) -> None:
    attempts = await all_of(text, ToyLean())
    assert all(isinstance(attempt.outcome, NothingFound) for attempt in attempts)
