"""What libraries print on their own account is no news of a night."""

from __future__ import annotations

import os
import warnings


def quieten() -> None:
    """No progress bars, advice and deprecations of libraries; before they are imported."""
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
