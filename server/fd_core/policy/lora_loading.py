"""LoRA adapters in a running vLLM: loaded under an id of their own, and unloaded.

The folder must be new for each adapter version: reloading changed files from one path mixes the old
adapter's key-value blocks into the new one's answers.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from fd_core import adapter_files
from fd_core.errors import PolicyError
from fd_core.policy.endpoint import Endpoint
from fd_core.policy.endpoint_errors import RefusedError
from fd_core.policy.waiting import Deadline

_BUSY = (429, 503)  # vLLM says 500 of an adapter that it can't load: asking again helps nobody


async def load(endpoint: Endpoint, adapter_id: str, folder: Path, deadline: Deadline) -> None:
    """Load an adapter under its id, unless it is there, or somebody else has just loaded it.

    Raises PolicyError.
    """
    refuse_whole_model(adapter_id, folder)
    if adapter_id in await endpoint.models(deadline):
        return
    path = await asyncio.to_thread(folder.resolve)
    body = {"lora_name": adapter_id, "lora_path": str(path)}
    try:
        async with endpoint.post("/load_lora_adapter", body, deadline, _BUSY) as response:
            await response.aread()
    except RefusedError as error:
        if await _is_there(endpoint, adapter_id, deadline):
            return  # it was on its way when we asked what is there
        raise PolicyError(
            f"the endpoint can't load adapter {adapter_id}: {error.what}",
            fix="Serve the model with `fd-server model serve`, or roll the adapter back.",
        ) from error


async def _is_there(endpoint: Endpoint, adapter_id: str, deadline: Deadline) -> bool:
    try:
        return adapter_id in await endpoint.models(deadline)
    except PolicyError:  # why it was refused says more
        return False


async def unload(endpoint: Endpoint, adapter_id: str, deadline: Deadline) -> None:
    """Forget an adapter, if it is there. Raises PolicyError."""
    if adapter_id not in await endpoint.models(deadline):
        return
    body = {"lora_name": adapter_id}
    async with endpoint.post("/unload_lora_adapter", body, deadline) as response:
        await response.aread()


def refuse_whole_model(adapter_id: str, folder: Path) -> None:
    """Raise PolicyError for a whole model: a running vLLM takes adapters only."""
    if (folder / adapter_files.WHOLE).exists():
        raise PolicyError(
            f"{adapter_id} is a whole model, which a running vLLM can't change to",
            fix=f"Serve it anew: `fd-server model serve {folder}`, with policy.model = that folder.",
        )
