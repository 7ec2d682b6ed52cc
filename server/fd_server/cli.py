"""`fd-server`: the language server, and one-shot commands for a terminal."""

import click


@click.group()
@click.version_option(package_name="fd-prover")
def main() -> None:
    """Checked proof suggestions for Lean 4."""
