"""Sphinx hooks that show a settings class as the list of its fields, each told where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_fidelity.core.params import Params

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from sphinx.application import Sphinx

BOUNDS = {"ge": "≥ {}", "gt": "> {}", "le": "≤ {}", "lt": "< {}"}


def connect_hooks(app: Sphinx) -> None:
    """Have autodoc call the functions below."""
    app.connect("autodoc-process-signature", hide_signature)
    app.connect("autodoc-process-docstring", add_fields)


def is_settings(thing: object) -> bool:
    """Whether `thing` is a class of settings, not their base."""
    return isinstance(thing, type) and issubclass(thing, Params) and thing is not Params


def hide_signature(
    app: Sphinx, what: str, name: str, thing: object, options: Any, *signature: str
) -> tuple[str, None] | None:
    """No signature for settings: their fields are listed beneath."""
    return ("", None) if is_settings(thing) else None


def add_fields(
    app: Sphinx, what: str, name: str, thing: object, options: Any, lines: list[str]
) -> None:
    """Add a line for each field: name, default, bounds, description."""
    if is_settings(thing):
        lines += ["", *(describe_field(key, field) for key, field in thing.model_fields.items())]


def describe_field(key: str, field: FieldInfo) -> str:
    """One field as an item of a reStructuredText list."""
    facts = []
    if not field.is_required():
        default = field.get_default(call_default_factory=True)
        facts.append("default: its fields' defaults" if is_settings(type(default)) else
                     f"default {shorten(repr(default))}")  # fmt: skip
    for rule in field.metadata:
        facts += [BOUNDS[b].format(getattr(rule, b)) for b in BOUNDS if hasattr(rule, b)]
    stated = f" ({', '.join(facts)})" if facts else ""
    about = (field.description or field.title or "").rstrip(".")
    return f"- **{key}**{stated}: {about}."


def shorten(text: str) -> str:
    """`text` as a literal, its middle left out where it is long."""
    return f"``{text if len(text) <= 40 else text[:24] + ' … ' + text[-10:]}``"
