"""The policy that settings ask for: memory, portfolio, the configured model, Lean's own searches.

Builds and rebuilds; knows which adapter speaks. Models load lazily: nothing is sent to an endpoint
and no weights are read before the first request that needs them.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Protocol

from fd_core import adapter_files
from fd_core.adapter import Adapter
from fd_core.errors import PolicyError
from fd_core.policy.endpoint import Endpoint
from fd_core.policy.harvest import Harvest
from fd_core.policy.memory import Memory, Recollection
from fd_core.policy.mixture import Member, Mixture, Problem
from fd_core.policy.openai_compatible import OpenAICompatible, SamplingSettings
from fd_core.policy.portfolio import LIBRARIES, Portfolio, lean_version
from fd_core.ports import AdapterRegistry, EventStore, Lean, Policy, SampleRequest
from fd_core.prompt import prompt_format
from fd_core.settings import PolicySettings, Settings
from fd_core.suggestion import Candidate, PolicyVersion

_MODEL_HANDICAP = 2.0


class Closeable(Protocol):
    """A policy that holds something open."""

    async def aclose(self) -> None:
        """Let go of it."""
        ...


def from_settings(
    settings: Settings,
    lean: Lean,
    registry: AdapterRegistry,
    store: EventStore | None = None,
    *,
    project: Path | None = None,
    on_problem: Callable[[Problem], None] | None = None,
) -> ChosenPolicy:
    """The policy for one project. Raises SettingsError or PolicyError if settings name what is not.

    `project` is read for its manifest; `store` feeds the memory; `on_problem` hears of members that
    fail ("policy down").
    """
    return ChosenPolicy(settings, lean, registry, store, project=project, on_problem=on_problem)


class ChosenPolicy:
    """A Policy that can be told to look again which adapter is promoted."""

    def __init__(
        self,
        settings: Settings,
        lean: Lean,
        registry: AdapterRegistry,
        store: EventStore | None = None,
        *,
        project: Path | None = None,
        on_problem: Callable[[Problem], None] | None = None,
    ) -> None:
        self._settings, self._lean, self._registry = settings, lean, registry
        self._packages = packages_of(project)
        self._on_problem = on_problem
        self._memory = Memory(Recollection(store)) if store is not None else None
        self._model: Policy | None = None
        self._mixture = self._built()

    @property
    def version(self) -> PolicyVersion:
        """The model and adapter that speak, or the portfolio where there is no model."""
        return self._mixture.version

    @property
    def problems(self) -> list[Problem]:
        """Members whose last attempt failed: what the status "policy down" says."""
        return self._mixture.problems

    @property
    def names(self) -> tuple[str, ...]:
        """The members by name, cheapest first."""
        return tuple(member.name for member in self._mixture.members)

    def sample(self, request: SampleRequest) -> AsyncGenerator[Candidate, None]:
        """Candidates from all members, merged."""
        return self._mixture.sample(request)

    def reload(self) -> None:
        """Follow the registry's pointer. Requests that run keep what they began with."""
        self._mixture = self._built()

    async def aclose(self) -> None:
        """Close connections. Weights in process stay, for the next policy that uses them."""
        if isinstance(self._model, OpenAICompatible):
            await self._model.aclose()

    def _built(self) -> Mixture:
        lean = lean_version(self._lean.label)
        members = [Member("portfolio", Portfolio(lean, self._packages))]
        if self._memory is not None:  # the same one after a reload: it has read the store
            members.insert(0, Member("memory", self._memory, handicap=-_MODEL_HANDICAP))
        self._model = model_of(self._settings.policy, self._registry)
        if self._model is not None:
            members.append(Member("model", self._model, handicap=_MODEL_HANDICAP))
        members.append(Member("searches", Harvest(self._lean, self._packages), patient=True))
        return Mixture(members, on_problem=self._on_problem)


def model_of(settings: PolicySettings, registry: AdapterRegistry) -> Policy | None:
    """The configured model under the adapter that is to speak; None if there is no model."""
    if settings.kind == "none":
        return None
    if not settings.model:
        raise PolicyError("policy.kind is set and policy.model is not", fix="Set policy.model.")
    for name in (settings.prompt, settings.proof_prompt):
        prompt_format(name)
    adapter = _adapter(settings, registry)
    if settings.kind == "transformers_local":
        from fd_core.policy.transformers_local import TransformersLocal, shared_model

        model = shared_model(settings.model)
        return TransformersLocal(model, adapter, settings=_sampling(settings))
    endpoint = Endpoint(settings.endpoint, settings.api_key(), timeout_s=settings.timeout_s)
    return OpenAICompatible(
        endpoint,
        settings.model,
        api=settings.api,
        adapter_id=adapter.id if adapter else None,
        adapter_folder=Path(adapter.path) if adapter else None,
        settings=_sampling(settings),
    )


def _sampling(settings: PolicySettings) -> SamplingSettings:
    return SamplingSettings(
        settings.prompt,
        settings.proof_prompt,
        settings.temperature,
        settings.max_tokens,
        settings.proof_max_tokens,
        settings.timeout_s,
    )


def _adapter(settings: PolicySettings, registry: AdapterRegistry) -> Adapter | None:
    """The configured adapter folder, else the promoted adapter if it belongs to this model."""
    if settings.adapter is not None:
        folder = settings.adapter.expanduser()
        digests = adapter_files.digests_of(adapter_files.validated(folder, settings.model))
        return Adapter(adapter_files.id_of(digests), settings.model, str(folder), None, 0.0)
    promoted = registry.promoted()
    return promoted if promoted and promoted.base_model == settings.model else None


def packages_of(project: Path | None) -> tuple[str, ...]:
    """Libraries a project's manifest requires, as the portfolio names them; none if unreadable."""
    if project is None:
        return ()
    try:
        table = json.loads((project / "lake-manifest.json").read_text(encoding="utf-8"))
        names = {str(package["name"]).lower() for package in table["packages"]}
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    return tuple(sorted(library for library in LIBRARIES if library.lower() in names))
