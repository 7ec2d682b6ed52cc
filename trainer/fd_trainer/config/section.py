"""The base of every section of a night's configuration."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A frozen table of a TOML file; a key it does not know is an error.

    A text below a field describes it, on the page docs/training-configuration.md too.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
