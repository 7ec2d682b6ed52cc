"""`fd-server init`: a few questions, a configuration file, and a first suggestion.

Every question can be answered on the command line, so that it runs unattended. The file is written
whole or not at all; one that is there is kept beside it.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import click
from fd_core import settings
from fd_core.errors import SettingsError
from fd_core.proof import Document, Position
from fd_core.protocol import SuggestResult

from fd_server.commands import machine, screen
from fd_server.commands.answers import Answers, write
from fd_server.commands.editor import Editor

_KINDS = ("none", "openai_compatible", "transformers_local")
_CRITICS = ("lean_messages", "rules", "language_model")
_EXAMPLE = "theorem first (a b : Nat) (h : a < b) : a + 1 ≤ b := by\n  sorry\n"


@click.command(name="init")
@click.option("--model-kind", type=click.Choice(_KINDS), help="Where the model runs, or none.")
@click.option("--model", help="Its name at the endpoint, or hub name or folder.")
@click.option("--endpoint", help="Base URL of the endpoint.")
@click.option("--critic", type=click.Choice(_CRITICS), help="Who comments on attempts at night.")
@click.option("--critic-endpoint", help="Base URL of a language model as critic.")
@click.option("--critic-model", help="Its name at that endpoint.")
@click.option("--record", type=click.Choice(["yes", "no", "ask"]), help="Record decisions here?")
@click.option("--no-first", is_flag=True, help="Leave out the first suggestion.")
@click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout; asks nothing.")
def command(no_first: bool, as_json: bool, **given: str | None) -> None:
    """Ask for hardware, model, critic and privacy; write the configuration; suggest something."""
    ask = not as_json
    answers = _complete(Answers(**{name: value or "" for name, value in given.items()}), ask=ask)
    file, dropped = write(answers)
    suggestion = None
    if not no_first:
        with tempfile.TemporaryDirectory(prefix="fd-first-") as folder:
            suggestion = asyncio.run(first_suggestion(Path(folder).resolve()))
    if as_json:
        plain = suggestion.to_wire() if suggestion else None
        said = {"file": str(file), "dropped": dropped, "suggestion": plain}
        print(json.dumps(said, ensure_ascii=False))
        return
    click.echo(f"{file} written; `fd-server config show` shows it in force")
    for key, why in dropped.items():
        click.echo(f"  {key} is set no more: {why}")
    if suggestion is not None:
        _tell(suggestion)


def _complete(given: Answers, *, ask: bool) -> Answers:
    """Ask what was not given; without a terminal the defaults hold."""
    here = machine.inspect(Path.home())
    advice = machine.advice_for(here)
    if ask:
        click.echo(f"This machine: {here}.")
        click.echo(f"It can carry: {advice.model} ({advice.how}).")
    answers = _with_model(given, advice, ask=ask)
    answers = _with_critic(answers, ask=ask)
    question = "Record your decisions, on this machine only, for nights of training"
    record = given.record or _choose(question, ("yes", "no", "ask"), "ask", ask=ask)
    return replace(answers, record=record)


def _with_model(given: Answers, advice: machine.Advice, *, ask: bool) -> Answers:
    default = "openai_compatible" if advice.gpu_gb else "none"
    kind = given.model_kind or _choose("Model", _KINDS, default, ask=ask)
    model, endpoint = given.model, given.endpoint
    if kind != "none":
        model = model or _needed("Which model", advice.model.partition(":")[0], "--model", ask=ask)
    if kind == "openai_compatible":
        usual = settings.PolicySettings().endpoint
        endpoint = endpoint or (click.prompt("Endpoint", default=usual) if ask else usual)
    return replace(given, model_kind=kind, model=model, endpoint=endpoint)


def _with_critic(given: Answers, *, ask: bool) -> Answers:
    question = "Critic for nights (who comments on failed attempts)"
    kind = given.critic or _choose(question, _CRITICS, "lean_messages", ask=ask)
    if kind != "language_model":
        return replace(given, critic=kind)
    if ask:
        click.echo("Goals and attempts are sent to the critic's endpoint during a night.")
    endpoint = given.critic_endpoint or _needed("Its endpoint", "", "--critic-endpoint", ask=ask)
    model = given.critic_model or _needed("Its model", "", "--critic-model", ask=ask)
    return replace(given, critic=kind, critic_endpoint=endpoint, critic_model=model)


def _needed(question: str, default: str, option: str, *, ask: bool) -> str:
    if not ask:
        raise SettingsError(f"{question.lower()}: no answer", fix=f"Add {option}.")
    return str(click.prompt(question, default=default or None))


def _choose(question: str, choices: tuple[str, ...], default: str, *, ask: bool) -> str:
    if not ask:
        return default
    return str(click.prompt(question, type=click.Choice(choices), default=default))


async def first_suggestion(project: Path) -> SuggestResult:
    """A goal of one line, in an empty project, suggested for with what is configured now."""
    async with Editor.started(project) as editor:
        document = Document((project / "First.lean").as_uri(), 1, _EXAMPLE)
        shown = editor.show(document)
        return await editor.suggest(shown, Position(1, 2), seconds=15)


def _tell(result: SuggestResult) -> None:
    click.echo("\nA first suggestion, for")
    click.echo("\n".join("    " + line for line in _EXAMPLE.rstrip().split("\n")))
    for item in result.candidates[:3]:
        click.echo(screen.candidate(item))
    if not result.candidates:
        click.echo(f"  nothing: {result.status or result.state.reason}; try `fd-server doctor`")
