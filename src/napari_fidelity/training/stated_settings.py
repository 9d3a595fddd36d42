"""Settings of a run stated one by one, by dotted names; and the places of files in them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.yaml_text import read_yaml
from napari_fidelity.training.config import TrainConfig


def state_settings(
    values: Mapping[str, Any],
    stated: Iterable[str],  # Any: YAML
) -> dict[str, Any]:
    """`values` with the settings that words such as "method.rate=1e-4" state.

    Raises
    ------
    UserError
        A word is no name with a value, or its name goes through a setting that has no parts.

    Examples
    --------
    >>> state_settings({"run": {"seed": 1}}, ["run.seed=2", "data.volumes=true"])
    {'run': {'seed': 2}, 'data': {'volumes': True}}
    """
    result = {key: _copy(value) for key, value in values.items()}
    for word in stated:
        name, equals, text = word.partition("=")
        if not (name and equals):
            raise UserError(
                f"--set takes a name and a value, such as method.rate=1e-4, not {word}."
            )
        *places, last = name.split(".")
        inside = result
        for place in places:
            inside = inside.setdefault(place, {})
            if not isinstance(inside, dict):
                raise UserError(f"--set {word}: {place} is a value and has no settings in it.")
        inside[last] = read_yaml(f"value: {text}", name=f"The value in --set {word}")["value"]
    return result


def settle_places(config: TrainConfig) -> TrainConfig:
    """The same settings with whole paths: a run is resumed from whatever folder.

    Examples
    --------
    >>> config = TrainConfig.parse({"method": "care", "data": {"folder": "cells"}})
    >>> settle_places(config).data.folder == os.path.abspath("cells")
    True
    """
    data = config.data
    changes: dict[str, Any] = {}  # Any: a text or several
    if data.folder is not None:
        changes["folder"] = _settle(data.folder)
    for name in ("inputs", "targets"):
        changes[name] = tuple(map(_settle, getattr(data, name)))
    if data.groups is not None and Path(data.groups).is_file():
        changes["groups"] = _settle(data.groups)
    return config.model_copy(update={"data": data.model_copy(update=changes)})


def _settle(place: str) -> str:
    return os.path.abspath(os.path.expanduser(place))


def _copy(value: Any) -> Any:  # Any: YAML
    return {key: _copy(one) for key, one in value.items()} if isinstance(value, dict) else value
