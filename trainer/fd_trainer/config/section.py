"""The base of every section of a night's configuration."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A frozen table of a TOML file; a key it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
