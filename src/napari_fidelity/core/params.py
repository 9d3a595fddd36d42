"""Settings of an operation: frozen, checked, and the source of every form and option."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from napari_fidelity.core.errors import UserError


class Params(BaseModel):
    """Base of all settings: frozen, unknown keys refused, NaN and infinity refused.

    A field's bounds become the range of its control, its description the tooltip and the
    command line's help, its title the label; its default lives there and nowhere else.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def parse(cls, values: dict[str, Any]) -> Self:  # Any: values come from files and forms
        """Settings made from `values`.

        Raises
        ------
        UserError
            A value is out of range or a key is unknown; the sentence names it.
        """
        try:
            return cls(**values)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "settings"
            given = f", not {first['input']!r}" if "input" in first else ""
            raise UserError(f"Setting {where!r}: {first['msg']}{given}.") from None
