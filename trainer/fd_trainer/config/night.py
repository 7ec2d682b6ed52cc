"""The whole of a night's configuration: every section, and what they must agree on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fd_core.errors import SettingsError
from fd_core.prompt import prompt_format

from fd_trainer.config.algorithms import Algorithms
from fd_trainer.config.critic import CriticConfig
from fd_trainer.config.data import DataSection
from fd_trainer.config.evaluation import EvaluationSection, GateSection, GuardsSection
from fd_trainer.config.machines import MachinesSection
from fd_trainer.config.model import ModelOptions, SamplerOptions, clash
from fd_trainer.config.rollout import RolloutSection
from fd_trainer.config.run import RunSection
from fd_trainer.config.section import Section


class NightConfig(Section):
    """What a night is told to do."""

    run: RunSection = RunSection()
    data: DataSection = DataSection()
    model: ModelOptions = ModelOptions()
    sampler: SamplerOptions = SamplerOptions()
    machines: MachinesSection = MachinesSection()
    rollout: RolloutSection = RolloutSection()
    critic: CriticConfig = CriticConfig()
    algorithms: Algorithms = Algorithms()
    evaluation: EvaluationSection = EvaluationSection()
    gate: GateSection = GateSection()
    guards: GuardsSection = GuardsSection()

    def table(self) -> dict[str, Any]:
        """As plain data, from which `NightConfig.model_validate` makes an equal one."""
        return self.model_dump(mode="json")


def disagreements(night: NightConfig) -> Iterator[tuple[str, str]]:
    """(key, what is wrong) of sections that can't go together, as far as no file need be read."""
    if words := clash(night.model, night.sampler):
        yield "model.method", words
    if words := _machines_clash(night):
        yield "machines.samplers", words
    if not night.model.base:
        yield "model.base", "no model: name a folder or a model of the hub"
    if not night.evaluation.known_ks:
        yield "evaluation.ks", f"none is within the {night.evaluation.samples} samples taken"
    if night.gate.k > night.evaluation.samples:
        yield "gate.k", f"needs evaluation.samples of at least {night.gate.k}"
    if night.run.method == "sft" and not (night.data.decisions or night.data.datasets):
        yield "run.method", "`sft` needs proved text: switch on data.decisions or name a dataset"
    if night.run.method == "sft" and not night.algorithms.targets.weight:
        yield "run.method", "`sft` learns nothing with algorithms.targets.weight = 0"
    for key in ("step_prompt", "proof_prompt"):
        yield from _unknown_format(f"rollout.{key}", getattr(night.rollout, key))


def _machines_clash(night: NightConfig) -> str:
    """Why samplers on other machines can't be had; empty if they can, or are not asked for."""
    if not night.machines.samplers:
        return ""
    if not night.machines.ray_address:
        return "samplers on other machines need machines.ray_address"
    if night.sampler.kind != "in_process":
        return f'attempts are written by sampler.kind = "{night.sampler.kind}": leave it out'
    return ""


def _unknown_format(key: str, name: str) -> Iterator[tuple[str, str]]:
    try:
        if name:
            prompt_format(name)
    except SettingsError as error:
        yield key, f"{error.what} ({error.fix})"
