"""One base model in this process: its weights, tokenizer, and the adapter it wears.

Where the promoted "adapter" is a whole model, its weights are loaded instead of the base's.

Everything that touches the model runs in its one worker thread, so that requests queue instead of
mixing. torch, transformers and peft are imported when the model is first used.
"""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

from fd_core.adapter import Adapter
from fd_core.adapter_use import Use
from fd_core.errors import PolicyError
from fd_core.policy.openai_wire import Completion
from fd_core.policy.transformers_local.sampling import Generation, sample

_MB = 2**20
_UNFIT_S = 60.0
"""An adapter that does not fit is not tried again so soon: each time the weights are read anew."""


@lru_cache(maxsize=2)
def shared_model(name: str) -> LocalModel:
    """One set of weights per process and name, whoever asks."""
    return LocalModel(name)


class LocalModel:
    """Weights, tokenizer and adapters of one base model, used by one thread."""

    def __init__(self, name: str, *, device: str = "") -> None:
        self.name = name
        self._device = device
        self._model: Any = None
        self._tokenizer: Any = None
        self._adapters: list[str] = []
        self._loaded = name
        """Whose weights are in memory: the base's, or those of a whole model's folder."""
        self._use: Use | None = None
        self._unfit: tuple[str, str, float] | None = None
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="fd-model")

    @property
    def loaded(self) -> bool:
        """Whether weights are in memory."""
        return self._model is not None

    async def generate(
        self, generation: Generation, finished: Callable[[Completion], None], stop: threading.Event
    ) -> None:
        """Sample; `finished` is called in the worker thread as each sample ends. Raises PolicyError."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._worker, self._generate, generation, finished, stop)

    async def memory_mb(self) -> int:
        """Memory of the weights, in MiB; 0 before the first use."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._worker, self._memory_mb)

    async def unload(self) -> None:
        """Give the memory back; the next request loads anew."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._worker, self._unload)

    async def logprob(self, prompt: str, completion: Sequence[int]) -> float:
        """Sum of log-probabilities of given tokens after a prompt, by one plain forward pass.

        The canary after an adapter is put on: compare it with what a server says of the same tokens.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._worker, self._logprob, prompt, completion)

    # In the worker thread.

    def _generate(
        self, generation: Generation, finished: Callable[[Completion], None], stop: threading.Event
    ) -> None:
        if stop.is_set():
            return
        try:
            adapter = generation.adapter
            self._refuse_unfit(adapter)
            whole = adapter is not None and adapter.whole_model
            self._load(adapter.path if adapter is not None and whole else self.name)
            self._speak_with(None if whole else adapter)
            if not stop.is_set():  # nobody waits any more: what was loaded is the next one's
                sample(self._model, self._tokenizer, generation, finished, stop)
        except PolicyError:
            raise
        except (RuntimeError, ValueError, OSError, KeyError, MemoryError) as error:
            raise self._failure(error) from error

    def _load(self, source: str) -> None:
        """The weights of the base, or of a whole model; the other ones are given back."""
        if self._model is not None and self._loaded == source:
            return
        self._unload()
        try:
            import torch
            from transformers import AutoModelForCausalLM, AutoTokenizer
        except ImportError as error:
            raise PolicyError(
                f"models in process need torch and transformers ({error})",
                fix='Install them: pip install "fd-prover[local]".',
            ) from error
        self._use = Use(Path(source))  # before it is read: nobody removes it meanwhile
        device = self._device or _best_device(torch)
        precise = torch.float32 if device == "cpu" else torch.bfloat16
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(self.name)
            model = AutoModelForCausalLM.from_pretrained(source, dtype=precise)
        except (OSError, ValueError) as error:
            raise PolicyError(
                f"model `{source}` could not be loaded: {_first_line(error)}",
                fix="Set policy.model to a model of the hub or a folder that holds one.",
            ) from error
        self._model, self._loaded = model.to(device).eval(), source

    def _speak_with(self, adapter: Adapter | None) -> None:
        """Put an adapter on, or take it off."""
        if adapter is None:
            if self._adapters:
                self._model = self._model.unload()
                self._adapters.clear()
            return
        if self._adapters and self._adapters[-1] == adapter.id:
            return
        self._put_on(adapter)
        self._adapters.append(adapter.id)
        for old in self._adapters[:-1]:
            self._model.delete_adapter(old)
        del self._adapters[:-1]

    def _refuse_unfit(self, adapter: Adapter | None) -> None:
        if adapter is None or self._unfit is None:
            return
        identity, words, at = self._unfit
        if identity == adapter.id and time.monotonic() - at < _UNFIT_S:
            raise self._does_not_fit(identity, words)

    def _does_not_fit(self, identity: str, words: str) -> PolicyError:
        return PolicyError(
            f"adapter {identity} does not fit {self.name}: {words}",
            fix="Roll it back: `fd-server adapters rollback`.",
        )

    def _put_on(self, adapter: Adapter) -> None:
        if not (Path(adapter.path) / "adapter_config.json").exists():
            raise PolicyError(
                f"adapter {adapter.id} is not in {adapter.path}",
                fix="Promote another adapter, or roll back.",
            )
        try:
            self._wear(adapter)
        except Exception as error:
            words = _first_line(error)
        else:
            return
        # PEFT has put what fits into the base's own layers. Outside of `except`: the error's frames
        # hold the weights.
        self._unload()
        self._unfit = (adapter.id, words, time.monotonic())
        raise self._does_not_fit(adapter.id, words)

    def _wear(self, adapter: Adapter) -> None:
        from peft import PeftModel

        if self._adapters:
            self._model.load_adapter(adapter.path, adapter_name=adapter.id)
            self._model.set_adapter(adapter.id)
        else:
            self._model = PeftModel.from_pretrained(
                self._model, adapter.path, adapter_name=adapter.id
            )
        self._model.eval()

    def _logprob(self, prompt: str, completion: Sequence[int]) -> float:
        import torch

        self._load(self._loaded)
        ids = self._tokenizer(prompt, return_tensors="pt").input_ids.to(self._model.device)
        drawn = torch.tensor([list(completion)], device=ids.device)
        with torch.inference_mode():
            logits = self._model(input_ids=torch.cat([ids, drawn], dim=1)).logits.float()
        steps = logits[0, ids.shape[1] - 1 : -1].log_softmax(-1)  # [T, V]
        return float(steps.gather(1, drawn[0][:, None]).sum())

    def _memory_mb(self) -> int:
        if self._model is None:
            return 0
        return int(sum(p.numel() * p.element_size() for p in self._model.parameters()) / _MB)

    def _unload(self) -> None:
        loaded, self._model, self._tokenizer = self._model is not None, None, None
        self._adapters.clear()
        if self._use is not None:
            self._use.end()
        if not loaded:
            return
        gc.collect()
        import torch

        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _failure(self, error: Exception) -> PolicyError:
        if "out of memory" in str(error).lower() or isinstance(error, MemoryError):
            return PolicyError(
                f"{self.name} ran out of memory",
                fix="Lower policy.samples or policy.max_tokens, or use a smaller model.",
            )
        return PolicyError(
            f"{self.name} failed: {_first_line(error)}", fix="Report this with the server's log."
        )


def _best_device(torch: Any) -> str:
    if named := os.environ.get("FD_DEVICE"):
        return named
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
