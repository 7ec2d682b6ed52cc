"""The loop, closed: decisions in an editor → records → a night of FD and GRPO → the editor again.

Real throughout: `fd-server` over LSP, Lean, the event store, `fd-trainer run`, the registry, vLLM
where there is one. Two parts stand in: the policy is a small model schooled on lanterns, and the
critic's language model is a labelled fake behind real HTTP (`support.tutor`).
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fd_core import locations
from fd_core.adapter import Adapter
from fd_core.registry import FolderRegistry
from fd_core.store import open_store
from support.lsp_client import Editor, start_real
from support.tutor import Tutor, advice, tutoring

pytestmark = [pytest.mark.lean, pytest.mark.models, pytest.mark.slow, pytest.mark.timeout(900)]

TRAINER = Path(sys.executable).with_name("fd-trainer")
VERSIONS = itertools.count(20)
HELD_OUT = 88
"""A number that no goal of the training file has: its goals are new to every policy."""
SAMPLES, ASKED_AGAIN = 40, 4
"""Attempts of the model at a goal, which is also how much is shown; how often a goal is asked about
until the model was heard at all, as a machine under load may cut it off."""


@dataclass(frozen=True)
class Home:
    """One user's machine: a project, settings, records, and the night's configuration."""

    root: Path
    model: Path

    @property
    def file(self) -> Path:
        return self.root / "project" / "Lanterns.lean"

    @property
    def data(self) -> Path:
        return self.root / "data"

    def environment(self) -> dict[str, str]:
        return {
            "FD_DATA_DIR": str(self.data), "FD_CONFIG": str(self.root / "config.toml"),
            "FD_STORE__CONSENT": "yes", "OMP_NUM_THREADS": "1",
        }  # fmt: skip

    def night(self, endpoint: str) -> Path:
        path = self.root / "night.toml"
        path.write_text(
            f"""
[run]
method = "fd_then_grpo"
steps = 20
fd_share = 0.7
problems_per_step = 9
survey = 18
[data]
projects = ["{self.file.parent}"]
rollouts = "step"
held_out = 0.35
queue = false
frozen = false
[rollout]
max_tokens = 20
step_prompt = "fd-tactic-1"
[critic]
kind = "language_model"
endpoint = "{endpoint}"
model = "tutor"
preflight = {{ action = "warn", problems = 5, samples = 2 }}
[gate]
forgetting_bound = 0.2
forgetting_limit = 0.5
[evaluation]
samples = 4
ks = [1, 2, 4]
max_tokens = 20
every_steps = 7
during_samples = 2
""",
            encoding="utf-8",
        )
        return path


@pytest.fixture
def home(tmp_path: Path) -> Home:
    from fd_trainer import lanterns
    from fd_trainer.starter import starter

    model = starter(locations.cache_dir() / "starters", advice)
    home = Home(tmp_path, model)
    home.file.parent.mkdir()
    home.file.write_text(lanterns.project_text(), encoding="utf-8")
    (tmp_path / "config.toml").write_text(
        f'[policy]\nkind = "transformers_local"\nmodel = "{model}"\nsamples = 8\n'
    )
    return home


@pytest.fixture
async def editor(home: Home) -> AsyncIterator[Editor]:
    editor = await start_real(home.data, **home.environment())
    await editor.begin(root=home.file.parent)
    yield editor
    await editor.stop()


async def test_what_was_decided_by_day_is_offered_after_the_night(
    home: Home, editor: Editor
) -> None:
    from fd_trainer import lanterns

    pupil, known = lanterns.HIDDEN[0], lanterns.KNOWN[0]
    await work_for_a_day(home, editor, known=known, hidden=pupil)
    kinds = [type(event).__name__ for _, event in open_store(home.data / "events.db").since()]
    assert {"SuggestionOffered", "SuggestionResolved"} <= set(kinds)

    # What the user wrote at one kind, the instant memory knows at once. It comes before the model,
    # so the editor shows what the model has learned on the other hidden kinds alone.
    others = [lantern for lantern in lanterns.HIDDEN if lantern != pupil]
    before = {lantern: await heard(editor, home, lantern) for lantern in others}
    unknown = [lantern for lantern, found in before.items() if not key_of(found, lantern)]
    assert unknown, "the starting policy was schooled to be sure of a wrong key"

    async with tutoring() as tutor:
        told = await one_night(home, tutor)
    assert_feedback_was_read(tutor)

    adapter = FolderRegistry(home.data / "adapters").promoted()
    assert adapter is not None, told
    after = {lantern: await heard(editor, home, lantern) for lantern in unknown}
    assert {c["adapterId"] for found in after.values() for c in found} == {adapter.id}
    learned = {lantern.predicate: key_of(found, lantern) for lantern, found in after.items()}
    assert all(learned.values()), (learned, after, told)
    await same_words_from_vllm(home, adapter, pupil)


async def work_for_a_day(home: Home, editor: Editor, *, known: Any, hidden: Any) -> None:
    """Take a suggestion at a goal of a kind that the policy knows; write one's own at another."""
    text = home.file.read_text(encoding="utf-8")
    uri = editor.open(home.file, text)
    line = line_of(text, known)
    asked = {"uri": uri, "position": {"line": line, "character": 3}, "seconds": 20}
    taken = await until_offered(editor, asked, known, home)
    editor.edit(uri, 2, (line, 2), (line, 7), taken["text"])
    await editor.ask_raw(
        "workspace/executeCommand", {"command": "fd.accept", "arguments": [taken["id"]]}
    )
    line = line_of(text, hidden)
    asked = {"uri": uri, "position": {"line": line, "character": 3}, "seconds": 20}
    found = await editor.ask("fd/suggest", asked)
    assert found["candidates"], "something was offered, and the user wrote something else"
    editor.edit(uri, 3, (line, 2), (line, 7), hidden.tactic())
    await editor.ask(
        "fd/decision",
        {
            "suggestionId": found["candidates"][0]["id"],
            "kind": "overridden",
            "text": hidden.tactic(),
        },
    )


async def until_offered(
    editor: Editor, asked: dict[str, Any], lantern: Any, home: Home
) -> dict[str, Any]:
    """Ask until the model has been loaded and speaks."""
    for _ in range(20):
        found = await editor.ask("fd/suggest", asked)
        own = [c for c in found["candidates"] if c["baseModel"] == str(home.model)]
        if (right := key_of(own, lantern)) is not None:
            return right
        await asyncio.sleep(1)
    raise AssertionError((found, editor.states()))


async def heard(editor: Editor, home: Home, lantern: Any) -> list[dict[str, Any]]:
    """What the model proposes at a goal of a kind with a new number, refused proposals included.

    One request with `SAMPLES` attempts counts: the first in which the model was heard and judged.
    """
    uri, text = home.file.as_uri(), home.file.read_text(encoding="utf-8")
    text += "\n" + lantern.theorem("held_out", HELD_OUT)
    place = {"line": text.count("\n") - 1, "character": 3}
    asked = {"uri": uri, "position": place, "seconds": 10, "limit": SAMPLES, "includeFailed": True}
    for _ in range(ASKED_AGAIN):
        editor.replace_all(uri, next(VERSIONS), text)
        found = await editor.ask("fd/suggest", asked)
        own = [c for c in found["candidates"] if c["baseModel"] == str(home.model)]
        if own and not any(c["verdict"]["kind"] == "undecided" for c in own):
            return own
    raise AssertionError((lantern, found, editor.states()))


def key_of(found: list[dict[str, Any]], lantern: Any) -> dict[str, Any] | None:
    """The lantern's key, if it was proposed; Lean closed the goal with it then."""
    right = next((c for c in found if c["text"] == lantern.tactic()), None)
    assert right is None or right["verdict"]["kind"] == "closed", right
    return right


def line_of(text: str, lantern: Any) -> int:
    """The line of the first `sorry` of a kind."""
    starts = re.compile(rf"theorem \w+ : {lantern.predicate} ")
    return next(i for i, line in enumerate(text.split("\n")) if starts.match(line)) + 1


async def one_night(home: Home, tutor: Tutor) -> str:
    """`fd-trainer run` as a user starts it."""
    process = await asyncio.create_subprocess_exec(
        TRAINER, "run", "--preset", "tiny", "--config", home.night(tutor.url),
        env={**os.environ, **home.environment()}, stdout=-1, stderr=-2,
    )  # fmt: skip
    said, _ = await asyncio.wait_for(process.communicate(), 800)
    assert process.returncode == 0, said.decode()[-4000:]
    return said.decode()


def assert_feedback_was_read(tutor: Tutor) -> None:
    assert tutor.heard, "no attempt was ever criticised"
    assert any("is expected to have type" in text for text in tutor.heard), "Lean's words"


async def same_words_from_vllm(home: Home, adapter: Adapter, lantern: Any) -> None:
    """The published adapter in a real vLLM says what it says in process, where there is a vLLM."""
    from support import availability

    if not availability.vllm().present:
        return
    said = await asyncio.to_thread(_greedy_in_vllm, home, adapter, lantern)
    assert said.startswith(lantern.tactic()), said


def _greedy_in_vllm(home: Home, adapter: Adapter, lantern: Any) -> str:
    import httpx
    from fd_core import prompt
    from fd_core.policy.vllm_server import ServeOptions, VllmServer
    from support.availability import vllm_environment

    asked = prompt.render("fd-tactic-1", lantern.state(HELD_OUT)).text
    options = ServeOptions(
        str(home.model),
        port=free_port(),
        max_lora_rank=16,
        extra=("--dtype", "float32", "--enforce-eager", "--max-num-seqs", "8"),
        start_timeout_s=600,
    )
    server = VllmServer(vllm_environment(), options)
    server.start()
    try:
        server.wait_until_ready(print)
        server.load(adapter)
        body = {"model": adapter.id, "prompt": asked, "max_tokens": 20, "temperature": 0}
        answer = httpx.post(f"{server.url}/completions", json=body, timeout=60)
        return str(json.loads(answer.text)["choices"][0]["text"])
    finally:
        server.stop()


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
