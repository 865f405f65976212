"""What pydantic found, in the words of the forms; and the ways through a configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from statmech.config.base import Loc, dotted, nearest, shown
from statmech.config.forms.base import Form
from statmech.config.forms.containers import UnionForm
from statmech.config.forms.scalars import PathForm

__all__ = ["files", "leaves", "mistakes", "paths", "reach"]


def mistakes(form: Form, value: Any) -> Iterator[tuple[Loc, bool, str]]:
    """Every way in which a value does not suit a form, one message for one mistake.

    Yields
    ------
    tuple
        Location; whether its key is wrong rather than its value; what is wrong.
    """
    try:
        form.adapter.validate_python(value)
    except ValidationError as failure:
        errors = failure.errors(include_url=False)
    else:
        return
    found = [(tuple(step for step in error["loc"] if not _is_tag(step)), error["type"]) for error in errors]
    unknown: dict[Loc, list[str]] = {}
    for loc, kind in found:
        if kind == "extra_forbidden":
            unknown.setdefault(loc[:-1], []).append(str(loc[-1]))
    seen = set()
    for loc, kind in found:
        parent, step = loc[:-1], loc[-1] if loc else ""
        if kind == "extra_forbidden":
            above, there = _at(form, value, parent)
            names = [name for name in above.names(there) if name not in there]
            expected = f", expected one of {', '.join(names)}" if names else ", and nothing is left to be set"
            hint = nearest(step, [name for name in above.names(there) if name != "kind" or name in names])
            message = (loc, True, f"unknown key{expected}{hint}")
        elif kind == "missing" and isinstance(step, str):
            if any(nearest(key, [step]) for key in unknown.get(parent, [])):
                continue  # the misspelt key has its own message
            above, there = _at(form, value, parent)
            wanted = above.child(step, there)
            message = (parent, False, f"{step} is missing; expected {wanted.words if wanted else 'a value'}")
        else:
            loc = parent if kind == "missing" else loc
            below, there = _at(form, value, loc)
            message = ((*loc, *below.blame(there)), False, below.complaint(there))
        if message not in seen:
            seen.add(message)
            yield message


def leaves(form: Form, value: Any, loc: Loc = ()) -> Iterator[tuple[Loc, Form, Any]]:
    """Every part of a value with its form, from the top down."""
    yield loc, form, value
    steps = value if isinstance(value, Mapping) else range(len(value)) if isinstance(value, list) else ()
    for step in steps:
        below = form.child(step, value)
        if below is not None:
            yield from leaves(below, value[step], (*loc, step))


def files(form: Form, value: Any) -> Iterator[tuple[Loc, str]]:
    """Location and text of every part that names a file."""
    for loc, here, there in leaves(form, value):
        meant = here.branch(there) if isinstance(here, UnionForm) else here
        if isinstance(meant, PathForm) and isinstance(there, str):
            yield loc, there


def paths(form: Form, value: Any) -> Iterator[str]:
    """Dotted path of everything that can be set in a value."""
    for loc, here, there in leaves(form, value):
        yield from (dotted((*loc, name)) for name in here.names(there) if name != "kind")


def reach(form: Form, value: Any, loc: Loc) -> Form | str:
    """The form at a location that may not be set yet, or why there is nothing like it."""
    for i, step in enumerate(loc):
        below = form.child(step, value)
        if below is None:
            names = [name for name in form.names(value) if name != "kind"]
            where = dotted(loc[:i])
            if names:
                return f"{where} has no {step!r}, expected one of {', '.join(names)}{nearest(step, names)}"
            return f"{where} is {shown(value)} and has no {step!r}"
        inside = (isinstance(value, Mapping) and step in value) or (isinstance(value, list) and int(step) < len(value))
        if not inside and isinstance(value, list):
            return f"{dotted(loc[:i])} has {len(value)} items, 0 to {len(value) - 1}, and no {step}"
        if not inside and i + 1 < len(loc):
            return f"{dotted(loc[: i + 1])} is not set, so there is no {loc[i + 1]!r} in it; set it under {loc[0]!r}"
        form, value = below, value[step] if inside else None
    return form


def _at(form: Form, value: Any, loc: Loc) -> tuple[Form, Any]:
    for step in loc:
        below = form.child(step, value)
        if below is None:
            break
        form, value = below, value[step]
    return form, value


def _is_tag(step: object) -> bool:
    return isinstance(step, str) and step.startswith("<") and step.endswith(">")
