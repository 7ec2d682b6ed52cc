"""What a step does and does not: other kinds of row, faults, memory, resuming, changing over."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from fd_trainer.algorithms.learner import Learner, after_distillation  # noqa: E402
from fd_trainer.example import Row  # noqa: E402
from fd_trainer.model.checkpoint import CheckpointError  # noqa: E402
from fd_trainer.ports import StepLeftError  # noqa: E402
from support.tiny_policy import batch, plain, policy, rows  # noqa: E402

pytestmark = pytest.mark.models
FD = {"distillation": {"top_k": 9}}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tiny")


def bits(model: Any, learner: Learner) -> list[Any]:
    """Everything a step may change, as tensors."""
    state: Any = learner.state()
    moments = [v for own in state["optimiser"]["state"].values() for v in own.values()]
    return [*model.weights().values(), *moments, torch.tensor(learner.applied)]


def same(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(map(torch.equal, one, other))


def test_policy_gradient_is_the_definition_s(base: Path) -> None:
    """−A·log π's gradient weighted by min(π/π_sampler, 2), over written tokens, per sequence."""
    model, some = policy(base), rows("policy_gradient", weight=1.0)
    model.freeze_reference()
    parameters = model.student_parameters()
    total = torch.zeros(())
    for row in some:
        now = model.logprobs("student", [(row.prompt_ids, row.ids)])
        ratio = (now.detach() - torch.tensor(row.old_logprobs)).exp().clamp(max=2.0)
        mask = torch.tensor(row.written)
        total = total - (row.advantage * ratio * now)[mask].mean() / len(some)
    want = torch.autograd.grad(total, parameters)
    options = plain(policy_gradient={"kl_coefficient": 0.0}, optimiser={"gradient_clip": 1e9})
    found = _gradient(Learner(model, options), model, batch(*some))
    torch.testing.assert_close(found, list(want), rtol=1e-3, atol=1e-6)


def _gradient(learner: Learner, model: Any, given: Any) -> list[Any]:
    """What reaches the optimiser."""
    caught: list[Any] = []

    def catch(optimiser: Any, args: Any, kwargs: Any) -> None:
        caught.extend(weight.grad.clone() for weight in model.student_parameters())

    learner._optimiser.register_step_pre_hook(catch)
    learner.step(given)
    return caught


def test_groups_without_spread_move_nothing_and_still_count(base: Path) -> None:
    some = rows("policy_gradient", 4)
    equal = rows("policy_gradient", 4, seed=9, advantage=0.0)
    options = plain(policy_gradient={"kl_coefficient": 0.0, "variant": "grpo"})
    model = policy(base)
    alone = _gradient(Learner(model, options), model, batch(*some))
    model = policy(base)
    both = _gradient(Learner(model, options), model, batch(*some, *equal))
    torch.testing.assert_close([2 * g for g in both], alone, rtol=1e-4, atol=1e-7)
    assert Learner(model, options).step(batch(*equal)).skipped


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_changes_nothing_and_says_so(base: Path, broken: float) -> None:
    model, said = policy(base), []  # type: ignore[var-annotated]
    learner = Learner(model, plain(**FD, teacher={"period": 1}), say=said.append)
    learner.step(batch(*rows("distil"), *rows("policy_gradient")))
    before = bits(model, learner)
    bad = rows("policy_gradient", 1, advantage=broken)
    output = learner.step(batch(*rows("distil"), *bad, step=1))
    assert output.skipped
    assert math.isfinite(output.loss)
    assert any("step 1 changed nothing" in line for line in said)
    assert same(before, bits(model, learner))
    assert not learner.step(batch(*rows("distil"), step=2)).skipped


def test_a_step_that_is_left_between_passes_is_as_if_it_had_not_begun(base: Path) -> None:
    given = batch(*rows("distil", 8), *rows("preference", 2, pair="x"))
    options = plain(**FD, micro_batch_tokens=40)
    model = policy(base)
    learner = Learner(model, options)
    learner.step(batch(*rows("distil", seed=5)))
    before, chance, looks = bits(model, learner), torch.random.get_rng_state(), iter([False, True])

    def asked() -> bool:
        torch.rand(1)  # as dropout would
        return next(looks)

    learner.asked_to_go = asked
    with pytest.raises(StepLeftError):
        learner.step(given)
    assert same(before, bits(model, learner))
    assert torch.equal(chance, torch.random.get_rng_state())
    learner.asked_to_go = lambda: False
    assert not learner.step(given).skipped


class Short:
    """A policy model on a machine whose memory ends at so many padded tokens in one pass."""

    def __init__(self, model: Any, tokens: int) -> None:
        self._model, self.tokens = model, tokens

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def hidden(self, role: Any, sequences: Any) -> Any:
        if len(sequences) * max(len(p) + len(i) for p, i in sequences) > self.tokens:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1 PiB")
        return self._model.hidden(role, sequences)


def test_out_of_memory_halves_the_passes_and_the_step_is_the_same(base: Path) -> None:
    given = batch(*rows("distil", 8), *rows("preference", 2, pair="x"))
    model = policy(base)
    whole = Learner(model, plain(**FD)).step(given)
    after = model.weights()
    said: list[str] = []
    model = policy(base)
    learner = Learner(Short(model, 60), plain(**FD), say=said.append)  # type: ignore[arg-type]
    output = learner.step(given)
    assert said
    assert all("out of memory" in line for line in said)
    assert output.loss == pytest.approx(whole.loss, rel=1e-5)
    torch.testing.assert_close(model.weights(), after, rtol=1e-4, atol=1e-6)
    said.clear()
    assert not learner.step(given).skipped
    assert not said, "it was not remembered"


def test_a_sequence_that_fits_in_no_pass_is_said_and_changes_nothing(base: Path) -> None:
    model, said = policy(base), []  # type: ignore[var-annotated]
    learner = Learner(Short(model, 3), plain(**FD), say=said.append)  # type: ignore[arg-type]
    before = bits(model, learner)
    output = learner.step(batch(*rows("distil")))
    assert "does not fit into memory" in output.skipped
    assert same(before, bits(model, learner))


def test_other_errors_are_not_taken_for_memory(base: Path) -> None:
    model = policy(base)
    learner = Learner(model, plain(**FD, teacher={"period": 1}))
    model.average_teacher = lambda kept: (_ for _ in ()).throw(RuntimeError("shape mismatch"))
    with pytest.raises(RuntimeError, match="shape mismatch"):
        learner.step(batch(*rows("distil")))


def _mixed(step: int) -> Any:
    seeds = iter(range(10 * step, 10 * step + 5))
    return batch(
        *rows("distil", 3, seed=next(seeds)),
        *rows("policy_gradient", 3, seed=next(seeds)),
        *rows("anchor", 2, seed=next(seeds)),
        *rows("target", 1, seed=next(seeds)),
        *rows("preference", 2, seed=next(seeds), pair="a"),
        step=step,
    )


@pytest.mark.parametrize("method", ["lora", "full"])
def test_resumed_steps_equal_uninterrupted_ones_bit_for_bit(base: Path, method: str) -> None:
    options = plain(**FD, teacher={"period": 2}, optimiser={"warmup_steps": 5})
    model = policy(base, method=method, moved=0.01)
    learner = Learner(model, options)
    for step in range(3):
        learner.step(_mixed(step))
    kept, weights = learner.state(), model.weights()
    straight = [learner.step(_mixed(step)).loss for step in range(3, 7)]
    again = policy(base, method=method, moved=0.3)
    resumed = Learner(again, options)
    resumed.step(_mixed(99))
    again.restore(weights)
    resumed.restore(kept)
    assert [resumed.step(_mixed(step)).loss for step in range(3, 7)] == straight
    assert same(bits(model, learner), bits(again, resumed))


def test_a_checkpoint_of_another_model_is_refused(base: Path) -> None:
    small = Learner(policy(base), plain())
    small.step(batch(*rows("target")))
    other = Learner(policy(base, rank=2), plain())
    with pytest.raises(CheckpointError, match="does not fit"):
        other.restore(dict(small.state()))
    with pytest.raises(CheckpointError):
        other.restore({})


def test_preference_moves_only_between_the_two_and_needs_both(base: Path) -> None:
    pair = rows("preference", 2, pair="goal", weight=1.0)
    options = plain(preference={"weight": 1.0, "beta": 1.0, "label_smoothing": 0.0})
    model = policy(base)
    learner = Learner(model, options)
    first = learner.step(batch(*pair)).metrics["preference/margin"]
    for step in range(1, 6):
        last = learner.step(batch(*pair, step=step)).metrics["preference/margin"]
    assert last > first + 0.1
    alone = learner.step(batch(pair[1], step=7))
    assert alone.skipped
    assert learner.step(batch(*rows("preference", 2, pair=""), step=8)).skipped


def test_targets_become_likelier_and_tool_text_does_not_count(base: Path) -> None:
    model, some = policy(base), rows("target", 4, weight=1.0)
    learner = Learner(model, plain(optimiser={"learning_rate": 3e-3, "warmup_steps": 0}))
    losses = [learner.step(batch(*some, step=s)).metrics["targets/ce"] for s in range(8)]
    assert losses[-1] < losses[0]
    blank = [
        Row(r.id, r.kind, r.problem_id, r.prompt_ids, r.ids, (False,) * len(r.ids)) for r in some
    ]
    assert learner.step(batch(*blank)).skipped


def test_grpo_after_distillation_starts_anew_from_the_student_as_it_is(base: Path) -> None:
    model = policy(base)
    options = plain(**FD, grpo_optimiser={"learning_rate": 1e-3, "warmup_steps": 10})
    learner = Learner(model, options)
    for step in range(3):
        learner.step(batch(*rows("distil", seed=step), step=step))
    second = after_distillation(model, options)
    assert second.applied == 0
    assert second.state()["optimiser"]["state"] == {}  # type: ignore[index]
    given = batch(*rows("policy_gradient"))
    output = second.step(given)
    assert output.metrics["kl"] == pytest.approx(0.0, abs=1e-6)
    assert output.metrics["learning_rate"] == pytest.approx(1e-4)
    assert second.step(given).metrics["kl"] > 0
    second.rate_factor = 0.5
    assert second.step(given).metrics["learning_rate"] == pytest.approx(1.5e-4)
