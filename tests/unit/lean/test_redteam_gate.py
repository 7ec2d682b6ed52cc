"""Red-team rows that the syntax gate alone must stop, and that all 34 rows are spoken for."""

from __future__ import annotations

import pytest
from fd_core.lean.syntax_gate import refusal
from support.availability import REPOSITORY
from support.redteam import Attack, attacks, honest, rows

CANDIDATES = [attack for attack in attacks() if attack.candidate is not None]


def test_every_row_runs_or_says_why_not() -> None:
    numbers = [row["row"] for row in rows()]
    assert numbers == list(range(1, 35))
    for row in rows():
        assert row["title"]
        assert sum(bool(row.get(key)) for key in ("variant", "elsewhere", "not_run")) == 1, row


def test_rows_that_run_elsewhere_name_a_test_that_is_there() -> None:
    for row in rows():
        for place in row.get("elsewhere", []):
            file, _, name = place.partition("::")
            assert f"def {name}(" in (REPOSITORY / file).read_text(encoding="utf-8"), place


@pytest.mark.parametrize("attack", [a for a in CANDIDATES if a.gate], ids=lambda a: a.id)
def test_the_gate_stops_it(attack: Attack) -> None:
    assert refusal(attack.candidate or "") is not None


def test_the_data_says_truly_which_candidates_pass_the_gate() -> None:
    passing = {a.id for a in CANDIDATES if refusal(a.candidate or "") is None}
    assert passing == {a.id for a in CANDIDATES if not a.gate}


def test_honest_candidates_pass_the_gate() -> None:
    refused = [proof.name for proof in honest() if refusal(proof.candidate) is not None]
    assert refused == []
