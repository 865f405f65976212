r"""The sum over levels: cumulants of a spectrum at every temperature, in cache-sized blocks.

.. math:: \log Z_\mathrm{rel} = \log g_* - \beta (E_* - E_0) + \log\Bigl(1 + \sum_{i \ne *} \frac{g_i}{g_*}
          e^{-\beta (E_i - E_*)}\Bigr)

One dominant level * (the ground level wherever degeneracies are moderate) is kept out of the sum and the
rest is scaled by its own largest term, so log Z, mean and variance keep full *relative* precision also
where the rest is 1e-300. Within a block moments are taken about the block's own mean, and blocks
merge by the law of total covariance in a fixed tree. Cost: one exponential and three passes per level
and temperature; memory beyond the levels: a few buffers of one block. Large spectra go through the same
arithmetic compiled (:mod:`statmech.compiled_moments`), which the tests hold against the blocks below, and
where it is warm enough through moments of narrow bins (:mod:`statmech.binned_moments`): then a level costs as
much as a handful of exponentials, whatever the number of temperatures.

    level_sums                   the sum
    spectrum                     what it needs to know of the levels
    plain_weights, log_weights   levels beside the dominant one
"""

from __future__ import annotations

from statmech.summation.level_sums import sum_levels

__all__ = ["sum_levels"]
