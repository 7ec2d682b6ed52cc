"""What became of accepted texts and open proofs: at 30 s, at a clean save, at a commit."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from fd_core.errors import LeanCrashedError
from fd_core.events import ProofObserved, SuggestionOffered, SuggestionSurvived
from fd_core.proof import Document, Position, Range
from fd_core.suggestion import Message
from fd_server import survival
from fd_server.features.inline_completion import inline_completion
from fd_server.git_head import commit_of
from lsprotocol import types
from support.benches import Bench, make_bench, settled

TEXT = "theorem one (h : p) : p := by\n  \n\ntheorem two : q := by\n  sorry\n"
SCRIPT = {"candidates": ["exact h"], "verdicts": {"exact h": "closed"}}


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(survival, "AFTER_S", 0.05)
    git = tmp_path / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "refs" / "heads" / "main").write_text("1111\n")
    return make_bench(tmp_path, SCRIPT)


async def take(made: Bench) -> Document:
    document = made.open(TEXT)
    await inline_completion(
        made.bench,
        types.InlineCompletionParams(
            types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic),
            types.TextDocumentIdentifier(document.uri), types.Position(1, 2),
        ),
    )  # fmt: skip
    await settled(made)
    offer = next(e for e in made.events if isinstance(e, SuggestionOffered))
    at = TEXT.index("  \n") + 2
    document = made.edit(document, at, at, "exact h")
    assert made.bench.decisions.accept(offer.suggestion_id)
    return document


def survived(made: Bench) -> dict[str, bool]:
    return {e.moment: e.kept for e in made.events if isinstance(e, SuggestionSurvived)}


async def save(made: Bench, document: Document) -> None:
    project = await made.bench.project_of(document.uri)
    assert project is not None
    assert made.bench.observer.has_news(document)
    await made.bench.observer.saved(document, project)


async def test_kept_after_a_while_at_a_clean_save_and_at_the_commit(made: Bench) -> None:
    document = await take(made)
    document = made.edit(document, 0, 0, "-- moved down\n")
    await asyncio.sleep(0.1)
    assert survived(made) == {"after_30s": True}
    await save(made, document)
    made.bench.survivals.look_for_commits()
    assert survived(made) == {"after_30s": True, "at_clean_save": True}
    (made.folder / ".git" / "refs" / "heads" / "main").write_text("2222\n")
    made.bench.survivals.look_for_commits()
    assert survived(made)["at_commit"] is True


async def test_a_commit_that_comes_first_takes_nothing_from_what_is_told_after_a_while(
    made: Bench,
) -> None:
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
    await take(made)
    (made.folder / ".git" / "refs" / "heads" / "main").write_text("2222\n")
    made.bench.survivals.look_for_commits()
    assert survived(made) == {"at_commit": True}
    await asyncio.sleep(0.1)
    assert not faults
    assert survived(made) == {"at_commit": True, "after_30s": True}
    assert not made.bench.survivals.waits
    assert not made.bench.survivals._timers


async def test_rewritten_is_not_kept_and_says_what_stands_there(made: Bench) -> None:
    document = await take(made)
    made.type(document, "exact h", "assumption")
    await asyncio.sleep(0.1)
    event = next(e for e in made.events if isinstance(e, SuggestionSurvived))
    assert not event.kept
    assert event.text == "assumption"


async def test_a_save_with_an_error_there_is_not_clean(made: Bench) -> None:
    document = await take(made)
    made.lean.diagnostics = _failing  # type: ignore[method-assign]
    await save(made, document)
    assert "at_clean_save" not in survived(made)


async def _failing(document: Document) -> tuple[Message, ...]:
    return (Message("error", "no", Range(Position(1, 2), Position(1, 9))),)


async def test_of_a_closed_document_the_file_on_disk_tells(made: Bench) -> None:
    document = await take(made)
    (made.folder / "A.lean").write_text(document.text)
    made.bench.decisions.closed(document.uri)
    made.bench.documents.close(document.uri)
    (made.folder / ".git" / "refs" / "heads" / "main").write_text("2222\n")
    made.bench.survivals.look_for_commits()
    assert survived(made)["at_commit"] is True


async def test_a_proof_without_sorry_is_observed_at_the_save_once(made: Bench) -> None:
    document = await take(made)
    await save(made, document)
    observed = [e for e in made.events if isinstance(e, ProofObserved)]
    assert [(e.declaration, e.proof) for e in observed] == [("one", ":= by\n  exact h")]
    assert observed[0].statement == "theorem one (h : p) : p"
    assert not observed[0].proved, "nothing is called proved before an audit"
    assert not made.bench.observer.has_news(document)


async def test_an_open_or_failing_proof_is_not_observed(made: Bench) -> None:
    document = made.open(TEXT)
    document = made.type(document, "sorry", "skip\n  sorry")
    await save(made, document)
    assert not [e for e in made.events if isinstance(e, ProofObserved)]


async def test_what_stands_below_an_exit_or_what_lean_never_came_to_is_not_observed(
    made: Bench,
) -> None:
    document = await take(made)
    document = made.edit(document, 0, 0, "#exit\n\n")
    made.lean.diagnostics = _exit  # type: ignore[method-assign]
    await save(made, document)
    made.lean.diagnostics = _crashed  # type: ignore[method-assign]
    document = made.edit(document, 0, 0, "-- again\n")
    with pytest.raises(LeanCrashedError):
        await save(made, document)
    assert not [e for e in made.events if isinstance(e, ProofObserved)]
    assert "at_clean_save" not in survived(made)
    assert made.bench.observer.has_news(document), "the next save asks again"


@pytest.mark.parametrize("then", ["edited", "closed"])
async def test_what_was_edited_or_closed_while_lean_read_it_is_left_to_the_next_save(
    made: Bench, then: str
) -> None:
    document = await take(made)

    async def meanwhile(document: Document) -> tuple[Message, ...]:
        if then == "edited":
            made.type(document, "exact h", "assumption")
        else:
            made.bench.observer.closed(document.uri)
            made.bench.documents.close(document.uri)
        return ()

    made.lean.diagnostics = meanwhile  # type: ignore[method-assign]
    await save(made, document)
    assert not [e for e in made.events if isinstance(e, ProofObserved)]
    assert "at_clean_save" not in survived(made)
    assert (document.uri in made.bench.observer._known) == (then == "edited")


async def _exit(document: Document) -> tuple[Message, ...]:
    said = "using 'exit' to interrupt Lean"
    return (Message("warning", said, Range(Position(0, 0), Position(0, 5))),)


async def _crashed(document: Document) -> tuple[Message, ...]:
    raise LeanCrashedError("as told")


def test_commits_are_read_from_packed_refs_and_worktrees(tmp_path: Path) -> None:
    git = tmp_path / "a" / ".git"
    (git / "worktrees" / "b").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "packed-refs").write_text("# pack-refs\n3333 refs/heads/main\n4444 refs/heads/side\n")
    assert commit_of(tmp_path / "a") == "3333"
    (git / "worktrees" / "b" / "HEAD").write_text("ref: refs/heads/side\n")
    (git / "worktrees" / "b" / "commondir").write_text("../..\n")
    tree = tmp_path / "b" / "deep"
    tree.mkdir(parents=True)
    (tmp_path / "b" / ".git").write_text(f"gitdir: {git / 'worktrees' / 'b'}\n")
    assert commit_of(tree) == "4444"
    (git / "HEAD").write_text("5555\n")
    assert commit_of(tmp_path / "a") == "5555"
    assert commit_of(tmp_path) == ""
