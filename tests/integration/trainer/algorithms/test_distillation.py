"""FD through the whole learner, against the definition on whole logits from transformers alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from fd_trainer.algorithms.feedback_distillation import DistillationWork  # noqa: E402
from fd_trainer.algorithms.learner import Learner  # noqa: E402
from fd_trainer.algorithms.tally import Tally  # noqa: E402
from fd_trainer.config.algorithms import Distillation  # noqa: E402
from support.tiny_policy import batch, plain, policy, rows  # noqa: E402

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tiny")


def logprobs_of(model: Any, role: str, prompt: Any, ids: Any) -> Any:
    """One sequence, one plain forward pass, no packing: log-probs [T, V] that predict `ids`."""
    with model.roles.wearing(role):
        logits = model.roles.causal(role)(input_ids=torch.tensor([[*prompt, *ids]])).logits[0]
    return logits[len(prompt) - 1 : -1].double().log_softmax(-1)


def naive(model: Any, some: Any, how: Distillation) -> Any:
    """METHOD §1.3 token by token, for token_mean with row weights; whole logits, no chunks."""
    total, tokens = 0.0, 0
    for row in some:
        q = logprobs_of(model, "student", row.prompt_ids, row.ids)
        with torch.no_grad():
            p = logprobs_of(model, "teacher", row.teacher_prompt_ids, row.ids)
        for t, kept in enumerate(row.written):
            if not kept:
                continue
            tokens += 1
            leading = (q if how.support == "student_top_k" else p)[t].topk(how.top_k).indices
            support = range(p.shape[1]) if how.support == "full" else leading.tolist()
            pt, qt = p[t][list(support)], q[t][list(support)]
            if how.tail == "bucket":
                pt = torch.cat([pt, torch.log1p(-pt.exp().sum())[None]])
                qt = torch.cat([qt, torch.log1p(-qt.exp().sum())[None]])
            if how.renormalise == "both":
                pt, qt = pt.log_softmax(-1), qt.log_softmax(-1)
            weight = row.weight
            if how.importance_cap:
                ratio = (q[t, row.ids[t]].detach() - row.old_logprobs[t]).exp()
                weight *= min(float(ratio), how.importance_cap)
            if how.per_token_cap:
                value = (pt.exp() * (pt - qt)).sum()
                total = total + weight * value * min(1.0, how.per_token_cap / float(value.detach()))
            elif how.divergence == "forward":
                total = total - weight * (pt.exp() * qt).sum()
            elif how.divergence == "reverse":
                total = total + weight * (qt.exp() * (qt - pt)).sum()
            else:
                m = (pt.exp() / 2 + qt.exp() / 2).log()
                total = total + weight * (pt.exp() * (pt - m) + qt.exp() * (qt - m)).sum() / 2
    return total / tokens


WAYS = [
    Distillation(top_k=9),
    Distillation(top_k=1),
    Distillation(top_k=9, tail="bucket"),
    Distillation(support="full"),
    Distillation(top_k=9, support="student_top_k", tail="bucket", divergence="reverse"),
    Distillation(support="full", divergence="jsd"),
    Distillation(top_k=9, importance_cap=2.0),
    Distillation(support="full", per_token_cap=0.05),
    Distillation(top_k=9, renormalise="both", divergence="reverse"),
]


@pytest.mark.parametrize("how", WAYS, ids=range(len(WAYS)))
def test_loss_and_gradient_are_the_definition_s_with_prompts_of_unequal_length(
    base: Path, how: Distillation
) -> None:
    model, some = policy(base), rows("distil")
    parameters = model.student_parameters()
    want = naive(model, some, how)
    expected = torch.autograd.grad(want, parameters)
    work = DistillationWork(model, how, some, tokens=10_000)
    got = work.loss(range(len(some)), Tally())
    torch.testing.assert_close(got.double(), want.double(), rtol=1e-5, atol=1e-6)
    found = torch.autograd.grad(got, parameters)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-5)


def test_passes_of_any_size_add_up_to_the_same(base: Path) -> None:
    model, some = policy(base), rows("distil", 7)
    results = []
    for tokens in (10_000, 60, 1):
        step = Learner(model, plain(micro_batch_tokens=tokens)).step
        before = model.weights()
        output = step(batch(*some, *rows("anchor", 3, seed=2), *rows("target", 2, seed=3)))
        results.append((output.loss, output.metrics["grad_norm"]))
        model.restore(before)
    assert results[1:] == [pytest.approx(results[0], rel=1e-4)] * 2


def test_equal_teacher_moves_nothing_with_a_tail_and_something_without(base: Path) -> None:
    model = policy(base, moved=0.0)
    same = list(rows("distil"))
    some = [
        type(row)(row.id, row.kind, row.problem_id, row.prompt_ids, row.ids, row.written,
                  teacher_prompt_ids=row.prompt_ids)
        for row in same
    ]  # fmt: skip
    options = plain(distillation={"top_k": 5, "tail": "bucket"})
    bucket = Learner(model, options).step(batch(*some))
    assert bucket.metrics["grad_norm"] < 1e-5
    assert abs(bucket.metrics["kl/forward"]) < 1e-6
    model = policy(base, moved=0.0)
    cut = Learner(model, plain(distillation={"top_k": 5})).step(batch(*some))
    assert cut.metrics["grad_norm"] > 1e-3


def test_the_teacher_follows_by_its_clock(base: Path) -> None:
    """μ ← 0.9 μ + 0.1 θ every second applied step; a hard copy copies; frozen stays."""
    for schedule, kept in (("ema", 0.9), ("hard_copy", 0.0), ("frozen", 1.0)):
        teacher = {"schedule": schedule, "retention": 0.9, "period": 2}
        model = policy(base)
        learner = Learner(model, plain(teacher=teacher))
        start = model.weights()
        learner.step(batch(*rows("distil")))
        first = model.weights()
        learner.step(batch(*rows("distil", seed=1), step=1))
        end = model.weights()
        for name in (n for n in start if n.startswith("teacher/")):
            own = name.replace("teacher/", "student/")
            assert torch.equal(first[name], start[name])
            want = kept * start[name] + (1 - kept) * end[own]
            torch.testing.assert_close(end[name], want, rtol=1e-6, atol=1e-7)
            assert not torch.equal(start[own], end[own])


def test_what_a_tool_wrote_changes_no_loss_and_no_gap(base: Path) -> None:
    model, some = policy(base), rows("distil", 3)
    work = DistillationWork(model, Distillation(), some, tokens=10_000, heat_rows=2)
    tally = Tally()
    work.loss(range(3), tally)
    kept = {gaps.row_id: gaps for gaps in work.gaps()}
    assert sorted(kept) == ["r0", "r1"]
    for row in some[:2]:
        gaps = kept[row.id]
        assert gaps.ids == row.ids
        teacher = logprobs_of(model, "teacher", row.teacher_prompt_ids, row.ids).detach()
        student = logprobs_of(model, "student", row.prompt_ids, row.ids).detach()
        for t, token in enumerate(row.ids):
            want = float(teacher[t, token] - student[t, token]) if row.written[t] else 0.0
            assert gaps.gaps[t] == pytest.approx(want, abs=1e-4)


def test_a_row_without_feedback_is_masked_and_not_taught_its_own_past(base: Path) -> None:
    model = policy(base)
    silent = rows("distil", 2, teacher_prompt_ids=None)
    said: list[str] = []
    before = model.weights()
    output = Learner(model, plain(), say=said.append).step(batch(*silent))
    assert output.skipped
    assert said
    assert all(torch.equal(before[n], w) for n, w in model.weights().items())


def test_metrics_bear_the_names_the_report_knows(base: Path) -> None:
    from fd_trainer.report.contract import METRICS

    learner = Learner(policy(base), plain())
    output = learner.step(batch(*rows("distil"), *rows("anchor", 2, seed=3)))
    expected = {
        "loss", "entropy", "teacher_entropy", "kl/forward", "kl/reverse", "kl/anchor",
        "top_k_mass", "completions/mean_length", "learning_rate", "grad_norm", "num_tokens",
        "leak/top_token_share",
    }  # fmt: skip
    assert expected <= set(METRICS) & set(output.metrics)
    m = output.metrics
    assert m["loss"] == pytest.approx(m["loss/distil"] + m["loss/anchor"])
    assert 0 < m["top_k_mass"] < 1
    assert 0 < m["leak/top_token_share"] < 1
    assert m["kl/forward"] > 0 < m["kl/reverse"]
