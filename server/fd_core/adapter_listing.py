"""Adapters in words, for every command line that lists, finds or changes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fd_core.adapter import Adapter
from fd_core.errors import RegistryError

BASE = "the base model, without adapter"


def newest_first(adapters: Sequence[Adapter]) -> list[Adapter]:
    """In the order in which people look for them."""
    return sorted(adapters, key=lambda adapter: -adapter.created_at)


def line_of(adapter: Adapter, *, served: bool) -> str:
    """One line: mark of the served one, id, age, base model, standing, metrics."""
    made = datetime.fromtimestamp(adapter.created_at).strftime("%Y-%m-%d %H:%M")
    metrics = ", ".join(f"{name} {value:.3g}" for name, value in sorted(adapter.metrics.items()))
    mark = "*" if served else " "
    return (
        f"{mark} {adapter.id}  {made}  {adapter.base_model}  {adapter.status}  {metrics}".rstrip()
    )


def served_text(served: Adapter | None) -> str:
    """What is served from now on."""
    return f"served now: {served.id if served else BASE}"


def id_of(adapters: Sequence[Adapter], wanted: str) -> str:
    """The id that is, or begins with, what was typed. Raises RegistryError if none or several do."""
    ids = [adapter.id for adapter in newest_first(adapters)]
    if wanted in ids:
        return wanted
    fitting = [known for known in ids if wanted and known.startswith(wanted)]
    if len(fitting) == 1:
        return fitting[0]
    some = ", ".join((fitting or ids)[:5]) or "none yet"
    if fitting:
        raise RegistryError(f"{wanted} begins {len(fitting)} ids", fix=f"Say more of one: {some}.")
    raise RegistryError(f"no adapter {wanted}", fix=f"Known are: {some}.")
