"""Somebody promotes by hand while the night runs: their choice stands."""

from pathlib import Path

from fd_core.registry import FolderRegistry
from support.adapters import BASE, write_adapter
from support.nights import fake_night


async def test_what_was_promoted_by_hand_meanwhile_stays(tmp_path: Path) -> None:
    one = fake_night(tmp_path)
    registry = FolderRegistry(tmp_path / "adapters")
    by_hand = registry.publish(write_adapter(tmp_path / "mine", b"mine"), BASE, None, {})
    speak = one.parts.speak

    async def and_meanwhile(step: int) -> None:
        await speak(step)
        if step == 3:
            registry.promote(by_hand.id)

    one.parts.speak = and_meanwhile  # type: ignore[method-assign]
    assert (await one.run()).startswith("promote: ")
    served = registry.promoted()
    assert served is not None
    assert served.id == by_hand.id
    assert f"not promoted: {by_hand.id} is served since" in one.out.getvalue()
    assert "is served since" in (one.stand.folder.path / "run.json").read_text()
