"""The settings that somebody chose: those that differ from their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from napari_fidelity.core.params import Params

KIND = "kind"  # says which class a nested setting has


def list_chosen(params: Params) -> dict[str, Any]:  # Any: JSON values
    """The fields of `params` that are not at their defaults, as JSON values.

    Nested settings are shortened in the same way; their `kind` always stays, so that the class
    is found again. `type(params)(**list_chosen(params)) == params`.

    Examples
    --------
    >>> from napari_fidelity.metrics import MeasureSettings
    >>> list_chosen(MeasureSettings()), list_chosen(MeasureSettings(margin_px=3))
    ({}, {'margin_px': 3})
    """
    return _shorten(params, params.model_dump(mode="json"))


def _shorten(params: Params, dumped: Mapping[str, Any]) -> dict[str, Any]:  # Any: as above
    chosen = {}
    for name, field in type(params).model_fields.items():
        value = getattr(params, name)
        default = field.get_default(call_default_factory=True, validated_data={})
        if name == KIND or field.is_required() or value != default:
            chosen[name] = _spell(value, dumped[name])
    return chosen


def _spell(value: Any, dumped: Any) -> Any:  # Any: a field's value, and the same as JSON
    if isinstance(value, Params) and isinstance(dumped, Mapping):
        return _shorten(value, dumped)
    if isinstance(value, (list, tuple)) and isinstance(dumped, list):
        return [_spell(*pair) for pair in zip(value, dumped, strict=True)]
    if isinstance(value, Mapping) and isinstance(dumped, Mapping):
        return {key: _spell(value[key], entry) for key, entry in dumped.items() if key in value}
    return dumped
