"""`fd-trainer`: arguments first, everything heavy after."""

from __future__ import annotations

import click


@click.group()
@click.version_option(package_name="fd-prover")
def main() -> None:
    """Train the policy overnight on what was accepted and rejected."""
