"""METHOD §1.3's identities, against plain numpy and the naive definition; then TRL's own helpers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from fd_trainer.algorithms.losses import divergences as d  # noqa: E402

pytestmark = pytest.mark.models
N, V, K = 7, 50, 9
CLOSE: dict[str, float] = {"rtol": 1e-9, "atol": 1e-9}


def logits(seed: int, spread: float = 2.0) -> Any:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(N, V, generator=generator, dtype=torch.float64) * spread


def on_support(student: Any, teacher: Any, k: int = K) -> tuple[Any, Any, Any]:
    """Teacher's top K, both sides under the full softmax, and the indices."""
    teacher_log = teacher.log_softmax(-1)
    kept, where = teacher_log.topk(k, -1)
    return kept, student.gather(-1, where) - student.logsumexp(-1, keepdim=True), where


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def gradient_of(loss_of: Any, student: Any) -> np.ndarray:
    z = student.clone().requires_grad_()
    loss_of(z).sum().backward()
    return z.grad.numpy()


def test_truncated_cross_entropy_has_the_gradient_of_the_paper() -> None:
    """∂L̂/∂z = m·q − p·1_S, computed here in numpy from the logits alone."""
    student, teacher = logits(0), logits(1)
    got = gradient_of(lambda z: d.cross_entropy(*on_support(z, teacher)[:2]), student)
    p, q = softmax(teacher.numpy()), softmax(student.numpy())
    cut = np.zeros_like(p)
    for row, places in enumerate(np.argsort(-p, axis=-1)[:, :K]):
        cut[row, places] = p[row, places]
    np.testing.assert_allclose(got, cut.sum(-1, keepdims=True) * q - cut, **CLOSE)


def test_truncated_cross_entropy_has_the_value_of_the_definition() -> None:
    student, teacher = logits(0), logits(1)
    p, q = softmax(teacher.numpy()), softmax(student.numpy())
    want = [
        -sum(p[t, a] * np.log(q[t, a]) for a in np.argsort(-p[t])[:K]) for t in range(N)
    ]  # fmt: skip
    got = d.cross_entropy(*on_support(student, teacher)[:2])
    np.testing.assert_allclose(got.numpy(), want, **CLOSE)


def test_with_the_whole_vocabulary_it_is_full_cross_entropy() -> None:
    student, teacher = logits(2), logits(3)
    full = -(teacher.softmax(-1) * student.log_softmax(-1)).sum(-1)
    got = d.cross_entropy(*on_support(student, teacher, V)[:2])
    np.testing.assert_allclose(got.numpy(), full.numpy(), **CLOSE)
    gradient = gradient_of(lambda z: d.cross_entropy(*on_support(z, teacher, V)[:2]), student)
    want = softmax(student.numpy()) - softmax(teacher.numpy())
    np.testing.assert_allclose(gradient, want, **CLOSE)


@pytest.mark.parametrize("k", [1, K, V])
def test_cross_entropy_and_kl_have_the_same_gradient(k: int) -> None:
    student, teacher = logits(4), logits(5)
    ce = gradient_of(lambda z: d.cross_entropy(*on_support(z, teacher, k)[:2]), student)
    kl = gradient_of(lambda z: d.kl(*on_support(z, teacher, k)[:2]), student)
    np.testing.assert_allclose(ce, kl, **CLOSE)


def test_equal_student_has_no_gradient_with_a_tail_or_everything_and_has_one_when_cut() -> None:
    """METHOD §1.3: at q = p the cut loss still moves 1−m into the support; the bucket does not."""
    z = logits(6)

    def bucketed(x: Any) -> Any:
        teacher, student, _ = on_support(x, z)
        return d.kl(d.with_tail(teacher), d.with_tail(student))

    def cut(x: Any) -> Any:
        return d.cross_entropy(*on_support(x, z)[:2])

    def whole(x: Any) -> Any:
        return d.cross_entropy(*on_support(x, z, V)[:2])

    assert np.abs(gradient_of(bucketed, z)).max() < 1e-12
    assert np.abs(gradient_of(whole, z)).max() < 1e-12
    left_out = 1.0 - np.sort(softmax(z.numpy()), -1)[:, -K:].sum(-1)
    inflow = np.minimum(gradient_of(cut, z), 0.0).sum(-1)
    np.testing.assert_allclose(-inflow, (1 - left_out) * left_out, **CLOSE)


@pytest.mark.parametrize("direction", ["forward", "reverse", "jsd"])
def test_divergences_match_the_definition_and_vanish_only_at_equality(direction: Any) -> None:
    student, teacher = logits(7), logits(8)
    p, q = softmax(teacher.numpy()), softmax(student.numpy())
    m = 0.3 * p + 0.7 * q
    want = {
        "forward": (p * np.log(p / q)).sum(-1),
        "reverse": (q * np.log(q / p)).sum(-1),
        "jsd": 0.3 * (p * np.log(p / m)).sum(-1) + 0.7 * (q * np.log(q / m)).sum(-1),
    }[direction]
    p_log, q_log = teacher.log_softmax(-1), student.log_softmax(-1)
    np.testing.assert_allclose(d.divergence(p_log, q_log, direction, 0.3).numpy(), want, **CLOSE)
    assert d.divergence(p_log, p_log, direction, 0.3).abs().max() < 1e-12


def test_the_bucket_coarsens_and_so_never_exceeds_the_full_divergence() -> None:
    student, teacher = logits(9), logits(10)
    p, q, _ = on_support(student, teacher)
    coarse = d.kl(d.with_tail(p), d.with_tail(q))
    full = d.kl(teacher.log_softmax(-1), student.log_softmax(-1))
    assert (coarse <= full + 1e-12).all()
    assert (coarse > 0).all()
    np.testing.assert_allclose(d.with_tail(p).exp().sum(-1).numpy(), 1.0, **CLOSE)


def test_impossible_tokens_give_numbers_not_nan() -> None:
    p_log = torch.tensor([[0.0, -torch.inf], [-0.1, -2.3]], dtype=torch.float64)
    q_log = torch.tensor([[-0.7, -0.7], [-0.5, -1.0]], dtype=torch.float64, requires_grad=True)
    for direction in ("forward", "jsd"):
        value = d.divergence(p_log, q_log, direction, 0.5)  # type: ignore[arg-type]
        assert value.isfinite().all()
    d.cross_entropy(p_log, q_log).sum().backward()
    assert q_log.grad.isfinite().all()
    assert d.with_tail(p_log[:1]).isfinite()[0, 0]
    one = torch.zeros(1, 1, requires_grad=True)
    d.with_tail(one).sum().backward()
    assert one.grad.isfinite().all()


def test_a_cap_scales_the_pull_of_large_tokens_and_leaves_the_rest() -> None:
    student, teacher = logits(11, 4.0), logits(12, 4.0)

    def loss(z: Any, cap: float | None) -> Any:
        value = d.kl(teacher.log_softmax(-1), z.log_softmax(-1))
        return d.capped(value, value, cap)

    plain, cut = gradient_of(lambda z: loss(z, None), student), loss(student, 8.0)
    values = loss(student, None).numpy()
    assert values.max() > 8.0 > values.min()
    np.testing.assert_allclose(cut.numpy(), np.minimum(values, 8.0), **CLOSE)
    scale = np.minimum(1.0, 8.0 / values)[:, None]
    np.testing.assert_allclose(gradient_of(lambda z: loss(z, 8.0), student), plain * scale, **CLOSE)


@pytest.mark.parametrize("alpha", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("tail", [True, False])
def test_equal_to_sdpo_of_trl_on_the_same_tensors(alpha: float, tail: bool) -> None:
    """Student's top K; tail bucket, or both sides renormalised: TRL's two ways."""
    oracle = pytest.importorskip("trl.experimental.sdpo.loss_utils", reason="TRL is not installed")
    student, teacher = logits(13), logits(14)
    want = oracle.compute_topk_self_distillation_loss(
        student, teacher, distillation_topk=K, distillation_alpha=alpha, distillation_add_tail=tail
    )
    q_log, where = student.log_softmax(-1).topk(K, -1)
    p_log = teacher.log_softmax(-1).gather(-1, where)
    shape = d.with_tail if tail else d.renormalised
    direction = {0.0: "forward", 1.0: "reverse"}.get(alpha, "jsd")
    got = d.divergence(shape(p_log), shape(q_log), direction, alpha)  # type: ignore[arg-type]
    np.testing.assert_allclose(got.numpy(), want.numpy(), rtol=1e-6, atol=1e-6)
    whole = oracle.compute_full_logit_self_distillation_loss(
        student, teacher, distillation_alpha=alpha
    )
    mine = d.divergence(teacher.log_softmax(-1), student.log_softmax(-1), direction, alpha)  # type: ignore[arg-type]
    np.testing.assert_allclose(mine.numpy(), whole.numpy(), rtol=1e-6, atol=1e-6)
