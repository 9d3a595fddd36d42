"""Settings as YAML text that people can read, and text back into plain values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from napari_fidelity.core.errors import UserError

EXPONENT = re.compile(r"^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$")


def write_yaml(values: Mapping[str, Any]) -> str:  # Any: JSON
    """JSON values as YAML, in their order; floats as the shortest text that reads back equal.

    Examples
    --------
    >>> print(write_yaml({"name": "5 µm", "steps": [{"kind": "poisson", "photons": 1e-05}]}))
    name: 5 µm
    steps:
    - kind: poisson
      photons: 1.0e-05
    <BLANKLINE>
    """
    import yaml  # at the first use: few commands need it

    text: str = yaml.dump(
        dict(values), Dumper=_adapt("SafeDumper"), sort_keys=False, allow_unicode=True
    )
    return text


def read_yaml(text: str, name: str) -> dict[str, Any]:  # Any: JSON
    """The values in YAML or JSON text; `name` says in messages what it is.

    Raises
    ------
    UserError
        The text is no YAML, or not a list of "key: value" lines.

    Examples
    --------
    >>> read_yaml("seed: 3", "The recipe"), read_yaml('{"seed": 1e-3}', "The recipe")
    ({'seed': 3}, {'seed': 0.001})
    """
    import yaml

    try:
        values = yaml.load(text, _adapt("SafeLoader"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" (line {mark.line + 1})" if mark is not None else ""
        raise UserError(f"{name} is no YAML text{line}: correct it.") from None
    if not isinstance(values, dict):
        raise UserError(f"{name} holds no settings: lines such as “name: value” are needed.")
    return {str(key): value for key, value in values.items()}


@cache
def _adapt(name: str) -> Any:  # Any: a class of a package without types
    """PyYAML's safe loader or dumper, to which also 1e-3, in YAML 1.1 a word, is a number."""
    import yaml

    made: Any = type(name, (getattr(yaml, name),), {})
    made.add_implicit_resolver("tag:yaml.org,2002:float", EXPONENT, list("-+0123456789"))
    return made
