"""The ledger gives back exactly what it was given, once, and lives with a damaged file."""

import errno
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fd_core.feedback import Feedback
from fd_core.suggestion import PolicyVersion
from fd_trainer.audited import Audited
from fd_trainer.ledger import AttemptKey, Ledger, LedgerError, remark_key
from fd_trainer.ledger.lines import encode
from fd_trainer.ledger.log import FILE, QUARANTINE
from fd_trainer.ledger.records import rollout_data, rollout_of
from fd_trainer.remark import Masked, RemarkCost, Remarked
from fd_trainer.rollout import Graded
from hypothesis import given
from hypothesis import strategies as st
from support.trainer_values import POLICY, rollout

KEY = AttemptKey("run", 3, "p1", 0, POLICY, 7)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path)
    yield opened
    opened.close()


def reopened(ledger: Ledger, folder: Path) -> Ledger:
    ledger.close()
    return Ledger(folder)


def test_a_rollout_comes_back_bit_for_bit_after_a_restart(ledger: Ledger, tmp_path: Path) -> None:
    made = rollout(logprobs=(-1 / 3, -1e-300, -0.0), text="\ud800 \x00 ⟨⟩", id=KEY.id)
    ledger.record_rollouts([(KEY, made)], prompt="prompt", seconds=2.0)
    again = reopened(ledger, tmp_path)
    assert again.rollout(KEY) == made
    assert again.rollout(replace(KEY, sample=1)) is None
    again.close()


@given(st.lists(st.floats(allow_nan=False), max_size=20), st.integers(-(2**31), 2**31 - 1))
def test_any_numbers_survive_packing(numbers: list[float], id: int) -> None:
    n = len(numbers)
    made = rollout(ids=(id,) * n, logprobs=tuple(numbers), written=tuple(x > 0 for x in numbers))
    assert rollout_of(json.loads(json.dumps(rollout_data(made)))) == made


def test_an_attempt_is_known_by_all_that_made_it() -> None:
    others = [
        replace(KEY, run="r"), replace(KEY, step=4), replace(KEY, problem_id="p2"),
        replace(KEY, sample=1), replace(KEY, policy=PolicyVersion("tiny")), replace(KEY, seed=8),
        replace(KEY, purpose="survey"),
    ]  # fmt: skip
    assert len({KEY.id, *(other.id for other in others)}) == len(others) + 1


def test_the_first_record_of_a_key_counts(ledger: Ledger) -> None:
    first, second = rollout(id=KEY.id), rollout(id=KEY.id, text="other")
    ledger.record_rollouts([(KEY, first)])
    ledger.record_rollouts([(KEY, second)])
    assert ledger.rollout(KEY) == first
    assert len(list(ledger.attempts())) == 1


def test_an_undecided_grade_is_replayed_but_never_kept_for_other_attempts(
    ledger: Ledger, tmp_path: Path
) -> None:
    undecided = Graded(rollout(), "undecided", ("out of time",), 5.0)
    ledger.record_graded([undecided])
    ledger.record_audited({"k": Audited("undecided", ("out of time",)), "d": Audited("proved")})
    again = reopened(ledger, tmp_path)
    assert again.graded(rollout()) == undecided
    assert again.audited("k") is None
    assert again.audited("d") == Audited("proved")
    again.close()


def test_an_attempt_that_an_earlier_version_wrote_is_read() -> None:
    assert rollout_of(rollout_data(rollout()) | {"steps": 0}) == rollout()


def test_remarks_are_found_by_key_and_by_rollout(ledger: Ledger, tmp_path: Path) -> None:
    key = remark_key("r1", "theorem", "attempt", ["error"])
    said = Remarked(Feedback("1. Do it.", "rules#1"), RemarkCost(1, 10, 2, 0.5), flags=("long",))
    ledger.record_remark(key, said, ["r1", "r2"])
    ledger.record_remark(remark_key("r3", "t", "a", []), Masked("no answer"), ["r3"])
    again = reopened(ledger, tmp_path)
    assert again.remark(key) == again.remark_of("r2") == said
    assert again.remark_of("r3") == Masked("no answer")
    assert again.remark_of("r4") is None
    assert again.spent().remarks.money == 0.5
    again.close()


def test_what_was_spent_is_summed(ledger: Ledger) -> None:
    other = replace(KEY, sample=1)
    made = [(KEY, rollout(id=KEY.id)), (other, rollout(id=other.id))]
    ledger.record_rollouts(made, prompt="p", seconds=3.0)
    ledger.record_graded([Graded(r, "proved", (), 500.0) for _, r in made])
    spent = ledger.spent()
    assert (spent.attempts, spent.tokens, spent.audit_s) == (2, 6, 1.0)
    assert spent.sampling_s == pytest.approx(3.0)
    assert [attempt.prompt for attempt in ledger.attempts()] == ["p", "p"]


def spoil_line(path: Path, number: int) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    lines[number - 1] = lines[number - 1].replace(b"proved", b"proveD", 1)
    path.write_bytes(b"".join(lines))


def test_a_corrupt_line_is_named_set_aside_once_and_left_out(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.record_audited({f"k{n}": Audited("proved") for n in range(4)})
    ledger.close()
    spoil_line(tmp_path / FILE, 2)
    for _ in range(2):
        ledger = Ledger(tmp_path)
        (bad,) = ledger.corrupt
        assert str(bad) == f"{tmp_path / FILE}:2: {bad.reason}"
        assert "checksum" in bad.reason
        assert [ledger.audited(f"k{n}") is None for n in range(4)] == [False, True, False, False]
        ledger.close()
    ledger = Ledger(tmp_path)
    ledger.record_audited({"k1": Audited("refused"), "new": Audited("proved")})
    ledger.close()
    spoil_line(tmp_path / FILE, 1)
    ledger = Ledger(tmp_path)
    assert ledger.audited("k1") == Audited("refused")
    assert [bad.line for bad in ledger.corrupt] == [1, 2]
    ledger.close()
    aside = [json.loads(line) for line in (tmp_path / QUARANTINE).read_text().splitlines()]
    assert [row["line"] for row in aside] == [2, 1]


@pytest.mark.parametrize("garbage", [b"\xff\x00nonsense\n", b"{}\n", b"\n"])
def test_foreign_lines_are_corrupt_too(tmp_path: Path, garbage: bytes) -> None:
    (tmp_path / FILE).write_bytes(garbage)
    ledger = Ledger(tmp_path)
    assert [bad.reason for bad in ledger.corrupt] == ["this is no record"]
    ledger.record_audited({"k": Audited("proved")})
    assert reopened(ledger, tmp_path).audited("k") == Audited("proved")


def test_a_line_without_its_end_was_never_acknowledged(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.record_audited({"a": Audited("proved"), "b": Audited("proved")})
    ledger.close()
    whole = (tmp_path / FILE).read_bytes()
    for cut in (1, 10, 40):
        (tmp_path / FILE).write_bytes(whole[:-cut])
        ledger = Ledger(tmp_path)
        assert ledger.corrupt == ()
        assert (ledger.audited("a"), ledger.audited("b")) == (Audited("proved"), None)
        ledger.record_audited({"b": Audited("proved")})
        ledger.close()
        assert (tmp_path / FILE).read_bytes() == whole


def test_two_writers_are_refused_and_a_reader_is_not(ledger: Ledger, tmp_path: Path) -> None:
    ledger.record_audited({"k": Audited("proved")})
    with pytest.raises(LedgerError, match="another run"):
        Ledger(tmp_path)
    reader = Ledger(tmp_path, read_only=True)
    assert reader.audited("k") == Audited("proved")
    reader.close()


def test_a_full_disk_adds_nothing_and_says_so(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.record_audited({"a": Audited("proved")})
    before = (tmp_path / FILE).read_bytes()
    real = os.pwrite

    def half(descriptor: int, data: bytes, at: int) -> int:
        if len(data) < 20:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, data[:-15], at)

    monkeypatch.setattr(os, "pwrite", half)
    with pytest.raises(LedgerError, match="No space left") as caught:
        ledger.record_audited({"b": Audited("proved")})
    assert "resume" in caught.value.fix
    assert (tmp_path / FILE).read_bytes() == before
    monkeypatch.undo()
    ledger.record_audited({"b": Audited("proved")})
    assert ledger.audited("b") == Audited("proved")


def test_a_ledger_that_is_not_there_can_only_be_written(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="No such file"):
        Ledger(tmp_path / "nowhere", read_only=True)


def test_records_of_another_version_are_refused_with_words(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(encode("rollout", KEY.id, {"rollout": {"id": "x"}}))
    ledger = Ledger(tmp_path)
    with pytest.raises(LedgerError, match="a rollout of the ledger can't be read"):
        ledger.rollout(KEY)
    ledger.close()
