"""When a night takes the accelerator, and how its own vLLM is made."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fd_core.errors import PolicyError
from fd_core.file_lock import LockedError
from fd_core.policy.device_turns import DeviceTurns
from fd_core.settings import Settings
from fd_trainer.run import turns
from fd_trainer.run.sampling_parts import opened_sampler
from fd_trainer.samplers.hand_over import HandOver
from support.nights import config


@dataclass
class Parts:
    """No adapter was promoted, unless it is said."""

    promoted: Any = None


@pytest.mark.parametrize(
    ("device", "sampler", "gpus", "taken"),
    [
        ("cpu", {"kind": "in_process"}, 1, False),
        ("auto", {"kind": "in_process"}, 0, False),
        ("auto", {"kind": "in_process"}, 1, True),
        ("cuda:1", {"kind": "in_process"}, 0, True),
        ("auto", {"kind": "vllm"}, 1, True),
        ("auto", {"kind": "vllm", "endpoint": "http://127.0.0.1:8000/v1"}, 1, False),
    ],
)
def test_who_takes_the_device(
    device: str, sampler: dict[str, str], gpus: int, taken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "nvidia_gpus", lambda: gpus)
    assert turns.takes_device(config(model={"device": device}, sampler=sampler)) is taken


async def test_serving_waits_while_a_night_trains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FD_DATA_DIR", str(tmp_path))
    seen: list[bool] = []

    async def work() -> str:
        seen.append(DeviceTurns().wanted())
        return "done"

    night = config(model={"device": "cuda"})
    said: list[str] = []
    parts: Any = Parts()
    assert await turns.in_turn(night, Settings(), parts, work, said.append) == "done"
    assert seen == [True]
    assert not DeviceTurns().wanted()


@pytest.mark.parametrize("promoted", [None, ("adapter", "expected")])
async def test_serving_is_seen_to_be_back_whether_or_not_anything_was_promoted(
    promoted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FD_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(DeviceTurns, "served", lambda _: ["process 1 (serving on port 8000)"])
    asked: list[tuple[Any, ...]] = []

    async def back(_: HandOver, sampler: object, *promoted: Any) -> None:
        asked.append(promoted)

    monkeypatch.setattr(HandOver, "back", back)
    monkeypatch.setattr(HandOver, "answering", back)
    parts: Any = Parts(promoted)

    async def work() -> None: ...

    await turns.in_turn(config(model={"device": "cuda"}), Settings(), parts, work, print)
    assert asked == [promoted or ()]


async def test_a_device_that_another_training_has_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FD_DATA_DIR", str(tmp_path))
    parts: Any = Parts()

    async def work() -> None:
        raise AssertionError("not ours")

    with DeviceTurns().training(lambda _: None), pytest.raises(LockedError, match="training"):
        await turns.in_turn(
            config(model={"device": "cuda"}), Settings(), parts, work, lambda _: None
        )


async def test_a_vllm_that_is_not_installed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FD_VLLM_ENV", str(tmp_path / "none"))
    model: Any = None
    with pytest.raises(PolicyError, match="vLLM is not installed"):
        await opened_sampler(config(sampler={"kind": "vllm"}), model, lambda _: None, [])
