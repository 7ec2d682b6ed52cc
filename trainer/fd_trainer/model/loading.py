"""Base weights, tokenizer and adapters off the disk or the hub, with errors a person can act on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from fd_core import adapter_files
from fd_core.errors import FdError, PolicyError, RegistryError

from fd_trainer.config.model import ModelOptions
from fd_trainer.model.randomness import seeded
from fd_trainer.model.tokenizer import ModelTokenizer

_TROUBLE = (RuntimeError, ValueError, OSError, KeyError, TypeError, ImportError)
_ANOTHER = "Publish an adapter that was trained on this base model, or start without one."


def device_of(options: ModelOptions) -> torch.device:
    """The configured device; auto: the first GPU if there is one. Raises PolicyError."""
    name = options.device
    if name == "auto":
        name = os.environ.get("FD_DEVICE") or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise PolicyError(
            f"model.device = {name!r} can't be used: {_first_line(error)}",
            fix='Set it to "cpu", "cuda" or "auto".',
        ) from error
    return device


def load_base(base: str, options: ModelOptions, device: torch.device) -> Any:
    """The causal model with frozen weights, in evaluation mode. Raises PolicyError."""
    from transformers import AutoModelForCausalLM

    try:
        model = AutoModelForCausalLM.from_pretrained(
            base, dtype=_dtype(options, device), attn_implementation=options.attention
        )
        model = model.to(device).eval().requires_grad_(False)
        _check_head(model)
    except FdError:
        raise
    except _TROUBLE as error:
        raise _not_loaded(base, error) from error
    return model


def load_tokenizer(base: str, model: Any) -> ModelTokenizer:
    """The base model's tokenizer. Raises PolicyError."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(base)
    except _TROUBLE as error:
        raise _not_loaded(base, error) from error
    return ModelTokenizer(tokenizer, model.generation_config.eos_token_id)


def new_lora(model: Any, base: str, options: ModelOptions, name: str, seed: int) -> Any:
    """Wrap a base in PEFT with one new adapter: B = 0, so that it changes nothing yet."""
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=options.rank, lora_alpha=options.alpha, lora_dropout=0.0, bias="none",
        target_modules=list(options.targets), task_type="CAUSAL_LM", base_model_name_or_path=base,
    )  # fmt: skip
    try:
        with seeded(seed):
            return get_peft_model(model, config, adapter_name=name)
    except ValueError as error:
        layers = sorted({n.rpartition(".")[2] for n, m in model.named_modules() if _is_linear(m)})
        raise PolicyError(
            f"model.targets fit nothing in {base}: {_first_line(error)}",
            fix=f"Its linear layers are named {', '.join(layers)}.",
        ) from error


def load_lora(model: Any, base: str, folder: Path, name: str) -> Any:
    """Wrap a base in PEFT with the adapter of a folder. Raises RegistryError if it does not fit."""
    from peft import get_peft_model

    config = adapter_config(folder, base)
    try:
        with seeded(0):
            wrapped = get_peft_model(model, config, adapter_name=name)
    except _TROUBLE as error:
        raise _does_not_fit(folder, base, _first_line(error)) from error
    fill(wrapped, folder, base, name)
    return wrapped


def adapter_config(folder: Path, base: str) -> Any:
    """The LoRA configuration of an adapter's folder, made for this base. Raises RegistryError."""
    from peft import LoraConfig, PeftConfig

    adapter_files.validated(folder, base)
    if (folder / adapter_files.WHOLE).exists():
        raise RegistryError(
            f"{folder.name} is a whole model, and LoRA lies on {base}",
            fix='Set model.method = "full", roll back, or set model.base to its folder.',
        )
    try:
        config = PeftConfig.from_pretrained(str(folder))
    except _TROUBLE as error:
        raise _does_not_fit(folder, base, _first_line(error)) from error
    if not isinstance(config, LoraConfig):
        raise _does_not_fit(folder, base, f"it is {config.peft_type}, not LoRA")
    config.inference_mode, config.lora_dropout = False, 0.0
    return config


def load_published(model: Any, base: str, folder: Path) -> Any:
    """A base with the weights of a published whole model, or with an adapter merged into it.

    Raises RegistryError if they do not fit."""
    adapter_files.validated(folder, base)
    if not (folder / adapter_files.WHOLE).exists():
        return load_lora(model, base, folder, "published").merge_and_unload()
    from safetensors.torch import load_file

    weights: dict[str, torch.Tensor] = {}
    try:
        for file in sorted(folder.glob("*.safetensors")):
            weights |= load_file(file)
        found = model.load_state_dict(weights, strict=False)
    except _TROUBLE as error:
        raise _does_not_fit(folder, base, _first_line(error)) from error
    tied = set(model.state_dict()) - set(dict(model.named_parameters(remove_duplicate=True)))
    odd = [*found.unexpected_keys, *(name for name in found.missing_keys if name not in tied)]
    if odd:
        raise _does_not_fit(folder, base, f"{len(odd)} weights missing or unknown ({odd[0]})")
    return model.eval()


def fill(wrapped: Any, folder: Path, base: str, name: str) -> None:
    """Put a folder's weights into the adapter `name`: all of them, and nothing left at random.

    Raises RegistryError. PEFT by itself only warns when keys are missing or of other names.
    """
    from peft import load_peft_weights, set_peft_model_state_dict

    try:
        weights = load_peft_weights(str(folder), device="cpu")
        wanted = {n for n, _ in wrapped.named_parameters() if f".{name}." in n}
        result = set_peft_model_state_dict(wrapped, weights, adapter_name=name)
    except _TROUBLE as error:
        raise _does_not_fit(folder, base, _first_line(error)) from error
    missing = sorted(wanted & set(result.missing_keys))
    strange = sorted(result.unexpected_keys)
    if missing or strange:
        odd = f"{len(missing)} weights missing, {len(strange)} unknown ({(missing + strange)[0]})"
        raise _does_not_fit(folder, base, odd)


def _dtype(options: ModelOptions, device: torch.device) -> torch.dtype:
    if options.dtype == "auto":
        small = device.type == "cpu" or options.method == "full"
        return torch.float32 if small else torch.bfloat16
    return {"float32": torch.float32, "bfloat16": torch.bfloat16}[options.dtype]


def _check_head(model: Any) -> None:
    """The head alone must give the model's logits: some architectures scale or cap them after it."""
    ids = torch.arange(4, device=model.device)[None]
    with torch.no_grad():
        whole = model(input_ids=ids, use_cache=False).logits.float()
        states = model.base_model(input_ids=ids, use_cache=False).last_hidden_state
        parts = model.get_output_embeddings()(states).float()
    if not torch.allclose(whole, parts, rtol=1e-2, atol=1e-3 * float(whole.abs().max() + 1)):
        raise PolicyError(
            f"{type(model).__name__} changes its logits after the head, which is computed in chunks",
            fix="Use a base model without logit scaling or capping, such as Qwen3.",
        )


def _is_linear(module: Any) -> bool:
    return isinstance(module, torch.nn.Linear)


def _not_loaded(base: str, error: Exception) -> PolicyError:
    return PolicyError(
        f"model `{base}` could not be loaded: {_first_line(error)}",
        fix="Set model.base to a model of the hub or a folder that holds one.",
    )


def _does_not_fit(folder: Path, base: str, why: str) -> RegistryError:
    return RegistryError(f"adapter {folder} does not fit {base}: {why}", fix=_ANOTHER)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
