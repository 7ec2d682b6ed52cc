"""Invariant 6: serving and training render prompts with one function, and its version is stored."""

import ast
from pathlib import Path

import pytest
from fd_core import prompt
from fd_core.events import SuggestionOffered
from fd_core.policy.openai_compatible import SamplingSettings
from fd_core.ports import SampleRequest
from fd_core.store import open_store
from support.lsp_client import start_fake
from support.source_tree import MODULES
from support.states import state_of

SCRIPT = {"candidates": ["exact h"], "verdicts": {"exact h": "closed"}}


STATE = state_of("n : Nat\n⊢ n + 0 = n")


def test_every_policy_over_a_model_takes_its_prompt_from_the_renderer() -> None:
    """`render` is called at one place, and every policy over a model asks there."""
    callers = {
        module.name
        for module in MODULES
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("render", "prompt.render")
        if "fd_core.prompt.render" in module.imports and module.within("fd_core", "fd_server")
    }
    assert callers == {"fd_core.policy.openai_compatible"}
    for name in ("fd_core.policy.openai_compatible", "fd_core.policy.transformers_local.policy"):
        module = next(module for module in MODULES if module.name == name)
        assert "fd_core.policy.openai_compatible.SamplingSettings" in module.imports | {
            f"{name}.SamplingSettings"
        }
        assert "fd_core.prompt.parse" in module.imports


@pytest.mark.parametrize("whole_proof", [False, True])
def test_what_is_sampled_from_is_what_render_gives(whole_proof: bool) -> None:
    settings = SamplingSettings()
    served = settings.prompt(SampleRequest(STATE, whole_proof=whole_proof))
    name = settings.proof_format if whole_proof else settings.step_format
    assert served == prompt.render(name, STATE)
    assert served.format.name == name


async def test_the_version_is_stored_with_every_event_of_a_model(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[store]\nconsent = "yes"\n')
    editor = await start_fake(SCRIPT, tmp_path)
    await editor.begin()
    uri = editor.open(tmp_path / "A.lean", "theorem one (h : p) : p := by\n  \n")
    assert await editor.ghosts(uri, 1, 2)
    await editor.stop()
    store = open_store(tmp_path / "events.db", read_only=True)
    events = [event for _, event in store.since() if isinstance(event, SuggestionOffered)]
    store.close()
    assert events
    for event in events:
        assert event.base_model == "fake-model"
        assert event.adapter_id == "fake-adapter"
        # The store keeps what the policy named; that real ones name `PromptFormat.version`, their
        # own tests hold.
        assert event.prompt_format == "fake"
