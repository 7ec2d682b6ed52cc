"""`fd-server model serve NAME`: vLLM in an environment of its own, ready for adapters at run time."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.group(name="model")
def command() -> None:
    """Serve a model for suggestions."""


@command.command(context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("extra", nargs=-1, metavar="[-- VLLM OPTIONS]")
@click.option("--port", type=click.IntRange(1, 65_535), default=8000, show_default=True)
@click.option("--max-lora-rank", type=int, default=64, show_default=True)
@click.option("--max-model-len", type=int, help="Context length (default: the model's).")
@click.option("--folder", type=click.Path(path_type=Path), help="vLLM's environment.")
@click.option("--yes", is_flag=True, help="Fetch what is missing without asking.")
@click.option("--json", "as_json", is_flag=True, help="Progress as JSON Lines; needs --yes.")
def serve(
    name: str, extra: tuple[str, ...], port: int, max_lora_rank: int, max_model_len: int | None,
    folder: Path | None, yes: bool, as_json: bool,
) -> None:  # fmt: skip
    """Serve NAME (hub name or folder) on 127.0.0.1 until interrupted, with the promoted adapter.

    vLLM and the model are fetched if they are not there; sizes are said before, and asked about.
    vLLM runs in a folder of its own: among its options write a file of this folder as ./FILE.
    """
    from fd_core.policy import vllm_server, vllm_serving
    from fd_core.policy.vllm_environment import environment_for
    from fd_core.registry import FolderRegistry

    options = vllm_server.ServeOptions(
        name, port, max_lora_rank, max_model_len=max_model_len,
        extra=vllm_serving.arguments(extra),
    )  # fmt: skip

    def say(words: str) -> None:
        click.echo(json.dumps({"said": words}, ensure_ascii=False) if as_json else words)

    def agree(question: str) -> bool:
        say(question)
        return yes or (not as_json and click.confirm("Go on?"))

    vllm_serving.serve(environment_for(folder), options, FolderRegistry(), say, agree)
