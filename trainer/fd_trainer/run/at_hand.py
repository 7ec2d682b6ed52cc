"""What the phases of a night have in their hands: the bench, the problems, and who is served."""

from __future__ import annotations

from fd_core.adapter import Adapter
from fd_core.errors import FdError

from fd_trainer.run.errors import RunError
from fd_trainer.run.night_problems import NightProblems
from fd_trainer.run.parts import Bench
from fd_trainer.run.stand import Stand


class AtHand:
    """Made when a phase first asks, and the same for all that follow."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self.bench: Bench | None = None
        """None until a phase needed it."""
        self.problems = NightProblems(stand.config, stand.folder, stand.record)

    async def ready(self) -> Bench:
        """The bench, with problems whose prompt is too long left out."""
        if self.bench is None:
            parts = self._stand.parts
            self.bench = await parts.bench(self.start(), self.problems.collected)
            self._stand.facts(self.bench)
            if long := self.problems.leave_out_long(self.bench.attempting):
                most = self._stand.config.rollout.max_prompt_tokens
                self._stand.screen.say(f"  {long} problems left out: prompts above {most} tokens")
        return self.bench

    def start(self) -> Adapter | None:
        """What training starts from: what was served when the run began, or the base model."""
        return self.serving() if self._stand.config.run.adapt else None

    def serving(self) -> Adapter | None:
        """What was served when the run began."""
        adapter_id = (self._stand.record.found("preflight") or {}).get("serving")
        if adapter_id is None:
            return None
        try:
            return self._stand.registry_get(str(adapter_id))
        except FdError as error:
            raise RunError(error.what, fix=f"{error.fix} Or begin a new run.") from error
