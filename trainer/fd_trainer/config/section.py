"""The base of every section of a night's configuration."""

from __future__ import annotations

import types
import typing
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator


class Section(BaseModel):
    """A frozen table of a TOML file; a key it does not know is an error.

    A text below a field describes it, on the page docs/training-configuration.md too. TOML has no
    word for "nothing": "none" says it, where a key may be without a value.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @field_validator("*", mode="before")
    @classmethod
    def _nothing(cls, value: Any, info: ValidationInfo) -> Any:
        if value != "none" or info.field_name is None:
            return value
        annotation = cls.model_fields[info.field_name].annotation
        return None if types.NoneType in typing.get_args(annotation) else value
