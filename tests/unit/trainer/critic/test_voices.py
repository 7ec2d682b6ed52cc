"""Critics that need no network, the guard around all, and what configuration refuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fd_core.errors import CriticError, LeanCrashedError, PolicyError, SettingsError
from fd_core.ports import Critic
from fd_core.proof import Document
from fd_core.settings import CriticSettings
from fd_core.suggestion import Message, PolicyVersion
from fd_trainer.config.critic import CriticConfig
from fd_trainer.critic.answer_cache import AnswerCache
from fd_trainer.critic.constant import Constant
from fd_trainer.critic.guarded import Guarded, House
from fd_trainer.critic.instruction import instruction, turns
from fd_trainer.critic.known_names import LeanNames, lemma_names
from fd_trainer.critic.lean_messages import LeanMessages
from fd_trainer.critic.opening import Surroundings, check, open_critic
from fd_trainer.critic.rules import Rules
from fd_trainer.critic.untrained import Untrained
from fd_trainer.critic.user import User
from fd_trainer.critic.voice import Advice, Answer, Complaint, Voice
from fd_trainer.ports import GuardedCritic
from fd_trainer.remark import Masked, Material, Remarked
from fd_trainer.rollout import Completion, Sampling
from support.fakes import FakeLean
from support.scripted_critic import CHATTY, GOOD, graded_of, problem_of
from support.states import state_of


class Echo:
    """FAKE sampler: gives set texts and remembers what it was asked."""

    def __init__(self, *texts: str, finish: str = "stop") -> None:
        self.version = PolicyVersion("echo")
        self.texts = list(texts)
        self.finish = finish
        self.asked: list[str] = []
        self.fails = False

    async def sample(
        self, prompt_ids: Sequence[int], sampling: Sampling, n: int = 1
    ) -> Sequence[Completion]:
        if self.fails:
            raise PolicyError("the sampler is gone", fix="Start it.")
        self.asked.append("".join(map(chr, prompt_ids)))
        text = self.texts.pop(0) if len(self.texts) > 1 else self.texts[0]
        return [Completion((1, 2), (0.0, 0.0), text, self.finish)]  # type: ignore[arg-type]


class Letters:
    def encode(self, text: str) -> list[int]:
        return [ord(letter) for letter in text]


def untrained(echo: Echo) -> Untrained:
    return Untrained("fd-critic-4", echo, Letters())  # type: ignore[arg-type]


async def remarked(voice: Voice, *messages: str, candidate: str = "simp", **house: Any) -> Remarked:
    got = await Guarded([voice], House(**house)).remark_on(
        problem_of(), graded_of(candidate, *messages)
    )
    assert isinstance(got, Remarked), got
    return got


async def test_lean_messages_come_as_they_are_and_a_proof_as_an_example() -> None:
    got = await remarked(LeanMessages(), "Lean: 3:4: unsolved goals\n⊢ q")
    assert "unsolved goals\n⊢ q" in got.feedback.text
    critic = Guarded([LeanMessages()])
    found = await critic.remark_on(problem_of(), graded_of("exact h.le", outcome="proved"))
    assert isinstance(found, Remarked)
    assert "```lean\nexact h.le\n```" in found.feedback.text
    assert isinstance(await critic.remark_on(problem_of(), graded_of("simp")), Masked)


async def test_the_user_shows_their_best_proof_or_leaves_it_to_the_next() -> None:
    critic = Guarded([User(), Rules()])
    problem = problem_of(references=("omega", "exact Nat.lt_succ_of_lt h"))
    own = await critic.remark_on(problem, graded_of("simp", "x"))
    assert isinstance(own, Remarked)
    assert "```lean\nomega\n```" in own.feedback.text
    other = await critic.remark_on(problem_of(), graded_of("simp", "x"))
    assert isinstance(other, Remarked)
    assert other.feedback.source.startswith("rules")


async def test_the_constant_says_the_same_and_its_source_tells_texts_apart() -> None:
    got = await remarked(Constant("Answer in as few words as possible."))
    assert got.feedback.text == "Answer in as few words as possible."
    assert got.feedback.source != Constant("Other").source


async def test_self_asks_the_frozen_policy_the_same_instruction() -> None:
    echo = Echo(GOOD.removeprefix("1. "))
    got = await remarked(untrained(echo), "no")
    assert got.feedback.text == GOOD
    assert got.feedback.source.startswith("self echo fd-critic-4#")
    assert got.cost.tokens_out == 2
    assert got.cost.money == 0.0
    assert "Act as a proof-engineering tutor." in echo.asked[0]
    assert echo.asked[0].endswith("1. ")


async def test_self_declines_when_the_sampler_has_moved_on_or_fails() -> None:
    echo = Echo(GOOD.removeprefix("1. "))
    voice = untrained(echo)
    echo.version = PolicyVersion("echo", "adapter-of-tonight")
    got = await Guarded([voice]).remark_on(problem_of(), graded_of("simp", "x"))
    assert isinstance(got, Masked)
    assert "adapter-of-tonight" in got.reason
    echo.version, echo.fails = PolicyVersion("echo"), True
    got = await Guarded([voice]).remark_on(problem_of(), graded_of("simp", "x"))
    assert isinstance(got, Masked)
    assert "gone" in got.reason
    cut = untrained(Echo("Use `omega` and", finish="length"))
    assert isinstance(await Guarded([cut]).remark_on(problem_of(), graded_of("simp", "x")), Masked)


async def test_a_second_try_hears_what_was_wrong() -> None:
    echo = Echo(f"Sure.\n{CHATTY}", GOOD.removeprefix("1. "))
    got = await remarked(untrained(echo), "no")
    assert got.feedback.text == GOOD
    assert len(echo.asked) == 2
    assert "broke these rules" in echo.asked[1]


async def test_format_mask_and_off(tmp_path: Path) -> None:
    bad = untrained(Echo("Sure, you did well."))
    problem, graded = problem_of(), graded_of("simp", "x")
    masked = await Guarded([bad], House("mask")).remark_on(problem, graded)
    assert isinstance(masked, Masked)
    assert "out of format" in masked.reason
    passed = await Guarded([bad], House("off")).remark_on(problem, graded)
    assert isinstance(passed, Remarked)
    assert any("words" in flag for flag in passed.flags)


async def test_what_a_cache_can_not_keep_is_used_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    critic = Guarded([untrained(Echo(GOOD[3:]))], cache=AnswerCache(tmp_path / "cache"))
    got = await critic.remark_on(problem_of(), graded_of("simp", "x"))
    assert isinstance(got, Remarked)
    assert any("cached" in flag for flag in got.flags)


async def test_long_feedback_loses_whole_orders_first() -> None:
    order = "Use `omega` on the target " + "after each of the rewriting steps " * 5
    text = "\n".join(f"{n}. {order.strip()}" for n in (1, 2, 3))
    got = await remarked(untrained(Echo(text[3:])), "x", max_chars=450)
    assert got.feedback.text == "\n".join(text.split("\n")[:2])
    got = await remarked(Constant("x" * 5_000), max_chars=200)
    assert len(got.feedback.text) <= 200


async def test_every_voice_is_a_critic_of_fd_core() -> None:
    voices: list[Voice] = [LeanMessages(), Rules(), User(), Constant("x"), untrained(Echo("x"))]
    for voice in voices:
        assert isinstance(voice, Critic)
    assert isinstance(Guarded(voices), GuardedCritic)
    feedback = await Rules().remark("theorem t : p", "simp", ["`simp` made no progress"])
    assert "`simp`" in feedback.text
    with pytest.raises(CriticError, match="no accepted proof"):
        await User().remark("theorem t : p", "simp", [])


def test_step_aligned_material_has_numbered_lines() -> None:
    told = instruction("fd-critic-steps-1")
    _, user = turns(told, Material("p", "intro n\nsimp\nomega", ("m",)))
    assert "1 | intro n\n2 | simp\n3 | omega" in user.text
    assert told.format.items == (1, 5)


def test_instructions_say_what_the_paper_asks_for() -> None:
    """METHOD §1.8, points 1 to 10, in the instruction of the main runs."""
    told = instruction("fd-critic-4")
    for words in ("tutor", "one to three", "10 to 50 words", "imperative", "stands alone", '"you"',
                  "future try", "tools", 'starts with "1."', "cut off"):  # fmt: skip
        assert words in told.system, words
    _, user = turns(told, Material("p", "a", (), truncated=True, tools=True))
    assert "was cut off" in user.text
    assert "Tools are at hand" in user.text
    _, user = turns(told, Material("p", "a", ()))
    assert "was cut off" not in user.text
    assert "No tools" in user.text


def test_references_are_shown_only_if_wished() -> None:
    told, material = (
        instruction("fd-critic-4"),
        Material("p", "a", (), references=("secret_proof",)),
    )
    assert "secret_proof" not in turns(told, material)[1].text
    shown = turns(told, material, references=True)[1].text
    assert "secret_proof" in shown
    assert "must not quote it whole" in shown


def test_lemma_names_are_those_recommended_and_not_local() -> None:
    text = (
        "1. Use `rw [Nat.add_comm, foo_bar h_1]` and `hn.le`, then `omega`.\n"
        "2. Do not cite `Nat.made_up`; use `List.length_append` instead."
    )
    found = lemma_names(text, context=["h_1", "hn"])
    assert found == ("Nat.add_comm", "foo_bar", "List.length_append")


class Names(FakeLean):
    """FAKE Lean that knows a few names."""

    asked_for: list[str]

    async def diagnostics(self, document: Document) -> tuple[Message, ...]:
        self.asked_for = document.text.splitlines()
        if self.crash:
            raise LeanCrashedError("gone")
        unknown = [
            line.split("@")[1] for line in self.asked_for if "#check" in line and "made" in line
        ]
        return tuple(Message("error", f"Unknown constant `{name}`") for name in unknown)


async def test_names_that_do_not_exist_are_flagged_or_mask() -> None:
    advice = (
        "1. Rewrite with `Nat.made_up` and `Nat.add_comm` before closing the goal by `omega` alone."
    )
    problem = problem_of(state_of("n : Nat\n⊢ n = n", above="theorem above : True := trivial"))
    lean = Names()
    for house, kind in ((House(), Remarked), (House(unknown_names="mask"), Masked)):
        critic = Guarded([untrained(Echo(advice[3:]))], house, names=LeanNames(lambda _: lean))
        got = await critic.remark_on(problem, graded_of("simp", "x"))
        assert isinstance(got, kind)
        words = got.flags[0] if isinstance(got, Remarked) else got.reason
        assert "`Nat.made_up`" in words
        assert "add_comm" not in words
    assert "theorem above : True := trivial" in lean.asked_for
    assert "theorem here" not in "\n".join(lean.asked_for)
    lean.crash = True
    critic = Guarded(
        [untrained(Echo(advice[3:]))], House(unknown_names="mask"), names=LeanNames(lambda _: lean)
    )
    assert isinstance(await critic.remark_on(problem, graded_of("simp", "x")), Remarked)


def config(**table: Any) -> CriticConfig:
    return CriticConfig.model_validate(table)


def test_the_users_settings_fill_what_the_night_leaves_out() -> None:
    settings = CriticSettings(
        kind="language_model", endpoint="http://h/v1", model="m", api="anthropic"
    )
    whole = config(prompt="fd-critic-3").completed(settings)
    assert (whole.kind, whole.endpoint, whole.model, whole.api) == (
        "language_model", "http://h/v1", "m", "anthropic",
    )  # fmt: skip
    assert config(kind="rules").completed(settings).kind == "rules"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"kind": "language_model"}, ["critic.endpoint", "critic.model"]),
        ({"kind": "constant"}, ["critic.text"]),
        ({"kind": "rules", "fallback": "rules"}, ["critic.fallback"]),
        ({"kind": "self"}, ["initial policy"]),
        ({"kind": "self", "prompt": "nope"}, ["no instruction `nope`", "fd-critic-4"]),
        (
            {"kind": "language_model", "endpoint": "http://h", "model": "m", "max_money": 1,
             "api_key_env": "NO_SUCH_KEY"},
            ['prices."m"', "NO_SUCH_KEY is not set"],
        ),
    ],
)  # fmt: skip
def test_all_that_is_wrong_is_said_at_once(table: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        check(config(**table), {}, frozen=False)
    for word in words:
        assert word in str(caught.value)


def test_every_kind_can_be_opened(tmp_path: Path) -> None:
    echo = Echo("x")
    around = Surroundings(tmp_path, frozen=echo, tokenizer=Letters())  # type: ignore[arg-type]
    tables: list[dict[str, Any]] = [
        {"kind": "lean_messages"}, {"kind": "rules"}, {"kind": "user", "fallback": "rules"},
        {"kind": "constant", "text": "x"}, {"kind": "self"},
        {"kind": "language_model", "endpoint": "http://h/v1", "model": "m"},
    ]  # fmt: skip
    for table in tables:
        critic = open_critic(config(cache=tmp_path / "cache", **table), around)
        assert critic.voices
        assert critic.spent.calls == 0
    assert list(tmp_path.iterdir()) == []  # nothing is written before something is asked


class Stubborn(Voice):
    """Says the same out of format for ever, and counts."""

    source = "stubborn"
    costly = True
    format = Rules.format

    def __init__(self) -> None:
        self.heard: list[Complaint | None] = []

    async def advise(self, material: Material, complaint: Complaint | None = None) -> Answer:
        self.heard.append(complaint)
        return Advice("You!")


async def test_there_is_one_second_try_and_no_third() -> None:
    voice = Stubborn()
    got = await Guarded([voice]).remark_on(problem_of(), graded_of("simp", "x"))
    assert isinstance(got, Masked)
    assert len(voice.heard) == 2
    assert voice.heard[1] is not None
    assert voice.heard[1].answer == "You!"


async def test_material_says_what_an_attempt_was() -> None:
    problem = problem_of(state_of("⊢ True", above="import Mathlib"), references=("trivial",))
    graded = graded_of("simp", "x", finish="length", text="long talk simp")
    material = Material.of(problem, graded)
    assert material.mathlib
    assert material.truncated
    assert material.attempt == "long talk simp"
    assert "sorry" in material.problem
    assert material.goals == "⊢ True"
    assert not material.tools
    tooled = replace(graded, rollout=replace(graded.rollout, written=(True, False)))
    assert Material.of(problem, tooled).tools
