"""The model that learns, against plain forward passes of the same weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fd_core.errors import PolicyError
from fd_trainer.config.model import ModelOptions
from support import tiny_model

torch = pytest.importorskip("torch")

from fd_trainer.model.policy_model import PolicyModel  # noqa: E402

pytestmark = pytest.mark.models
OPTIONS = ModelOptions(rank=4, alpha=8, device="cpu", head_tokens=5)
SEQUENCES: list[tuple[list[int], list[int]]] = [
    ([5, 6, 7, 8, 9, 10, 11], [20, 21, 22]),
    ([12, 13], [30, 31, 32, 33, 34, 35, 36]),
    ([14, 15, 16], []),
    ([17], [40]),
    ([18, 19, 20], [50, 51, 52, 53]),
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model.build(tmp_path_factory.mktemp("tiny"), max_length=512)


@pytest.fixture
def policy(base: Path) -> PolicyModel:
    return stirred(PolicyModel.load(str(base), OPTIONS))


def stirred(policy: PolicyModel, seed: int = 1, scale: float = 0.05) -> PolicyModel:
    """As after some steps: the student is no longer its start."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in policy.student_parameters():
            weight.add_(torch.randn(weight.shape, generator=generator) * scale)
    return policy


def plain_logits(policy: PolicyModel, role: str, sequences: Sequence[Any] = SEQUENCES) -> Any:
    """Full-vocabulary logits [N, V], one sequence at a time, through the model's own forward."""
    found = []
    with policy.roles.wearing(role):
        for prompt, ids in sequences:
            both = torch.tensor([[*prompt, *ids]])
            logits = policy.roles.causal(role)(input_ids=both, use_cache=False).logits[0].float()
            found.append(logits[len(prompt) - 1 : len(prompt) - 1 + len(ids)])
    return torch.cat(found)


def plain_logprobs(policy: PolicyModel, role: str) -> Any:
    ids = torch.tensor([token for _, ids in SEQUENCES for token in ids])
    return plain_logits(policy, role).log_softmax(-1).gather(1, ids[:, None])[:, 0]


@pytest.mark.parametrize("tokens_at_once", [1, 12, 10_000])
def test_log_probs_are_those_of_a_plain_forward_pass_however_batched(
    base: Path, tokens_at_once: int
) -> None:
    options = OPTIONS.model_copy(update={"tokens_at_once": tokens_at_once})
    policy = stirred(PolicyModel.load(str(base), options))
    for role in ("student", "teacher", "reference"):
        expected = plain_logprobs(policy, role)
        assert torch.allclose(policy.logprobs(role, SEQUENCES), expected, atol=1e-5)
    student, teacher = (plain_logprobs(policy, r) for r in ("student", "teacher"))
    assert (student - teacher).abs().max() > 0.01


@pytest.mark.parametrize("head_tokens", [1, 4, 15, 1000])
def test_a_chunked_head_has_the_gradients_of_a_whole_one(base: Path, head_tokens: int) -> None:
    options = OPTIONS.model_copy(update={"head_tokens": head_tokens})
    policy = stirred(PolicyModel.load(str(base), options))
    weights = torch.linspace(-1, 1, 15)
    (policy.logprobs("student", SEQUENCES) * weights).sum().backward()
    chunked = gradients(policy)
    (plain_logprobs(policy, "student") * weights).sum().backward()
    for mine, other in zip(chunked, gradients(policy), strict=True):
        assert torch.allclose(mine, other, atol=1e-5)
    assert max(g.abs().max() for g in chunked) > 1e-3


def gradients(policy: PolicyModel) -> list[Any]:
    found = [weight.grad.clone() for weight in policy.student_parameters()]
    for weight in policy.student_parameters():
        weight.grad = None
    return found


def test_logits_of_a_long_answer_are_never_whole_in_memory(base: Path) -> None:
    from torch.utils._python_dispatch import TorchDispatchMode

    class Largest(TorchDispatchMode):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.numbers = 0

        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            out = func(*args, **(kwargs or {}))
            tensors = [t for t in torch.utils._pytree.tree_leaves(out) if torch.is_tensor(t)]
            self.numbers = max([self.numbers, *(t.numel() for t in tensors)])
            return out

    options = OPTIONS.model_copy(update={"head_tokens": 16, "attention": "sdpa"})
    policy = PolicyModel.load(str(base), options)
    long = [([1, 2, 3], [7] * 200)]
    whole = 200 * policy.vocabulary
    with Largest() as plain:
        plain_logits(policy, "student", long)
    assert plain.numbers >= whole
    with Largest() as chunked:
        policy.logprobs("student", long).sum().backward()
        policy.top_k("teacher", long, 25)
    assert chunked.numbers < whole / 2


def test_top_k_is_the_full_softmax_cut_and_lies_on_the_cpu(policy: PolicyModel) -> None:
    top = policy.top_k("student", SEQUENCES, 7)
    values, places = plain_logits(policy, "student").log_softmax(-1).topk(7)
    assert top.indices.dtype == torch.int32
    assert top.logprobs.dtype == torch.float32
    assert not top.logprobs.requires_grad
    assert top.indices.tolist() == places.tolist()
    assert torch.allclose(top.logprobs, values, atol=1e-5)
    assert policy.top_k("teacher", SEQUENCES, 10_000).indices.shape == (15, policy.vocabulary)


def test_only_the_student_learns(policy: PolicyModel) -> None:
    assert policy.hidden("student", SEQUENCES).requires_grad
    with torch.no_grad():
        assert not policy.hidden("student", SEQUENCES).requires_grad
    assert not policy.hidden("teacher", SEQUENCES).requires_grad
    policy.logprobs("student", SEQUENCES).sum().backward()
    mine = {id(weight) for weight in policy.student_parameters()}
    learning = {
        id(p)
        for p in policy.roles.causal("student").parameters()
        if p.requires_grad or p.grad is not None
    }
    assert learning == mine


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_layer_computed_again_wears_what_it_wore(base: Path, method: str) -> None:
    """Between forward and backward of the student the teacher speaks, as in every step of FD."""
    found = []
    for checkpointing in (False, True):
        update = {"activation_checkpointing": checkpointing, "method": method}
        policy = stirred(PolicyModel.load(str(base), OPTIONS.model_copy(update=update)))
        loss = policy.logprobs("student", SEQUENCES).sum()
        policy.top_k("teacher", SEQUENCES, 5)
        with policy.roles.wearing("teacher"):
            loss.backward()
        found.append(gradients(policy))
    for plain, again in zip(*found, strict=True):
        assert torch.allclose(plain, again, atol=1e-6)


def test_activation_checkpointing_keeps_fewer_activations_and_does_not_hinder_caching(
    base: Path,
) -> None:
    kept = []
    for checkpointing in (False, True):
        options = OPTIONS.model_copy(update={"activation_checkpointing": checkpointing})
        policy = PolicyModel.load(str(base), options)
        sizes: list[int] = []
        with torch.autograd.graph.saved_tensors_hooks(
            lambda t, sizes=sizes: sizes.append(t.numel()) or t, lambda t: t
        ):
            policy.hidden("student", SEQUENCES)
        kept.append(sum(sizes))
    assert kept[1] < kept[0] / 4
    out = policy.roles.causal("student")(input_ids=torch.tensor([[1, 2, 3]]), use_cache=True)
    assert out.past_key_values.get_seq_length() == 3


def test_nothing_at_all_is_no_error(policy: PolicyModel) -> None:
    assert policy.hidden("student", []).shape == (0, 32)
    assert policy.logprobs("student", [([1], [])]).shape == (0,)
    assert policy.top_k("teacher", [], 5).indices.shape == (0, 5)


@pytest.mark.parametrize(
    ("sequence", "words"),
    [(([], [1]), "empty prompt"), (([1], [400_000]), "400000"), (([-1], [1]), "-1")],
)
def test_ids_that_can_not_be(policy: PolicyModel, sequence: Any, words: str) -> None:
    with pytest.raises(PolicyError, match=words) as caught:
        policy.hidden("student", [SEQUENCES[0], sequence])
    assert "sequence 1" in caught.value.what
    assert caught.value.fix


def test_models_that_are_none(tmp_path: Path, base: Path) -> None:
    with pytest.raises(PolicyError, match="could not be loaded"):
        PolicyModel.load(str(tmp_path / "nothing"), OPTIONS)
    with pytest.raises(PolicyError, match=r"model\.device"):
        PolicyModel.load(str(base), OPTIONS.model_copy(update={"device": "quantum"}))
    with pytest.raises(PolicyError, match=r"model\.targets") as caught:
        PolicyModel.load(str(base), OPTIONS.model_copy(update={"targets": ("nowhere",)}))
    assert "q_proj" in caught.value.fix


def test_a_head_that_is_not_the_end_is_refused(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import Qwen3ForCausalLM

    plain = Qwen3ForCausalLM.forward

    def capped(self: Any, *args: Any, **kwargs: Any) -> Any:
        out = plain(self, *args, **kwargs)
        out.logits = torch.tanh(out.logits)
        return out

    monkeypatch.setattr(Qwen3ForCausalLM, "forward", capped)
    with pytest.raises(PolicyError, match="after the head"):
        PolicyModel.load(str(base), OPTIONS)
