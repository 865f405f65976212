"""Histograms of several states joined: WHAM, and reweighting in temperature."""

from statmech.estimators.histograms.multi_histogram import Reweighted, histogram_reweighting
from statmech.estimators.histograms.wham import WHAM, wham

__all__ = ["WHAM", "Reweighted", "histogram_reweighting", "wham"]
