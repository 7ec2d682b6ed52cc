"""Serving and training take turns, whatever the order they come in, and whoever dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from fd_core.file_lock import LockedError
from fd_core.policy.device_turns import DeviceTurns


def silent(_: str) -> None:
    pass


def test_nobody_waits_for_nobody(tmp_path: Path) -> None:
    turns = DeviceTurns(tmp_path / "locks")
    assert turns.served() == []
    with turns.training(silent, wait_s=0):
        assert turns.wanted()
        assert f"process {os.getpid()} (training" in turns.wanted_by()
    assert not turns.wanted()
    with turns.serving(1) as ours:
        assert ours
        assert f"process {os.getpid()} (serving on port 1" in turns.served()[0]
    assert turns.served() == []


def test_training_waits_for_all_servers_and_servers_for_training(tmp_path: Path) -> None:
    turns = DeviceTurns(tmp_path)
    said: list[str] = []
    order: list[str] = []
    first, second = ExitStack(), ExitStack()
    assert first.enter_context(turns.serving(8000))
    assert second.enter_context(turns.serving(8001))

    def train() -> None:
        with turns.training(said.append, wait_s=20):
            order.append("training")
            time.sleep(0.3)
            order.append("trained")

    def serve() -> None:
        with turns.serving(8000) as ours:
            assert ours
            order.append("serving again")

    training = threading.Thread(target=train)
    training.start()
    while not turns.wanted():
        time.sleep(0.01)
    first.close()
    again = threading.Thread(target=serve)
    again.start()
    time.sleep(0.3)
    assert order == []
    second.close()
    training.join(20)
    again.join(20)
    assert order == ["training", "trained", "serving again"]
    assert len(said) >= 1


def test_two_trainings_and_two_servers_of_one_port_are_refused(tmp_path: Path) -> None:
    turns = DeviceTurns(tmp_path)
    with (
        turns.training(silent, wait_s=0),
        pytest.raises(LockedError, match="training"),
        turns.training(silent, wait_s=0),
    ):
        pass
    with (
        turns.serving(8000),
        pytest.raises(LockedError, match="serving on port 8000"),
        turns.serving(8000),
    ):
        pass


def test_a_server_that_does_not_give_way_is_named(tmp_path: Path) -> None:
    turns = DeviceTurns(tmp_path)
    with (
        turns.serving(8000),
        pytest.raises(LockedError, match="serving on port 8000"),
        turns.training(silent, wait_s=0.1),
    ):
        pass
    assert not turns.wanted()


def test_waiting_to_serve_can_be_ended(tmp_path: Path) -> None:
    turns = DeviceTurns(tmp_path)
    ended = threading.Event()
    with turns.training(silent, wait_s=0):
        threading.Timer(0.1, ended.set).start()
        with turns.serving(8000, ended.is_set) as ours:
            assert not ours


def test_who_is_killed_frees_the_device(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from fd_core.policy.device_turns import *\n"
        "with DeviceTurns(Path(sys.argv[1])).training(print, wait_s=0):\n"
        "    print('x', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    child.stdout.readline()
    turns = DeviceTurns(tmp_path)
    assert turns.wanted()
    child.send_signal(signal.SIGKILL)
    child.wait(10)
    with turns.serving(8000) as ours:
        assert ours
