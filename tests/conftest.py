"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of real spectra: ``STATMECH_TEST_DATA``, or ``../shared/data`` beside the repository."""
    given = os.environ.get("STATMECH_TEST_DATA")
    folder = Path(given) if given else Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no test data in {folder}; set STATMECH_TEST_DATA to its folder")
    return folder
