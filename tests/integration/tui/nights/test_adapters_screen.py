"""The adapters' screen: on a real registry behind a real `fd-server`, and at every size."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fd_core.protocol import Adapters, WireAdapter
from fd_core.registry import FolderRegistry
from fd_trainer.report.page import write_report
from fd_tui.link.asking import RefusedError
from fd_tui.link.command import server_command
from fd_tui.link.link import Link
from fd_tui.screens.adapters import AdaptersScreen
from fd_tui.screens.questions import Choice
from support.adapters import BASE, write_adapter
from support.sample_night import write_night
from support.tui_screens import FakeAsks, notices, on_screen, text_of, until

OLD = WireAdapter(
    id="served", base_model=BASE, parent=None, created_at=1e9, status="retired",
    metrics={"held_out": 0.25, "entropy": 0.5},
)  # fmt: skip
NEW = WireAdapter(
    id="candidate", base_model=BASE, parent="served", created_at=2e9, status="promoted",
    metrics={"held_out": 0.5},
)  # fmt: skip
BOTH = Adapters(adapters=[OLD, NEW], promoted="candidate")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FD_DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
async def link(data: Path) -> AsyncIterator[Link]:
    link = Link(server_command(), data)
    link.start(lambda _: None)
    yield link
    await link.aclose()


async def test_promote_and_roll_back_in_a_real_registry(data: Path, link: Link) -> None:
    registry = FolderRegistry()
    first = registry.publish(write_adapter(data / "a", b"one"), BASE, None, {"held_out": 0.25})
    second = registry.publish(write_adapter(data / "b", b"two"), BASE, first.id, {"held_out": 0.5})
    registry.promote(first.id)
    async with on_screen(AdaptersScreen(link)) as pilot:
        await until(pilot, lambda: f"served: {first.id[:12]}" in text_of(pilot))
        assert second.id[:12] in text_of(pilot)
        await pilot.press("home" if _row(text_of(pilot), second.id) == 1 else "end", "p")
        await until(pilot, lambda: isinstance(pilot.app.screen, Choice))
        assert "No gate judged it" in text_of(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert _promoted() == first.id
        await pilot.press("p")
        await until(pilot, lambda: isinstance(pilot.app.screen, Choice))
        await pilot.press("enter")
        await until(pilot, lambda: f"served: {second.id[:12]}" in text_of(pilot))
        assert _promoted() == second.id
        await pilot.press("b")
        await until(pilot, lambda: isinstance(pilot.app.screen, Choice))
        await pilot.press("enter")
        await until(pilot, lambda: f"served: {first.id[:12]}" in text_of(pilot))
        assert _promoted() == first.id
        (Path(second.path) / "adapter_model.safetensors").write_bytes(b"damaged")
        await pilot.press("p")
        await until(pilot, lambda: isinstance(pilot.app.screen, Choice))
        await pilot.press("enter")
        await until(pilot, lambda: len(notices(pilot)) > 2)
        assert _promoted() == first.id


def _promoted() -> str | None:
    found = FolderRegistry().promoted()
    return found.id if found else None


def _row(shown: str, adapter_id: str) -> int:
    return next(i for i, line in enumerate(shown.split("\n")) if adapter_id[:12] in line)


async def test_what_is_known_of_one(data: Path) -> None:
    write_report(write_night(data / "runs" / "20260101-000000-aaaa"))
    async with on_screen(AdaptersScreen(FakeAsks(fd_adapters=BOTH)), size=(80, 40)) as pilot:
        await until(pilot, lambda: "The night that made it" in text_of(pilot))
        shown = text_of(pilot)
        assert "★" in shown.split("\n")[1]
        for said in ("served ← the base model", "held_out", "Promoted: pass@1", "1 lost"):
            assert said in shown
        await pilot.press("down")
        await until(pilot, lambda: "The night that made it" not in text_of(pilot))
        assert "entropy" in text_of(pilot)


async def test_two_are_compared_by_their_metrics_and_by_the_gate(data: Path) -> None:
    registry = FolderRegistry()
    for name in ("served", "candidate"):
        folder = write_adapter(data / name, name.encode())
        registry.publish(folder, BASE, None, {})
    known = {a.id: a for a in registry.adapters()}
    ids = list(known)
    pair = [a.model_copy(update={"id": i}) for a, i in zip((OLD, NEW), ids, strict=True)]
    asks = FakeAsks(fd_adapters=Adapters(adapters=pair, promoted=None))
    async with on_screen(AdaptersScreen(asks), size=(80, 40)) as pilot:
        await until(pilot, lambda: ids[1][:12] in text_of(pilot))
        await pilot.press("end", "c")
        await until(pilot, lambda: any("another one" in said for said in notices(pilot)))
        await pilot.press("up", "c")
        await until(pilot, lambda: "before" in text_of(pilot))
        shown = text_of(pilot)
        assert "+0.25" in shown
        assert "—" in shown  # entropy is not known of one
        await until(pilot, lambda: "never evaluated on the same draws" in text_of(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: "before" not in text_of(pilot))


async def test_refusals_are_shown_and_nothing_is_lost(data: Path) -> None:
    asks = FakeAsks(
        fd_adapters=BOTH,
        fd_promote=RefusedError("served is damaged", fix="Publish it anew."),
        fd_rollback=RefusedError("there is none before", fix="Promote one."),
    )
    async with on_screen(AdaptersScreen(asks)) as pilot:
        await until(pilot, lambda: "served: candidate" in text_of(pilot))
        await pilot.press("p")
        await until(pilot, lambda: any("served already" in said for said in notices(pilot)))
        await pilot.press("down", "p")
        await until(pilot, lambda: isinstance(pilot.app.screen, Choice))
        await pilot.press("enter")
        await until(pilot, lambda: any("served is damaged" in said for said in notices(pilot)))
        await pilot.press("b")
        await until(pilot, lambda: isinstance(pilot.app.screen, Choice))
        await pilot.press("enter")
        await until(pilot, lambda: any("there is none before" in said for said in notices(pilot)))
        assert "served: candidate" in text_of(pilot)


async def test_no_adapters_and_no_server(data: Path) -> None:
    asks = FakeAsks(fd_adapters=Adapters(adapters=[]))
    async with on_screen(AdaptersScreen(asks)) as pilot:
        await until(pilot, lambda: "No adapter was learned yet" in text_of(pilot))
        assert "served: the base model" in text_of(pilot)
        await pilot.press("p", "c", "b", "down")
    async with on_screen(AdaptersScreen(None)) as pilot:
        await until(pilot, lambda: any("No server" in said for said in notices(pilot)))


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (40, 12)])
@pytest.mark.parametrize("colour", [True, False])
async def test_every_size_is_survived(
    data: Path, size: tuple[int, int], colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not colour:
        monkeypatch.setenv("NO_COLOR", "1")
    odd = OLD.model_copy(
        update={"id": "[red]\x1b[2J", "created_at": -1e99, "base_model": "x" * 999}
    )
    asks = FakeAsks(fd_adapters=Adapters(adapters=[odd, NEW], promoted="candidate"))
    async with on_screen(AdaptersScreen(asks), size=size) as pilot:
        for key in ("c", "down", "c", "escape", "p", "escape", "b", "escape", "tab"):
            await pilot.press(key)
        await pilot.resize_terminal(100, 24)
        await until(pilot, lambda: "[red]␛[2J" in text_of(pilot))
        assert "\x1b" not in text_of(pilot)
