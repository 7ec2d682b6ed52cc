"""metrics.jsonl as it grows, is damaged, cut, and written anew."""

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
from fd_tui.nights.lines_tail import LinesTail
from fd_tui.nights.metrics import MOST_NAMES, MOST_POINTS, Metrics, MetricsReader


def line(step: int, **values: Any) -> str:
    return json.dumps({"step": step, "phase": "fd", "at": 1e9 + step, **values}) + "\n"


def add(path: Path, *lines: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write("".join(lines))


def points(metrics: Metrics | None, name: str = "loss") -> tuple[tuple[int, float], ...]:
    assert metrics is not None
    return metrics.curves[name].points


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "metrics.jsonl"


def test_lines_are_taken_as_they_come(path: Path) -> None:
    reader = MetricsReader(path)
    assert reader.read() == Metrics()
    assert reader.read() is None
    add(path, line(0, loss=3.0))
    assert points(reader.read()) == ((0, 3.0),)
    assert reader.read() is None
    add(path, line(1, loss=2.0, entropy=0.5))
    found = reader.read()
    assert points(found) == ((0, 3.0), (1, 2.0))
    assert found is not None
    assert (found.step, found.stage, found.at, found.damaged) == (1, "fd", 1e9 + 1, 0)


def test_half_a_line_waits_for_its_other_half(path: Path) -> None:
    reader, whole = MetricsReader(path), line(0, loss=3.0, name="é" * 9)
    for end in range(len(whole)):
        path.write_text(whole[:end])
        found = reader.read()
        assert not (found and found.curves)
    add(path, whole[len(whole) - 1 :])
    assert points(reader.read()) == ((0, 3.0),)


def test_what_is_damaged_is_left_out_and_counted(path: Path) -> None:
    reader = MetricsReader(path)
    broken = ["{\n", "[1]\n", '{"step": "x"}\n', '{"step": true}\n', '{"step": -1}\n', "[" * 9999,
              "\n", "\x00\x00\n", '{"step": 9e99}\n', f'{{"step": 1{"0" * 400}}}\n', "\n"]  # fmt: skip
    add(path, line(0, loss=3.0), *broken, line(1, loss=2.0, odd="text", deep=[1], yes=True))
    path.write_bytes(path.read_bytes() + b"\xff\xfe{}\n" + line(2, loss=1.0).encode())
    found = reader.read()
    assert points(found) == ((0, 3.0), (1, 2.0), (2, 1.0))
    assert found is not None
    assert set(found.curves) == {"loss"}
    assert found.damaged == 10


def test_what_is_not_finite_is_told_and_not_drawn(path: Path) -> None:
    reader = MetricsReader(path)
    add(path, line(0, loss=3.0), line(1, loss=None), line(2, loss=10**400))
    found = reader.read()
    assert points(found) == ((0, 3.0),)
    assert found is not None
    assert math.isnan(found.curves["loss"].last)
    assert found.curves["loss"].last_step == 2


def test_a_step_made_again_counts_as_it_was_made_last(path: Path) -> None:
    reader = MetricsReader(path)
    add(path, *(line(step, loss=9.0) for step in range(5)))
    reader.read()
    add(path, *(line(step, loss=float(step)) for step in (3, 4)))
    assert points(reader.read()) == ((0, 9.0), (1, 9.0), (2, 9.0), (3, 3.0), (4, 4.0))
    add(path, line(4, loss=None))
    assert points(reader.read())[-1] == (3, 3.0)


def test_a_resumed_run_cuts_its_file_and_goes_on(path: Path) -> None:
    """As the trainer does: the file is replaced by one that ends at the checkpoint."""
    reader = MetricsReader(path)
    add(path, *(line(step, loss=9.0) for step in range(8)))
    reader.read()
    other = path.with_name("new")
    other.write_text("".join(line(step, loss=9.0) for step in range(4)) + line(4, loss=1.0) * 9)
    other.replace(path)
    assert points(reader.read()) == (*((step, 9.0) for step in range(4)), (4, 1.0))


@pytest.mark.parametrize("after", ["", line(0, loss=1.0), line(5, loss=1.0) * 30])
def test_a_file_that_shrinks_or_is_written_over_is_read_anew(path: Path, after: str) -> None:
    reader = MetricsReader(path)
    add(path, *(line(step, loss=9.0) for step in range(8)))
    reader.read()
    path.write_text(after)  # the same inode
    found = reader.read()
    assert found is not None
    assert [value for _, value in (points(found) if after else ())] == [1.0] * bool(after)


def test_a_file_that_goes_away_and_comes_back(path: Path) -> None:
    reader = MetricsReader(path)
    add(path, line(7, loss=9.0))
    reader.read()
    path.unlink()
    assert reader.read() == Metrics()
    assert reader.read() is None
    add(path, line(0, loss=1.0))
    assert points(reader.read()) == ((0, 1.0),)


def test_a_long_run_is_thinned_and_its_rare_measures_are_kept(path: Path) -> None:
    steps = 10_000
    with path.open("w") as file:
        for step in range(steps):
            rare = {"eval/held_out/pass@1": step / steps} if step % 100 == 99 else {}
            file.write(line(step, loss=float(step), **rare))
    found = MetricsReader(path).read()
    loss = points(found)
    assert MOST_POINTS // 2 <= len(loss) <= MOST_POINTS
    assert loss[-1] == (steps - 1, steps - 1.0)
    assert list(loss) == sorted(loss)
    assert len(points(found, "eval/held_out/pass@1")) == 100


def test_read_in_pieces_or_at_once_is_the_same(path: Path) -> None:
    chance = random.Random(3)
    lines = [line(chance.randrange(3_000), loss=chance.random()) for _ in range(4_000)]
    reader = MetricsReader(path)
    found = None
    while lines:
        count = chance.randrange(1, 400)
        add(path, *lines[:count])
        del lines[:count]
        found = reader.read() or found
    assert points(found) == points(MetricsReader(path).read())


def test_endless_lines_and_names_take_no_memory(path: Path) -> None:
    tail, taken = LinesTail(path), []
    with path.open("w") as file:
        for _ in range(5):
            file.write("x" * (1 << 20))
        file.write("\n" + line(1, loss=1.0))
    tail.read(lambda: None, taken.append)
    assert [found["step"] for found in taken] == [1]
    assert tail.damaged == 1
    add(path, line(2, **{f"m{i}": 1.0 for i in range(1_000)}, **{"n" * 500: 1.0}))
    found = MetricsReader(path).read()
    assert found is not None
    assert len(found.curves) == MOST_NAMES
    far = json.dumps({"step": 2**53 - 1, "loss": 1})
    add(path, far + "\n", *(line(step, loss=1.0) for step in range(2 * MOST_POINTS)))
    assert len(points(MetricsReader(path).read())) <= MOST_POINTS
