"""A real but tiny model for tests: random Qwen3 weights, a byte-level tokenizer, a LoRA adapter.

It speaks nonsense, through the same code as a real one. Needs torch, transformers, peft.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

VOCABULARY = 400
_CORPUS = [
    "intro h exact omega simp simp_all rfl constructor induction n with zero succ ih cases",
    "Lean 4 proof state: ```lean n : Nat ⊢ n + 0 = n ``` The next tactic, alone in a code block:",
]


def build(folder: Path, *, seed: int = 0, max_length: int = 2_048) -> Path:
    """Write model and tokenizer into a folder, as the hub would give them."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(_CORPUS * 4, trainer)
    end = "<|endoftext|>"
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=end, pad_token=end
    ).save_pretrained(folder)
    torch.manual_seed(seed)
    config = Qwen3Config(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=32, intermediate_size=64,
        num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=32,
        max_position_embeddings=max_length, tie_word_embeddings=False,
        eos_token_id=tokenizer.token_to_id(end), bos_token_id=None,
        pad_token_id=tokenizer.token_to_id(end),
    )  # fmt: skip
    model = Qwen3ForCausalLM(config)
    _sharpen(model)
    model.save_pretrained(folder)
    return folder


def _sharpen(model: Any) -> None:
    """Spread the logits, so that log-probabilities differ enough to be compared."""
    import torch

    with torch.no_grad():
        model.lm_head.weight.mul_(12.0)


def adapter(base: Path, folder: Path, *, seed: int = 1) -> Path:
    """Write a LoRA adapter with random weights on a tiny model."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    config = LoraConfig(
        r=8, lora_alpha=32, target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj"],
        init_lora_weights=False, task_type="CAUSAL_LM",
    )  # fmt: skip
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(base), config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_" in name:
                weight.normal_(0.0, 0.3)
    model.save_pretrained(folder)
    return folder
