"""Invariant 3: the user's file is never modified to test a candidate."""

import ast
from pathlib import Path

import pytest
from lsprotocol import types
from support.lsp_client import Editor, start_fake
from support.source_tree import MODULES, Module

TEXT = "theorem one (h : p) : p := by\n  sorry\n\ntheorem two (h : p) : p := by\n  \n\n#check 0\n"
SCRIPT = {
    "candidates": ["exact nope", "constructor", "exact h"],
    "verdicts": {"exact h": "closed", "constructor": ["q", "r"]},
}

Snapshot = dict[str, tuple[int, bytes]]


def snapshot(folder: Path) -> Snapshot:
    """Every file with its time and content."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


async def _ask_for_everything(editor: Editor, uri: str) -> None:
    document = types.TextDocumentIdentifier(uri)
    assert await editor.ghosts(uri, 4, 2)
    await editor.text_document_completion_async(
        types.CompletionParams(document, types.Position(4, 2))
    )
    await editor.text_document_code_action_async(
        types.CodeActionParams(
            document,
            types.Range(types.Position(1, 2), types.Position(1, 7)),
            types.CodeActionContext([]),
        )
    )
    place = {"uri": uri, "position": {"line": 4, "character": 2}}
    await editor.ask("fd/suggest", place)
    await editor.ask("fd/whyNot", {**place, "text": "exact h"})
    await editor.ask("fd/prove", {"uri": uri, "position": {"line": 1, "character": 4}})


async def test_asking_for_everything_touches_no_file_of_the_project(tmp_path: Path) -> None:
    project, data = tmp_path / "project", tmp_path / "data"
    project.mkdir()
    data.mkdir()
    (project / "lean-toolchain").write_text("leanprover/lean4:v4.27.0\n")
    file = project / "A.lean"
    file.write_text(TEXT)
    file.chmod(0o400)
    project.chmod(0o500)
    before = snapshot(project)
    editor = await start_fake(SCRIPT, data)
    try:
        await editor.begin(root=project)
        await _ask_for_everything(editor, editor.open(file, TEXT))
        assert editor.applied == []  # no edit is forced on the editor either
        assert snapshot(project) == before
    finally:
        await editor.stop()
        project.chmod(0o700)


@pytest.mark.lean
async def test_the_live_checker_touches_no_file_of_the_project(tmp_path: Path) -> None:
    from fd_core.lean.opening import open_lean
    from fd_core.proof import Document, Position, ProofSite, ProofState, Range
    from fd_core.settings import LeanSettings
    from fd_core.suggestion import Candidate, Closed, Origin

    text = "theorem here (n : Nat) : n + 0 = n := by\n  sorry\n"
    (tmp_path / "A.lean").write_text(text)
    before = snapshot(tmp_path)
    document = Document((tmp_path / "A.lean").as_uri(), 1, text)
    site = ProofSite(document, Range(Position(1, 2), Position(1, 7)))
    lean = open_lean(tmp_path, LeanSettings(executable=None), {})
    try:
        state = await lean.goals_at(site)
        assert isinstance(state, ProofState)
        texts = ("rfl", "simp", "exact nope", "induction n")
        candidates = [Candidate(text, Origin("user")) for text in texts]
        verdicts = {j.candidate.text: j.verdict async for j in lean.check(state, candidates)}
    finally:
        await lean.aclose()
    assert isinstance(verdicts["rfl"], Closed)
    assert snapshot(tmp_path) == before


WRITERS = {
    "fd_core.adapter_files": "copies of adapters, in the registry",
    "fd_core.durable_file": "`replace_file`, whose callers are listed below",
    "fd_core.file_lock": "lock files",
    "fd_core.lean.audit": "the audit's program, in a temporary folder",
    "fd_core.lean.audit_compile": "the declaration to audit, in a temporary folder",
    "fd_core.lean.audit_process": "logs, in a temporary folder",
    "fd_core.lean.recording": "a recording, where the user asked for one",
    "fd_core.policy.vllm_environment": "a mark in vLLM's own environment",
    "fd_core.policy.vllm_server": "vLLM's log",
    "fd_core.policy.device_turns": "whose turn it is on the accelerator",
    "fd_core.store.database": "the event store",
    "fd_core.store.export": "an export, where the user asked for one",
    "fd_core.store.journal": "the store's spill file",
    "fd_server.commands.elan": "elan's installer, in a temporary folder",
    "fd_server.transport": "stdout, as a file",
    "fd_tui.nights.starting": "what a run says before it has a folder",
    "fd_tui.proving.journal": "a session's journal",
    "fd_tui.proving.journals": "nothing: locks journals while it looks at them",
    "fd_tui.screens.session_tools": "a session as Markdown, where the user asked for it",
}
"""Every module that opens a file for writing, and what it writes. None is a user's Lean file."""

REPLACERS = {
    "fd_core.night": "the queue",
    "fd_core.promoted_pointer": "the pointer",
    "fd_core.registry": "an adapter's metadata",
    "fd_core.store.consent": "the answer",
    "fd_core.writing": "a proved file, where the user said so (`prove --write`, fd-tui)",
    "fd_server.commands.demo": "a proved file, where the user asked for it",
    "fd_server.commands.answers": "the configuration",
}
"""Every module that replaces a file."""

PROOF_WRITERS = {"fd_server.commands.prove", "fd_tui.proving.writing"}
"""Every module that asks `fd_core.writing` to put a proof into a user's file."""


def _writes(module: Module) -> bool:
    return any(_is_write(node) for node in ast.walk(module.tree) if isinstance(node, ast.Call))


def _is_write(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    if name.endswith((".write_text", ".write_bytes", ".touch", "shutil.copy", "shutil.copyfile")):
        return True
    if name == "os.open":
        return any(flag in ast.unparse(call) for flag in ("O_WRONLY", "O_RDWR", "O_CREAT"))
    if name == "open" or name.endswith((".open", "fdopen")):
        texts = [a.value for a in call.args if isinstance(a, ast.Constant)]
        texts += [k.value.value for k in call.keywords if isinstance(k.value, ast.Constant)]
        return any(isinstance(t, str) and t and set(t) <= set("rwaxbt+") and set(t) & set("wax+")
                   for t in texts)  # fmt: skip
    return False


def test_whoever_writes_files_is_known() -> None:
    ours = [m for m in MODULES if m.within("fd_core", "fd_server", "fd_tui")]
    assert {m.name for m in ours if _writes(m)} <= set(WRITERS)
    replacers = {m.name for m in ours if "fd_core.durable_file.replace_file" in m.imports}
    assert replacers == set(REPLACERS)
    asking = {m.name for m in ours if "fd_core.writing.replace_text" in m.imports}
    assert asking == PROOF_WRITERS
