"""A week's records, open goals, queued goals and datasets, collected: on fakes of Lean and audit."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fd_core.events import Event, Rejected, SourceSeen
from fd_core.proof import Position
from fd_core.runs import QueuedGoal
from fd_core.settings import StoreSettings
from fd_core.store.consent import answer
from fd_trainer.config.data import DataSection, DatasetSection, EventWeightsSection
from fd_trainer.data.collection import Collected, Collector
from fd_trainer.data.files import CollectedFileError, read_collected, write_collected
from fd_trainer.data.records import stored_events
from support.fakes import FakeLean
from support.user_week import OWN, PROVED, REFUSED, TabledJudge, Week, live

NO_SUITE = DataSection(frozen=False, held_out=0.0)


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Week:
    return live(tmp_path_factory.mktemp("week"))


@pytest.fixture(scope="module")
def events(week: Week) -> tuple[Event, ...]:
    return stored_events(StoreSettings(consent="yes"), week.store)


async def collect(
    events: tuple[Event, ...], settings: DataSection = NO_SUITE, *, folder: Path = Path("/nowhere"),
    queue: tuple[QueuedGoal, ...] = (), judge: TabledJudge | None = None, **more: Any,
) -> Collected:  # fmt: skip
    lean = FakeLean()
    collector = Collector(settings, lambda _: lean, judge or TabledJudge(), folder, **more)
    return await collector.collect(events, queue)


def taught(collected: Collected) -> dict[tuple[str, str, str], tuple[str, float]]:
    return {
        (t.problem.declaration, t.problem.kind, t.text): (t.kind, t.weight)
        for t in collected.targets
        if t.kind != "observed"
    }


async def test_the_week_teaches_what_the_user_made_their_own(events: tuple[Event, ...]) -> None:
    found = taught(await collect(events))
    assert {key[::2] for key in found if key[1] == "step"} == {
        ("swap_and", "exact ⟨h.2, h.1⟩"),
        ("weaken", "exact Or.inl hp"),
        ("chain", "exact k (h hp)"),
        ("keep_first", "intro hp"),
        ("positive", "exact Nat.succ_pos n"),
        ("self_iff", "exact Iff.rfl"),
    }
    assert found["swap_and", "step", "exact ⟨h.2, h.1⟩"] == ("overridden", 2.0)
    assert found["chain", "step", "exact k (h hp)"] == ("survived", 1.5)
    assert ("swap_and", "proof", "exact ⟨h.2, h.1⟩") in found
    assert ("keep_first", "proof", "intro hp") not in found


async def test_refusals_move_preference_among_proved_texts_only(events: tuple[Event, ...]) -> None:
    found = await collect(events)
    pairs = {(p.problem.declaration, p.preferred, p.refused) for p in found.preferences}
    assert pairs == {
        *((name, OWN[name], REFUSED[name]) for name in OWN),
        ("positive", "exact Nat.succ_pos n", "simp"),
    }
    for pair in found.preferences:
        assert {pair.preferred, pair.refused} <= set(PROVED[pair.problem.declaration])
    assert found.refusals == ()
    assert found.left_out["suggestion: refused, and Lean had not closed it"] == 1
    assert found.left_out["suggestion: refused as late"] == 1
    assert found.left_out["suggestion: unobserved"] == 1
    assert found.left_out["suggestion: taken back"] == 1
    assert found.left_out["text: not accepted by the audit"] == 1


async def test_without_the_refusals_nothing_is_preferred(tmp_path: Path) -> None:
    week = live(tmp_path, rejects=False)
    found = await collect(stored_events(StoreSettings(consent="yes"), week.store))
    assert found.preferences == ()
    assert {name for name, *_ in taught(found)} >= set(OWN)


async def test_a_refusal_alone_waits_for_what_is_proved_tonight(tmp_path: Path) -> None:
    week = Week(tmp_path)
    week.decide(week.offer("swap_and", "grind"), Rejected("ugly"))
    week.end()
    found = await collect(stored_events(StoreSettings(consent="yes"), week.store))
    (refusal,) = found.refusals
    (tried,) = found.problems
    assert refusal.problem.id == tried.id
    assert [(p.preferred, p.refused) for p in refusal.paired(["simp_all", "grind"])] == [
        ("simp_all", "grind")
    ]


async def test_observed_proofs_are_targets_and_known_answers(events: tuple[Event, ...]) -> None:
    found = await collect(events)
    observed = {t.problem.declaration: t for t in found.targets if t.kind == "observed"}
    assert observed["keep_first"].text == "intro hp\nintro _\nexact hp"
    assert observed["keep_first"].problem.kind == "proof"
    text = observed["keep_first"].problem.state.site.document.text
    assert text.endswith("theorem keep_first (p q : Prop) : p → q → p := by\n  sorry")
    assert text.startswith("theorem swap_and")


async def test_excluded_folders_are_not_learned_from(events: tuple[Event, ...]) -> None:
    judge = TabledJudge()
    settings = NO_SUITE.model_copy(update={"excluded": ("private",)})
    found = await collect(events, settings, judge=judge)
    assert "self_iff" in {name for name, _ in judge.asked}
    assert ("self_iff", "exact Iff.rfl") not in judge.asked
    assert found.left_out["event: in an excluded folder"] >= 1
    everything = NO_SUITE.model_copy(update={"excluded": (".",)})
    assert (await collect(events, everything)).targets == ()
    assert ("self_iff", "step", "exact Iff.rfl") in taught(await collect(events, excluded=("/x",)))


async def test_rows_of_held_out_declarations_teach_nothing(events: tuple[Event, ...]) -> None:
    found = await collect(events, DataSection(frozen=False, held_out=0.5, seed=1))
    held = {p.group for p in found.of("held_out")}
    train = {p.group for p in found.of("train")}
    assert held
    assert train
    assert not held & train
    rows = [*found.targets, *found.preferences]
    assert {row.problem.group for row in rows} <= train
    assert found.left_out["row: of a held-out declaration"] > 0


async def test_weights_are_the_configured_ones(events: tuple[Event, ...]) -> None:
    weights = EventWeightsSection(overridden=0.0, overridden_preferred=0.3)
    found = await collect(events, NO_SUITE.model_copy(update={"weights": weights}))
    assert "overridden" not in {t.kind for t in found.targets}
    assert ("swap_and", "exact ⟨h.2, h.1⟩", "simp_all", 0.3) in {
        (p.problem.declaration, p.preferred, p.refused, p.weight) for p in found.preferences
    }
    capped = EventWeightsSection(per_declaration=1.0)
    found = await collect(events, NO_SUITE.model_copy(update={"weights": capped}))
    of_one = [row.weight for row in [*found.targets, *found.preferences]
              if row.problem.group == "proofs/swap_and"]  # fmt: skip
    assert sum(of_one) == pytest.approx(1.0)


async def test_no_consent_no_learning(week: Week, tmp_path: Path) -> None:
    assert stored_events(StoreSettings(consent="no"), week.store) == ()
    assert stored_events(StoreSettings(consent="ask"), week.store) == ()
    assert stored_events(StoreSettings(consent="yes"), tmp_path / "none.db") == ()
    answer(True, week.store)
    assert stored_events(StoreSettings(consent="ask"), week.store)


async def test_a_week_twice_over_is_the_same_week(events: tuple[Event, ...]) -> None:
    assert taught(await collect(events + events)) == taught(await collect(events))


async def test_old_records_are_found_on_disk_or_counted(
    week: Week, events: tuple[Event, ...]
) -> None:
    """Records from before the text above was kept, of a file that has gone on since."""
    old = tuple(
        replace(e, above="", before="", hole="", below="", site_kind="")  # type: ignore[call-arg]
        if hasattr(e, "site_kind")
        else e
        for e in events
        if not isinstance(e, SourceSeen)
    )

    class Remembering(FakeLean):
        async def goals_at(self, site: Any) -> Any:
            answer = await super().goals_at(site)
            at = site.document.text.rfind("theorem ")
            name = site.document.text[at:].split()[1]
            return replace(answer, goals=week.state(name).goals)

    collector = Collector(NO_SUITE, lambda _: Remembering(), TabledJudge(), week.project)
    found = await collector.collect(old)
    assert ("swap_and", "step", "exact ⟨h.2, h.1⟩") in taught(found)
    week.file.rename(week.file.with_suffix(".away"))
    try:
        found = await collector.collect(old)
    finally:
        week.file.with_suffix(".away").rename(week.file)
    assert taught(found) == {}
    assert found.left_out["state: its place is not to be found any more"] >= 5


def project_with(folder: Path, text: str) -> Path:
    (folder / "lean-toolchain").write_text("leanprover/lean4:v4.27.0\n")
    (folder / "Open.lean").write_text(text)
    (folder / ".lake").mkdir()
    (folder / ".lake" / "Dep.lean").write_text("theorem dep : p := sorry\n")
    return folder


OPEN = """\
theorem done : True := trivial

theorem one : p := by
  have h : q := r
  sorry

theorem two : p ∧ q := by
  constructor
  · sorry
  · sorry

def later : Nat := 1
"""


async def test_open_goals_end_with_their_theorem(tmp_path: Path) -> None:
    project = project_with(tmp_path, OPEN)
    found = await collect((), DataSection(projects=(project,), frozen=False, held_out=0.0))
    texts = {p.declaration: p.state.site.document.text for p in found.problems}
    assert set(texts) == {"one", "two"}
    assert texts["one"] == OPEN[: OPEN.index("sorry") + len("sorry")]
    assert texts["two"].endswith("theorem two : p ∧ q := by\n  sorry")
    assert all("later" not in text for text in texts.values())
    assert {p.source for p in found.problems} == {"sorry"}


async def test_queued_goals_come_first_and_gone_ones_are_counted(tmp_path: Path) -> None:
    project = project_with(tmp_path, OPEN)
    uri = (project / "Open.lean").as_uri()
    queue = tuple(QueuedGoal(name, 1.0, str(project), uri, name, 6, 0) for name in ("two", "gone"))
    settings = DataSection(projects=(project,), frozen=False, held_out=0.0)
    found = await collect((), settings, queue=(replace(queue[1], line=900), queue[0]))
    assert [(p.declaration, p.source) for p in found.problems] == [
        ("two", "queue"),
        ("one", "sorry"),
    ]
    assert found.left_out["queued goal: gone from its file, or excluded"] == 1


async def test_datasets_and_the_suite_come_behind(tmp_path: Path) -> None:
    file = tmp_path / "set.jsonl"
    rows = [{"statement": f"theorem t{n} : {n} = {n}", "proof": "rfl"} for n in range(6)]
    rows.append({"statement": "theorem swap_and : x", "proof": "grind", "split": "test"})
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = DataSection(
        datasets=(DatasetSection(path=file, proofs=True),), held_out=0.3, problems=7
    )
    found = await collect((), settings)
    assert [p.source for p in found.problems][:7] == ["dataset"] * 7
    assert len(found.frozen) >= 60
    assert {p.part for p in found.frozen} == {"held_out"}
    test = next(p for p in found.problems if p.declaration == "swap_and")
    assert (test.part, test.references) == ("held_out", ("grind",))
    assert found.left_out["dataset: proof refused by the audit"] == 6
    assert not {p.group for p in found.of("train")} & {p.group for p in found.of("held_out")}


async def test_a_cap_on_problems_keeps_queued_goals_and_the_suite(tmp_path: Path) -> None:
    project = project_with(tmp_path, OPEN)
    found = await collect((), DataSection(projects=(project,), problems=1))
    assert len(found.of("train")) + len(found.of("held_out")) == 1
    assert len(found.frozen) >= 60
    assert found.left_out["problem: more than data.problems"] == 1


async def test_what_was_collected_comes_back_equal_from_disk(
    events: tuple[Event, ...], tmp_path: Path
) -> None:
    found = await collect(events, DataSection(held_out=0.3))
    path = tmp_path / "collected.jsonl"
    write_collected(path, found)
    assert read_collected(path) == found
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:5], "{", *lines[5:]]))
    with pytest.raises(CollectedFileError, match=r"collected\.jsonl:6"):
        read_collected(path)
    with pytest.raises(CollectedFileError):
        read_collected(tmp_path / "none")
    path.write_text('{"format": 99, "left_out": {}}\n')
    with pytest.raises(CollectedFileError, match="format 99"):
        read_collected(path)


async def test_nothing_is_not_an_error(tmp_path: Path) -> None:
    found = await collect((), DataSection(projects=(tmp_path,), frozen=False))
    assert found == Collected()


def test_the_weeks_places_are_cursor_stops(week: Week) -> None:
    state = week.state("keep_first")
    assert state.position == Position(10, 2)
