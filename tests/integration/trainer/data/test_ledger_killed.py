"""`kill -9` while the ledger is written: what was acknowledged is there, nothing is corrupt."""

from pathlib import Path

from fd_trainer.ledger import Ledger
from support.killed import kill_at_random

ROUNDS = 15


def test_no_acknowledged_record_is_lost(tmp_path: Path) -> None:
    rounds = kill_at_random("ledger", tmp_path, ROUNDS, seed=13)
    acknowledged = {name for names in rounds for name in names}
    assert sum(map(bool, rounds)) > ROUNDS / 2, "most rounds acknowledged something"
    ledger = Ledger(tmp_path)
    assert ledger.corrupt == ()
    assert all(ledger.audited(name) is not None for name in acknowledged)
    ledger.close()
