"""Goals, verdicts and care on a real Lean (core library only)."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import psutil
import pytest
import pytest_asyncio
from fd_core.errors import LeanError
from fd_core.lean.checker import ScratchChecker
from fd_core.lean.goals import ScratchGoals
from fd_core.lean.pool import LeanPool
from fd_core.lean.try_this import try_this
from fd_core.ports import CheckLimits
from fd_core.proof import Complete, NoProof, ProofSite, ProofState
from fd_core.settings import LeanSettings
from fd_core.suggestion import (
    Candidate,
    Closed,
    Failed,
    Origin,
    Progressed,
    Undecided,
)
from support import availability
from support.in_lean import STUBBORN, judged, site, state_in, verdicts

pytestmark = [pytest.mark.lean, pytest.mark.asyncio(loop_scope="module")]
SAMPLE = Path(__file__).parents[2] / "data" / "lean" / "verdicts-sample.jsonl"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LeanPool]:
    shared = LeanPool(tmp_path_factory.mktemp("project"), LeanSettings(), availability.toolchain())
    yield shared
    await shared.aclose()


# Goals


async def test_goals_are_structured(pool: LeanPool) -> None:
    state = await state_in(
        pool,
        "theorem x (p q : Prop) (n : Nat) (h : p ∧ q) : p := by\n  let m := n + 1\n  sorry\n",
    )
    goal = state.goals[0]
    assert [(h.names, h.type, h.value) for h in goal.hypotheses] == [
        (("p", "q"), "Prop", None),
        (("n",), "Nat", None),
        (("h",), "p ∧ q", None),
        (("m",), "Nat", "n + 1"),
    ]
    assert (goal.target, goal.case) == ("p", None)


async def test_the_three_answers(pool: LeanPool) -> None:
    goals = ScratchGoals(pool)
    done = site("theorem x : True := by\n  trivial\n  |\n", "|")
    assert isinstance(await goals.goals_at(done), Complete)
    nothing = site("-- a comment |\n\ndef n := 3\n", "|")
    assert isinstance(await goals.goals_at(nothing), NoProof)
    after = site("theorem x (p : Prop) : p → p := by\n  intro h\n  |\n", "|")
    assert isinstance(await goals.goals_at(after), ProofState)


async def test_a_name_that_is_taken_is_no_proof(pool: LeanPool) -> None:
    """`imp_and` is a theorem of core: Lean elaborates nothing of ours, and stays silent."""
    answer = await ScratchGoals(pool).goals_at(
        site("theorem imp_and (p : Prop) : p := by\n  sorry\n")
    )
    assert isinstance(answer, NoProof)


@pytest.mark.parametrize(
    ("text", "kind", "target"),
    [
        ("theorem x (p : Prop) (h : p) : p := sorry\n", "term", "p"),
        ("theorem x (p q : Prop) (h : p) (k : q) : p ∧ q := ⟨h, sorry⟩\n", "term", "q"),
        ("theorem x (p q : Prop) (h : p) (k : q) : p ∧ q := by\n  exact ⟨h, sorry⟩\n", "term", "q"),
        ("theorem x (p q : Prop) (h : p) : q → p := fun k => sorry\n", "term", "p"),
        ("theorem x (p : Prop) (h : p) : p := by sorry\n", "tactic", "p"),
        ("theorem x (p : Prop) (h : p) : p ∧ p := by\n  refine ⟨?_, h⟩\n  · sorry\n", "tactic", "p"),
    ],
)  # fmt: skip
async def test_the_kind_of_a_site(pool: LeanPool, text: str, kind: str, target: str) -> None:
    state = await state_in(pool, text)
    assert (state.site.kind, state.goals[0].target) == (kind, target)
    assert await verdicts(pool, text, ["assumption", "exact nothing"]) == ["Closed", "Failed"]


async def test_a_wrong_guess_of_the_kind_is_corrected(pool: LeanPool) -> None:
    text = (
        "theorem x (p q : Prop) (h : p) (k : q) : p ∧ q := by\n  exact And.intro h (\n    sorry)\n"
    )
    here = site(text)
    for kind in ("term", "tactic"):
        wrong = ProofSite(here.document, here.range, kind)
        answer = await ScratchGoals(pool).goals_at(wrong)
        assert isinstance(answer, ProofState)
        assert answer.goals[0].target == "q"


# Verdicts


async def test_verdicts_agree_with_those_of_a_fresh_lean(pool: LeanPool) -> None:
    """Each recorded verdict was given by `lean --json` on an `example` of its own."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in SAMPLE.read_text(encoding="utf-8").splitlines():
        rows[json.loads(line)["theorem"]].append(json.loads(line))
    wrongly: list[object] = []
    closed = 0
    for name, asked in rows.items():
        text = f"{asked[0]['context']}\ntheorem {name} {asked[0]['statement']} := by\n  sorry\n"
        found = await judged(pool, await state_in(pool, text), [r["candidate"] for r in asked])
        for row in asked:
            verdict = found[row["candidate"]]
            accepted = isinstance(verdict, Closed)
            closed += accepted
            refused_by_us = (isinstance(verdict, Failed) and verdict.messages[-1].text.startswith(
                ("The proof rests on", "The goals did not change", "`native_decide`")
            )) or verdict.cost.milliseconds == 0  # fmt: skip
            if accepted != (row["verdict"] == "closed") and not refused_by_us:
                wrongly.append((name, row["candidate"], row["verdict"], verdict))
            if isinstance(verdict, Progressed) and row["verdict"] == "progressed":
                message = row["messages"][0]["data"].split("\n", 1)[1]
                assert "\n\n".join(map(str, verdict.after)) == message
    assert wrongly == []
    assert closed > 50


PAIR = "theorem x (p q : Prop) (hp : p) (hq : q) : p ∧ q := by\n  constructor\n  sorry\n"


async def test_with_several_goals_closing_one_is_progress(pool: LeanPool) -> None:
    state = await state_in(pool, PAIR)
    assert [goal.case for goal in state.goals] == ["left", "right"]
    both, case = "exact hp\nexact hq", "case left => exact hp"
    texts = ["exact hp", "all_goals assumption", "exact hq", "swap", case, both]
    found = await judged(pool, state, texts)
    progressed = found["exact hp"]
    assert isinstance(progressed, Progressed)
    assert [str(goal) for goal in progressed.after] == [str(state.goals[1])]
    assert isinstance(found["all_goals assumption"], Closed)
    assert isinstance(found[both], Closed)
    assert isinstance(found["exact hq"], Failed)
    assert isinstance(found[case], Progressed)


async def test_shared_metavariables_are_not_shared_between_candidates(pool: LeanPool) -> None:
    text = "theorem x : ∃ n : Nat, n * n = 49 := by\n  refine ⟨?w, ?h⟩\n  case h => sorry\n"
    state = await state_in(pool, text)
    assert "?w" in str(state.goals[0])
    found = await judged(pool, state, ["exact (rfl : 6 * 6 = 36)", "exact (rfl : 7 * 7 = 49)"])
    assert isinstance(found["exact (rfl : 6 * 6 = 36)"], Failed)


PLACES = [
    "theorem x (p : Prop) (h : p) : p := by sorry\n",
    "theorem x (p : Prop) (h : p) : p := sorry\n",
    "theorem x (p : Prop) (h : p) : p ∧ p := ⟨sorry, h⟩\n",
    "theorem x (p : Prop) (h : p) : p ∧ p := by\n  constructor <;> sorry\n",
    "theorem x (p : Prop) (h : p) (k : p ∨ p) : p := by\n"
    "  cases k with\n  | inl a => sorry\n  | inr b => exact b\n",
    "theorem x (p : Prop) (h : p) : p ∧ p := by\n  have k : p := by sorry\n  exact ⟨k, k⟩\n",
    "theorem x (p : Prop) (h : p) : p ∧ p := by\n"
    "  constructor\n  case left => sorry\n  case right => exact h\n",
    "example (p : Prop) (h : p) : p := by\n  sorry\n",
    "instance : Inhabited (Fin 3) := by\n  sorry\n",
    "namespace A\nvariable (p : Prop)\ntheorem x (h : p) : p := by\n  sorry\nend A\n",
    "theorem x (p : Prop) (h : p) : p := by\n  (skip; sorry)\n",
    "theorem x (p : Prop) (h : p) : p ∧ p := by\n  constructor\n  · sorry\n  · sorry\n",
    "theorem x (p : Prop) (h : p) (n : Nat) : p := by\n"
    "  match n with\n  | 0 => sorry\n  | _ + 1 => exact h\n",
]  # fmt: skip


@pytest.mark.parametrize("text", PLACES)
async def test_places(pool: LeanPool, text: str) -> None:
    closer = "exact ⟨0⟩" if "instance" in text else "exact h"
    wanted = ["Closed", "Failed", "Failed", "Closed"]
    texts = [closer, "exact nothing", "omega +", f"skip\n{closer}"]
    assert await verdicts(pool, text, texts) == wanted


async def test_a_sorry_below_and_a_wrong_tail_do_not_matter(pool: LeanPool) -> None:
    text = PLACES[0] + "\ntheorem y : 1 = 2 := by\n  sorry\n\ntheorem z := := (\n"
    assert await verdicts(pool, text, ["exact h", "simp at h"]) == ["Closed", "Failed"]


async def test_a_lemma_above_that_is_sorry_may_be_used(pool: LeanPool) -> None:
    text = "theorem hole : 1 = 2 := sorry\n\ntheorem x : 2 = 1 := by\n  todo\n"
    assert await verdicts(pool, text, ["exact hole.symm"], mark="todo") == ["Closed"]


async def test_a_module_file(pool: LeanPool) -> None:
    """Lean refuses `#print axioms` there; they are read in a plain copy, the verdict is not."""
    text = "module\npublic import Init\npublic section\n\n" + PLACES[0]
    assert await verdicts(pool, text, ["exact h", "exact nothing"]) == ["Closed", "Failed"]


async def test_a_false_sibling_does_not_leak(pool: LeanPool) -> None:
    text = "theorem x (a b : Nat) : a - b + b = a := by\n  sorry\n"
    texts = ["omega", "exact?", "simp", "exact x a b", "exact _root_.x a b", "exact?", "grind"]
    assert set(await verdicts(pool, text, texts)) <= {"Failed", "Undecided", "Progressed"}


async def test_cursor_in_the_middle_of_a_proof(pool: LeanPool) -> None:
    text = "theorem x (p q : Prop) (h : p ∧ q) : q := by\n  |\n  exact h.2\n"
    found = await verdicts(pool, text, ["exact h.2", "cases h", "have k := h.1"], mark="|")
    assert found == ["Failed", "Progressed", "Progressed"]


# Bad input


@pytest.mark.parametrize(
    "text",
    ["exact (", "exact h)", "/- open", '"open', "simp [", "#exit", "exact \x00h", "h" * 1_000_000,
     "sorry", "exact sorry", "stop", "native_decide", "exact ⟨h", "-/", "end x\ntheorem y : 1 = 2 := by"],
)  # fmt: skip
async def test_bad_texts_fail_alone(pool: LeanPool, text: str) -> None:
    found = await verdicts(pool, PLACES[0], [text, "exact h"])
    assert found == ["Failed", "Closed"]


async def test_line_ends_tabs_and_letters_beyond_the_bmp(pool: LeanPool) -> None:
    text = "theorem x (𝓕 : Prop) (𝔥 : 𝓕) : 𝓕 ∧ 𝓕 := by\r\n  sorry\r\n"
    texts = [
        "constructor\r\n· exact 𝔥\r\n· exact 𝔥",
        "constructor\n·\texact 𝔥\n·\texact 𝔥",
        "exact ⟨𝔥, 𝔥'⟩",
    ]
    state = await state_in(pool, text)
    assert state.goals[0].hypotheses[1].names == ("𝔥",)
    found = await judged(pool, state, texts)
    assert [type(found[t]).__name__ for t in texts] == ["Closed", "Closed", "Failed"]
    failed = found[texts[2]]
    assert isinstance(failed, Failed)
    where = failed.messages[0].where
    assert where is not None
    assert where.start.column == texts[2].index("𝔥'")


@pytest.mark.parametrize(
    ("runaway", "reason"),
    [
        ("repeat' (first | skip)", "out of time"),
        (STUBBORN, "out of time"),
        ("iterate 100000000 skip", "maximum recursion depth"),
        ("simp_all [← and_self_iff]", "maximum recursion depth"),
        (f"have : {'+'.join(['1'] * 3000)} = 2 := by decide\nexact h", ""),
    ],
)
async def test_a_runaway_is_undecided_and_its_siblings_are_judged(
    pool: LeanPool, runaway: str, reason: str
) -> None:
    state = await state_in(pool, PLACES[0])
    texts = ["omega +", runaway, "exact h", "exact nothing"]
    found = await judged(pool, state, texts, CheckLimits(seconds=2))
    assert isinstance(found["exact h"], Closed)
    assert isinstance(found["omega +"], Failed)
    assert isinstance(found["exact nothing"], Failed)
    verdict = found[runaway]
    assert isinstance(verdict, Undecided)
    assert reason in verdict.reason


async def test_one_that_eats_memory_is_killed_for_it(tmp_path: Path) -> None:
    own = LeanPool(tmp_path, LeanSettings(memory_mb=200), availability.toolchain())
    found = await judged(
        own, await state_in(own, PLACES[0]), ["exact nothing", STUBBORN, "exact h"]
    )
    await own.aclose()
    assert isinstance(found["exact h"], Closed)
    verdict = found[STUBBORN]
    assert isinstance(verdict, Undecided)
    assert "memory" in verdict.reason


async def test_a_killed_worker_is_revived_and_nobody_is_failed_for_it(pool: LeanPool) -> None:
    state = await state_in(pool, PLACES[0])
    texts = ["exact nothing", "iterate 100000 skip", "exact h", "simp"]
    task = asyncio.create_task(judged(pool, state, texts))
    await asyncio.sleep(0.1)
    for process in psutil.Process().children(recursive=True):
        if process.cmdline()[-1:] and process.cmdline()[-1].endswith(".lean"):
            process.kill()
    found = await task
    assert isinstance(found["exact h"], Closed)
    assert isinstance(found["simp"], Failed | Progressed)


async def test_a_header_that_does_not_load(pool: LeanPool) -> None:
    with pytest.raises(LeanError, match="can't be loaded") as caught:
        await state_in(pool, "import Nonexistent.Module\n\n" + PLACES[0])
    assert caught.value.fix


async def test_closing_the_stream_leaves_lean_idle(pool: LeanPool) -> None:
    state = await state_in(pool, PLACES[0])
    slow = [Candidate(text, Origin("user")) for text in ("exact nothing", "omega", STUBBORN)]
    stream = ScratchChecker(pool).check(state, slow, CheckLimits(seconds=60))
    async with aclosing(stream):
        async for _ in stream:
            break
    assert await verdicts(pool, PLACES[0], ["exact h", "exact nothing"]) == ["Closed", "Failed"]


# Heartbeats


@pytest.mark.parametrize(
    ("header", "metered"), [("import Lean.Elab.Tactic.Basic", True), ("import Init", False)]
)
async def test_heartbeats_are_counted_and_capped_where_the_imports_allow(
    pool: LeanPool, header: str, metered: bool
) -> None:
    statement = "(a b c : Nat) (h : a < b) (k : b < c) : a < c"
    text = f"{header}\n\n/-- doc -/\ntheorem x {statement} := by\n  sorry\n"
    state = await state_in(pool, text)
    hungry = "have : ∀ x : Fin 40, ∀ y : Fin 40, x + y = y + x := by decide\nomega"
    texts = ["simp", hungry, "exact Nat.lt_trans h k", "omega", "intro x\nexact x"]
    found = await judged(pool, state, texts, CheckLimits(seconds=20, heartbeats=100))
    assert isinstance(found["exact Nat.lt_trans h k"], Closed)
    assert isinstance(found["intro x\nexact x"], Failed)
    assert isinstance(found[hungry], Undecided if metered else Closed)
    counted = [verdict.cost.heartbeats for verdict in found.values()]
    assert all((count is not None) == metered for count in counted)
    where = found["intro x\nexact x"].messages[0].where
    assert where is not None
    assert (where.start.line, where.start.column) == (0, len("intro "))


# Harvest


async def test_try_this(pool: LeanPool) -> None:
    state = await state_in(
        pool, "theorem x (xs : List Nat) : (xs ++ []).length = xs.length := by\n  sorry\n"
    )
    assert await try_this(pool, state, "simp?") == ("simp only [List.append_nil]",)
    assert await try_this(pool, state, "omega") == ()
    assert await try_this(pool, state, "#eval 1") == ()
