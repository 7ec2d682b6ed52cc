"""A whole model as what is published: saved, found again word for word, and spoken with beside others."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
from fd_core.adapter import Adapter
from fd_core.errors import PolicyError, RegistryError
from fd_core.policy.endpoint import Endpoint
from fd_core.policy.lora_loading import load
from fd_core.policy.waiting import Deadline
from fd_core.registry import FolderRegistry
from fd_trainer.config.model import ModelOptions
from support import tiny_model

torch = pytest.importorskip("torch")

from fd_trainer.model.policy_model import PolicyModel  # noqa: E402
from fd_trainer.samplers.in_process import InProcessSampler  # noqa: E402

pytestmark = pytest.mark.models
FULL = ModelOptions(method="full", device="cpu")
LORA = ModelOptions(rank=4, device="cpu")
ASKED = [([5, 6, 7], [8, 9, 10]), ([11], [12, 13])]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model.build(tmp_path_factory.mktemp("base"))


def moved(policy: Any, seed: int = 3) -> Any:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in policy.student_parameters():
            weight += 0.05 * torch.randn(weight.shape, generator=generator)
    return policy


@pytest.fixture
def published(base: Path, tmp_path: Path) -> tuple[Any, Adapter]:
    """A policy that moved, and what was published of it."""
    policy = moved(PolicyModel.load(str(base), FULL))
    policy.save_adapter(tmp_path / "whole")
    registry = FolderRegistry(tmp_path / "adapters")
    made = registry.publish(tmp_path / "whole", str(base), None, {})
    assert registry.publish(tmp_path / "whole", str(base), None, {}).id == made.id
    return policy, registry.promote(made.id)


def test_training_goes_on_from_it_word_for_word(base: Path, published: tuple[Any, Adapter]) -> None:
    policy, adapter = published
    assert adapter.whole_model
    assert not any(name.endswith(".jinja") for name in adapter.digests)
    again = PolicyModel.load(str(base), FULL, adapter=Path(adapter.path))
    for role in ("student", "teacher", "reference"):
        assert again.score(role, ASKED) == policy.score("student", ASKED)
    assert again.score("base", ASKED) != policy.score("student", ASKED)
    assert all(weight.requires_grad for weight in again.student_parameters())


async def test_a_sampler_speaks_with_it_and_with_adapters_of_before(
    base: Path, published: tuple[Any, Adapter], tmp_path: Path
) -> None:
    policy, whole = published
    light = moved(PolicyModel.load(str(base), LORA))
    light.save_adapter(tmp_path / "lora")
    lora = Adapter("lora", str(base), str(tmp_path / "lora"), None, 0.0)
    sampler = InProcessSampler(PolicyModel.load(str(base), FULL))
    for adapter, speaker in ((whole, policy), (lora, light), (whole, policy)):
        await sampler.speak_with(adapter)
        assert sampler.version.adapter_id == adapter.id
        said = [await sampler.score(*each) for each in ASKED]
        expected = [speaker.score("student", [each]) for each in ASKED]
        for ours, theirs in zip(said, expected, strict=True):
            assert ours == pytest.approx(theirs, abs=1e-5)
    await sampler.aclose()
    begun = PolicyModel.load(str(base), FULL, adapter=tmp_path / "lora")
    assert begun.score("student", ASKED) == pytest.approx(light.score("student", ASKED), abs=1e-5)


def test_lora_on_it_and_damage_are_refused(
    base: Path, published: tuple[Any, Adapter], tmp_path: Path
) -> None:
    _, adapter = published
    with pytest.raises(RegistryError, match="is a whole model") as caught:
        PolicyModel.load(str(base), LORA, adapter=Path(adapter.path))
    assert 'model.method = "full"' in caught.value.fix
    from safetensors.torch import load_file, save_file

    damaged = Path(shutil.copytree(adapter.path, tmp_path / "damaged"))
    file = damaged / "model.safetensors"
    weights = load_file(file)
    weights.pop(sorted(weights)[0])
    file.chmod(0o600)
    save_file(weights, file)
    with pytest.raises(RegistryError, match="weights missing or unknown"):
        PolicyModel.load(str(base), FULL, adapter=damaged)
    with pytest.raises(RegistryError, match="not empty"):
        PolicyModel.load(str(base), FULL).save_adapter(damaged)
    (damaged / "fd-model.json").write_text(json.dumps({"base_model_name_or_path": "another"}))
    with pytest.raises(RegistryError, match="another"):
        PolicyModel.load(str(base), FULL, adapter=damaged)
    (damaged / "config.json").unlink()
    with pytest.raises(RegistryError, match=r"has no config\.json"):
        FolderRegistry(tmp_path / "other").publish(damaged, "another", None, {})


async def test_a_running_vllm_says_that_it_must_be_started_anew(
    published: tuple[Any, Adapter],
) -> None:
    _, adapter = published
    endpoint = Endpoint("http://127.0.0.1:9/v1")
    with pytest.raises(PolicyError, match="is a whole model") as caught:
        await load(endpoint, adapter.id, Path(adapter.path), Deadline.after(5.0))
    assert f"fd-server model serve {adapter.path}" in caught.value.fix
    await endpoint.aclose()


async def test_the_editors_model_says_that_it_is_in_use(
    base: Path, published: tuple[Any, Adapter]
) -> None:
    from fd_core.adapter_use import is_in_use
    from fd_core.policy.openai_wire import Sampling
    from fd_core.policy.transformers_local.model import LocalModel
    from fd_core.policy.transformers_local.sampling import Generation

    _, adapter = published
    model = LocalModel(str(base), device="cpu")
    folder = Path(adapter.path)
    assert not is_in_use(folder)
    generation = Generation("example", Sampling(1, 1.0, 1), (), adapter, 0)
    await model.generate(generation, lambda _: None, threading.Event())
    assert is_in_use(folder)
    await model.unload()
    assert not is_in_use(folder)
