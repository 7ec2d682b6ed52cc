"""How well a night on lanterns teaches, over seeds: the demo's night, or that of the loop's test.

    OMP_NUM_THREADS=1 python benchmarks/lantern_nights.py [--seeds 10] [--critic lean | tutor]

The product's whole night with a FAKE Lean that knows the lanterns' rule (`tests/support/lantern_lean`):
it says what Lean says, at once. Prints the exact probability of each hidden kind's key, at a goal that no
night saw and at the editor's temperature, before and after; and of the known kind that fared worst.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import math
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import fmean
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import torch
from fd_core import prompt
from fd_core.registry import FolderRegistry
from fd_trainer import lanterns
from fd_trainer.commands import demo
from fd_trainer.config import load
from fd_trainer.run import checks, choosing, launch, leans
from fd_trainer.run.composition import RealParts
from fd_trainer.run.folder import new_run
from fd_trainer.run.night import Night
from fd_trainer.run.quiet import quieten
from fd_trainer.run.screen import Screen
from fd_trainer.starter import leans_own_words, starter
from support.lantern_lean import LanternLeans
from support.tutor import advice, tutoring

NEW_NUMBERS = (11, 26, 61, 73, 88)
TEMPERATURE = 0.9
Chances = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--critic", choices=("lean", "tutor"), default="lean")
    given = parser.parse_args()
    torch.set_num_threads(1)
    quieten()
    leans.Leans = LanternLeans  # type: ignore[assignment,misc]
    checks._lean = lambda night, settings: iter(())
    with tempfile.TemporaryDirectory() as scratch:
        began = time.process_time()
        speaks = advice if given.critic == "tutor" else leans_own_words
        model = starter(Path(scratch) / "starters", speaks)
        print(f"schooled in {time.process_time() - began:.0f} CPU-s")
        start = chances(model, None)
        print(f"start: {words(start)}")
        ends = []
        for seed in range(given.seeds):
            root = Path(scratch) / str(seed)
            began = time.process_time()
            verdict, after = asyncio.run(night(root, model, seed, given.critic))
            spent = time.process_time() - began
            ends.append(after)
            print(f"seed {seed}: {words(after)}; {spent:.0f} CPU-s; {verdict}", flush=True)
    hidden = [[end[kind.predicate] for end in ends] for kind in lanterns.HIDDEN]
    print(f"hidden: mean {fmean(map(fmean, hidden)):.2f}, least {min(map(min, hidden)):.2f}")


async def night(root: Path, model: Path, seed: int, critic: str) -> tuple[str, Chances]:
    """One night in a folder of its own: its verdict, and what the candidate would say."""
    (root / "project").mkdir(parents=True)
    (root / "project" / "Lanterns.lean").write_text(lanterns.project_text(), encoding="utf-8")
    os.environ |= {"FD_DATA_DIR": f"{root}/data", "FD_CACHE_DIR": f"{root}/cache"}
    os.environ["FD_CONFIG"] = f"{root}/config.toml"
    async with AsyncExitStack() as stack:
        changes: dict[str, Any] = {
            "run": {"seed": seed}, "model": {"base": str(model)},
            "data": {"projects": [str(root / "project")]},
        }  # fmt: skip
        base = dict(demo._SETTINGS)
        if critic == "tutor":
            del base["algorithms"]  # as in the loop's test: the preset's
            tutor = await stack.enter_async_context(tutoring())
            changes["critic"] = {"kind": "language_model", "endpoint": tutor.url, "model": "tutor"}
        settings = load.merged(base, changes)
        loaded = load.load(preset="tiny", overrides=settings)
        folder, screen = new_run(), Screen(io.StringIO())
        choosing.begin(folder, loaded.night, loaded.preset)
        parts = RealParts(loaded.night, folder, FolderRegistry(), screen)
        stand = launch._stand(folder, loaded.night, loaded.preset, screen, parts)
        verdict = await Night(stand, lambda _: None).run()
    (candidate,) = (root / "data" / "adapters").glob("*/adapter_config.json")
    return verdict, chances(model, candidate.parent)


def chances(model: Path, adapter: Path | None) -> Chances:
    """Probability of the right answer by kind, without advice: a mean over new numbers."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    speaker: Any = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    if adapter is not None:
        speaker = PeftModel.from_pretrained(speaker, adapter)
    speaker.eval()
    return {
        kind.predicate: fmean(chance(speaker, tokenizer, kind, n) for n in NEW_NUMBERS)
        for kind in lanterns.LANTERNS
    }


def chance(speaker: Any, tokenizer: Any, kind: lanterns.Lantern, number: int) -> float:
    """Of the key's step and the mark that ends it, at the editor's temperature."""
    asked = tokenizer(prompt.render(lanterns.FORMAT, kind.state(number)).text).input_ids
    answer = tokenizer(f"{kind.tactic()}\n```").input_ids
    with torch.no_grad():
        logits = speaker(torch.tensor([asked + answer])).logits[0, len(asked) - 1 : -1]
    logs = (logits / TEMPERATURE).log_softmax(-1)
    return math.exp(float(logs.gather(1, torch.tensor(answer)[:, None]).sum()))


def words(found: Chances) -> str:
    """The hidden kinds, and the worst of the known."""
    hidden: Sequence[str] = [f"{k.predicate} {found[k.predicate]:.3f}" for k in lanterns.HIDDEN]
    worst = min(found[kind.predicate] for kind in lanterns.KNOWN)
    return f"{', '.join(hidden)}; known at least {worst:.2f}"


if __name__ == "__main__":
    main()
