"""Whether our answers are still the ones kept in ``digits.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["changed_digits"]

KEPT = Path(__file__).with_name("digits.json")
TOLERANCE = 1e-12  # relative: the promise of the package


def changed_digits(rows: list[dict[str, Any]], keep: bool) -> list[str]:
    """One line for each pair whose answer moved by more than the promise; ``keep`` takes today's instead."""
    kept: dict[str, list[float]] = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    changed = []
    for row in rows:
        mine = row.get("digits")
        if not mine:
            continue
        before = kept.get(row["name"])
        if keep or before is None:
            kept[row["name"]] = mine
            continue
        if len(mine) != len(before):
            changed.append(f"{row['name']}: {len(before)} numbers kept, {len(mine)} found")
            continue
        scale = max(max(map(abs, before)), 1e-300)
        apart = max(abs(a - b) for a, b in zip(mine, before, strict=True)) / scale
        if apart > TOLERANCE:
            changed.append(f"{row['name']}: {apart:.2g}")
    if keep:
        KEPT.write_text(json.dumps(dict(sorted(kept.items())), indent=1) + "\n")
    return changed
