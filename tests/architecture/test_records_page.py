"""`docs/records.md` says every field of every event."""

import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest
from fd_core.events import Decision
from fd_core.store.codec import EVENT_VERSION, KINDS
from fd_core.store.schema import metadata

PAGE = (Path(__file__).parents[2] / "docs" / "records.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_on_the_page(kind: str) -> None:
    start = PAGE.index(f"**`{kind}`**")
    section = PAGE[start : PAGE.find("\n**`", start + 1) if "\n**`" in PAGE[start + 1 :] else None]
    named = set(re.findall(r"`(\w+)`", section))
    assert {field.name for field in fields(KINDS[kind])} <= named


def test_tables_columns_and_version_are_on_the_page() -> None:
    for table in metadata.tables.values():
        assert f"`{table.name}" in PAGE
        for column in table.columns:
            assert re.search(rf"[`( ]{column.name}[`,)]", PAGE), f"{table.name}.{column.name}"
    assert f"version of the payload, now {EVENT_VERSION}" in PAGE
    for decision in get_args(Decision):
        assert f'"kind": "{decision.__name__}"' in PAGE
