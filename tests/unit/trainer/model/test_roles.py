"""Student, teacher and reference: how they begin, lag, are published, saved and told apart."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from fd_core.errors import PolicyError, RegistryError
from fd_core.registry import FolderRegistry
from fd_trainer.config.model import ModelOptions
from support import tiny_model

torch = pytest.importorskip("torch")

from fd_trainer.model.checkpoint import CheckpointError  # noqa: E402
from fd_trainer.model.policy_model import PolicyModel  # noqa: E402

pytestmark = pytest.mark.models
OPTIONS = ModelOptions(rank=4, alpha=8, device="cpu")
FULL = OPTIONS.model_copy(update={"method": "full"})
SEQUENCES = [([5, 6, 7, 8], [20, 21, 22]), ([12, 13], [30, 31])]
ROLES = ("student", "teacher", "reference")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model.build(tmp_path_factory.mktemp("tiny"), max_length=512)


@pytest.fixture(scope="module")
def trained(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model.adapter(base, tmp_path_factory.mktemp("lora"), seed=3)


def stir(policy: PolicyModel, seed: int = 1, scale: float = 0.05) -> PolicyModel:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in policy.student_parameters():
            weight.add_(torch.randn(weight.shape, generator=generator) * scale)
    return policy


def spoken(policy: PolicyModel) -> dict[str, Any]:
    with torch.no_grad():
        return {role: policy.logprobs(role, SEQUENCES) for role in ROLES}


@pytest.mark.parametrize("options", [OPTIONS, FULL], ids=["lora", "full"])
def test_all_roles_begin_as_the_base_and_only_the_student_moves(
    base: Path, options: ModelOptions
) -> None:
    policy = PolicyModel.load(str(base), options)
    start = spoken(policy)
    assert all(torch.equal(start[role], start["student"]) for role in ROLES)
    now = spoken(stir(policy))
    assert not torch.allclose(now["student"], start["student"], atol=1e-3)
    assert torch.equal(now["teacher"], start["teacher"])
    assert torch.equal(now["reference"], start["reference"])


def test_the_second_night_begins_where_the_first_ended_in_every_role(
    base: Path, trained: Path
) -> None:
    """A teacher that began as the bare base would unlearn what was gained (TRAINING §2.2, 3)."""
    bare = spoken(PolicyModel.load(str(base), OPTIONS))["student"]
    start = spoken(PolicyModel.load(str(base), OPTIONS, adapter=trained))
    assert not torch.allclose(start["student"], bare, atol=1e-2)
    assert all(torch.equal(start[role], start["student"]) for role in ROLES)


@pytest.mark.parametrize("options", [OPTIONS, FULL], ids=["lora", "full"])
def test_the_reference_can_be_set_to_the_student_of_a_moment(
    base: Path, options: ModelOptions
) -> None:
    policy = stir(PolicyModel.load(str(base), options))
    at = spoken(policy)["student"]
    policy.freeze_reference()
    now = spoken(stir(policy, seed=2))
    assert torch.equal(now["reference"], at)
    assert not torch.allclose(now["student"], at, atol=1e-3)
    policy.freeze_reference()
    assert torch.equal(spoken(policy)["reference"], now["student"])


@pytest.mark.parametrize("options", [OPTIONS, FULL], ids=["lora", "full"])
@pytest.mark.parametrize("retention", [0.0, 0.3, 0.9, 1.0])
def test_the_teacher_averages_each_factor(
    base: Path, options: ModelOptions, retention: float
) -> None:
    policy = stir(PolicyModel.load(str(base), options))
    before = policy.weights()
    policy.average_teacher(retention)
    after = policy.weights()
    for name in before:
        role, _, rest = name.partition("/")
        if role == "teacher":
            mu, theta = before[name], before[f"student/{rest}"]
            expected = retention * mu.double() + (1 - retention) * theta.double()
            assert torch.allclose(after[name].double(), expected, atol=1e-7)
            if retention in (0.0, 1.0):
                assert torch.equal(after[name], theta if retention == 0.0 else mu)
        else:
            assert torch.equal(after[name], before[name])
    with pytest.raises(PolicyError, match="retention"):
        policy.average_teacher(1.5)


def test_averaged_factors_differ_from_averaged_updates_by_what_is_documented(base: Path) -> None:
    """Product of averages − average of products = −a·b (B_θ−B_μ)(A_θ−A_μ), small after few steps."""
    a, b = 0.9, 0.1
    policy = stir(PolicyModel.load(str(base), OPTIONS), scale=0.3)
    policy.average_teacher(0.0)
    stir(policy, seed=2, scale=0.01)  # a few steps on
    before = {name: weight.double() for name, weight in policy.weights().items()}
    policy.average_teacher(a)
    after = {name: weight.double() for name, weight in policy.weights().items()}
    ratios = []
    for name in (n for n in before if n.startswith("teacher/") and "lora_A" in n):
        other = name.replace("lora_A", "lora_B")
        a_mu, b_mu = before[name], before[other]
        a_theta, b_theta = (before[n.replace("teacher/", "student/")] for n in (name, other))
        gap = after[other] @ after[name] - (a * b_mu @ a_mu + b * b_theta @ a_theta)
        assert torch.allclose(gap, -a * b * (b_theta - b_mu) @ (a_theta - a_mu), atol=1e-6)
        moved = b * (b_theta @ a_theta - b_mu @ a_mu)
        ratios.append(float(gap.norm() / moved.norm()))
    assert len(ratios) == 14
    assert max(ratios) < 0.1


@pytest.mark.parametrize("options", [OPTIONS, FULL], ids=["lora", "full"])
def test_weights_come_back_bit_for_bit(base: Path, options: ModelOptions) -> None:
    policy = stir(PolicyModel.load(str(base), options))
    policy.average_teacher(0.7)
    policy.freeze_reference()
    stir(policy, seed=5)
    kept, said = policy.weights(), spoken(policy)
    other = PolicyModel.load(str(base), options, seed=9)
    other.restore(kept)
    assert {name: w.tolist() for name, w in other.weights().items()} == {
        name: w.tolist() for name, w in kept.items()
    }
    assert all(torch.equal(spoken(other)[role], said[role]) for role in ROLES)
    assert not any(w.requires_grad for w in kept.values())
    stir(policy, seed=6)
    assert torch.equal(kept["student/" + first(kept)], other.weights()["student/" + first(kept)])


@pytest.mark.parametrize("options", [OPTIONS, FULL], ids=["lora", "full"])
def test_weights_from_before_the_reference_was_set_bring_the_base_back_as_reference(
    base: Path, options: ModelOptions
) -> None:
    """As when GRPO rolls back to the best checkpoint of FD."""
    policy = stir(PolicyModel.load(str(base), options))
    said, kept = spoken(policy), policy.weights()
    if options is OPTIONS:
        assert not any(name.startswith("reference/") for name in kept)
    else:  # it was asked for, and is part of the weights now
        kept = {name: w for name, w in kept.items() if not name.startswith("reference/")}
    policy.freeze_reference()
    stir(policy, seed=2)
    policy.restore(kept)
    assert all(torch.equal(spoken(policy)[role], said[role]) for role in ROLES)
    assert all(weight.requires_grad for weight in policy.student_parameters())


def test_nobody_speaks_under_a_name_that_is_none(base: Path) -> None:
    policy = PolicyModel.load(str(base), OPTIONS)
    with pytest.raises(PolicyError, match="'studnet'"):
        policy.logprobs("studnet", SEQUENCES)
    assert spoken(policy)


def first(weights: dict[str, Any]) -> str:
    return next(iter(weights)).partition("/")[2]


def test_weights_of_another_shape_are_refused_and_change_nothing(base: Path) -> None:
    policy = stir(PolicyModel.load(str(base), OPTIONS))
    before = spoken(policy)
    other = PolicyModel.load(str(base), OPTIONS.model_copy(update={"rank": 2}))
    with pytest.raises(CheckpointError, match="not this model's") as caught:
        policy.restore(other.weights())
    assert "rank" in caught.value.fix
    with pytest.raises(CheckpointError):
        policy.restore({})
    assert all(torch.equal(before[role], spoken(policy)[role]) for role in ROLES)


def test_a_saved_adapter_is_published_and_speaks_the_same(base: Path, tmp_path: Path) -> None:
    policy = stir(PolicyModel.load(str(base), OPTIONS))
    folders = [tmp_path / name for name in ("one", "two", "teacher")]
    policy.save_adapter(folders[0])
    policy.save_adapter(folders[1])
    policy.save_adapter(folders[2], "teacher")
    registry = FolderRegistry(tmp_path / "adapters")
    ids = [registry.publish(folder, str(base), None, {}).id for folder in folders]
    assert ids[0] == ids[1] != ids[2]
    again = PolicyModel.load(str(base), OPTIONS, adapter=Path(registry.get(ids[0]).path))
    assert torch.equal(spoken(again)["student"], spoken(policy)["student"])
    config = json.loads((folders[0] / "adapter_config.json").read_text())
    assert config["target_modules"] == sorted(config["target_modules"])
    with pytest.raises(RegistryError, match="not empty"):
        policy.save_adapter(folders[0])
    with pytest.raises(RegistryError, match="can't be written"):
        policy.save_adapter(folders[0] / "adapter_config.json" / "below")


def test_adapters_that_do_not_fit(base: Path, trained: Path, tmp_path: Path) -> None:
    def damaged(name: str) -> Path:
        return Path(shutil.copytree(trained, tmp_path / name))

    from safetensors.torch import load_file, save_file

    weights = load_file(trained / "adapter_model.safetensors")
    renamed = damaged("renamed")
    save_file(
        {k.replace("base_model.model.", "other."): w for k, w in weights.items()},
        renamed / "adapter_model.safetensors",
    )
    fewer = damaged("fewer")
    save_file(dict(list(weights.items())[1:]), fewer / "adapter_model.safetensors")
    larger = damaged("larger")
    save_file(
        {k: torch.cat([w, w]) for k, w in weights.items()}, larger / "adapter_model.safetensors"
    )
    cut = damaged("cut")
    (cut / "adapter_model.safetensors").write_bytes(b"\x00" * 20)
    elsewhere = damaged("elsewhere")
    config = json.loads((elsewhere / "adapter_config.json").read_text())
    (elsewhere / "adapter_config.json").write_text(
        json.dumps(config | {"base_model_name_or_path": "Qwen/Other"})
    )
    words = {
        renamed: "weights missing", fewer: "1 weights missing", larger: "does not fit",
        cut: "no whole safetensors", elsewhere: "Qwen/Other", tmp_path: "is a link, a folder",
    }  # fmt: skip
    for folder, what in words.items():
        with pytest.raises(RegistryError, match=what) as caught:
            PolicyModel.load(str(base), OPTIONS, adapter=folder)
        assert folder is elsewhere or str(folder) in caught.value.what
        assert caught.value.fix


def test_published_weights_can_speak_beside_the_student(base: Path, trained: Path) -> None:
    """Another rank and scale than the student's; loading it twice is no trouble."""
    policy = stir(PolicyModel.load(str(base), OPTIONS))
    before = spoken(policy)
    expected = spoken(PolicyModel.load(str(base), OPTIONS, adapter=trained))["student"]
    for _ in range(2):
        policy.roles.add_published("spoken", trained)
        with torch.no_grad():
            assert torch.equal(policy.logprobs("spoken", SEQUENCES), expected)
            assert torch.equal(policy.logprobs("base", SEQUENCES), before["reference"])
    assert all(torch.equal(before[role], spoken(policy)[role]) for role in ROLES)
    assert not any("spoken" in name for name in policy.weights())
    policy.roles.remove_published("spoken")
    policy.roles.remove_published("spoken")
    assert all(torch.equal(before[role], spoken(policy)[role]) for role in ROLES)
    assert all(weight.requires_grad for weight in policy.student_parameters())


def test_the_same_seed_draws_the_same_adapter_and_disturbs_no_other_chance(base: Path) -> None:
    torch.manual_seed(7)
    state = torch.get_rng_state()
    one, two, three = (PolicyModel.load(str(base), OPTIONS, seed=s).weights() for s in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    name = next(n for n in one if "lora_A" in n)
    assert torch.equal(one[name], two[name])
    assert not torch.equal(one[name], three[name])
