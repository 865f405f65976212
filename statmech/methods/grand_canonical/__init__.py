"""Ideal quantum gases in the grand canonical ensemble."""

from __future__ import annotations

from statmech.methods.grand_canonical.method import GrandCanonical

__all__ = ["GrandCanonical"]
