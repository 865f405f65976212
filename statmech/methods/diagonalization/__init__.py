"""Exact diagonalisation of quantum spin chains in their symmetry sectors."""

from __future__ import annotations

from statmech.methods.diagonalization.method import Diagonalization

__all__ = ["Diagonalization"]
