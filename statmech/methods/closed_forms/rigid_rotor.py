"""Closed form of an ideal gas of rigid rotors with harmonic vibrations and electronic levels (RRHO)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from statmech.completeness import LevelProfile
from statmech.cumulants import Cumulants, inverse_temperature
from statmech.errors import InputError
from statmech.gas_functions import gas_functions
from statmech.methods.base import Cost, Method, Support
from statmech.methods.closed_forms.harmonic_modes import harmonic_modes
from statmech.methods.closed_forms.quasi_harmonic import damped_energy, damped_entropy, raised_entropy
from statmech.models.base import Model
from statmech.models.molecule import Molecule
from statmech.status import Status
from statmech.summation import sum_levels
from statmech.thermodynamics import thermodynamics
from statmech.units import ATOMIC_MASS, BOLTZMANN, PLANCK, kelvin_per

__all__ = ["RigidRotorHarmonicOscillator"]

Array = npt.NDArray[np.float64]


class RigidRotorHarmonicOscillator(Method):
    r"""log Z = translation + rotation + vibration + electronic levels, per molecule at the standard pressure.

    Translation is Sackur and Tetrode's, with the volume k_B T / p of one molecule: log Z = log(q/N) + 1,
    <y> = Var y = 3/2. The rotor is classical: log Z = log(T/(sigma theta)), or (1/2) log(pi T^3/(theta_1 theta_2
    theta_3)) - log sigma, with <y> = Var y = 1 or 3/2. Vibrations and levels are exact. Where the classical terms do
    not hold, below the largest rotational temperature or where the gas would be degenerate, ``status`` says
    ``outside_range``. Cost: 20 us per temperature. Reference: D. A. McQuarrie, Statistical Mechanics (1976), chapters
    5, 6 and 8.

    Examples
    --------
    >>> method = RigidRotorHarmonicOscillator()
    >>> nitrogen = Molecule(28.0134, [1.98957], [2329.92], symmetry_number=2)
    >>> parts = method.contributions(nitrogen, np.array([298.15]))
    >>> {name: round(float(part.log_z[0] + part.mean[0, 0]) * 8.31446, 3) for name, part in parts.items()}
    {'translation': 150.419, 'rotation': 41.179, 'vibration': 0.001, 'electronic': 0.0}
    """

    name: ClassVar[str] = "rigid_rotor_harmonic_oscillator"
    formula: ClassVar[str] = "translation + rotation + vibration + electronic levels of an ideal gas"
    reference: ClassVar[str] = "McQuarrie 1976, chapters 5, 6 and 8"

    def supports(self, model: Model) -> Support:
        """Molecules only."""
        if isinstance(model, Molecule):
            return Support(True, "an ideal gas of rigid rotors with harmonic vibrations has a closed form")
        return Support(False, f"{model.kind!r} is no molecule of an ideal gas")

    def prepare(self, model: Model) -> Molecule:
        """Nothing to prepare."""
        assert isinstance(model, Molecule)
        return model

    def contributions(self, state: Molecule, temperatures: Array) -> dict[str, Cumulants]:
        """Cumulants of translation, rotation, vibration and electronic levels, each alone.

        Raises
        ------
        InputError
            Outside 0 < T < inf: classical translation and rotation have no limits there.
        """
        inverse_temperature(temperatures)  # refuses nan and -0.0
        outside = ~((temperatures > 0) & np.isfinite(temperatures))
        if np.any(outside):
            raise InputError(
                "temperature: expected 0 < T < inf: the translation of an ideal gas has no limit at 0 or inf; "
                f"got {temperatures[outside][0]}"
            )
        T = temperatures
        wave = 2.0 * math.pi * state.mass * ATOMIC_MASS * BOLTZMANN / PLANCK**2  # 1/(m2 K)
        moved = 1.5 * math.log(wave) + math.log(BOLTZMANN / state.pressure) + 2.5 * np.log(T) + 1.0
        theta = state.rotational_temperatures
        turned = np.zeros(T.shape)
        if len(theta) == 1:
            turned = np.log(T / theta[0]) - math.log(state.symmetry_number)
        elif theta:
            product = math.fsum(math.log(value) for value in theta)
            turned = 0.5 * (math.log(math.pi) + 3.0 * np.log(T) - product) - math.log(state.symmetry_number)
        quanta = np.array(state.vibrational_temperatures, dtype=np.float64)
        log_z, mean, variance = harmonic_modes(quanta, np.ones(quanta.size), T)
        return {
            "translation": _part(T, moved, 1.5, 1.5),
            "rotation": _part(T, turned, *((0.5 * (len(theta) or 0) + 0.5 * (len(theta) == 1),) * 2)),
            "vibration": _part(T, log_z, mean, variance).shift(state.zero_point_energy),
            "electronic": sum_levels(state.electronic_levels, T).shift(state.energy),
        }

    def cumulants(self, state: Molecule, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """The product of the contributions.

        Raises
        ------
        InputError
            As :meth:`contributions`, or where fields are given.
        """
        if fields is not None:
            raise InputError("fields: a molecule has no observable to couple a field to")
        return Cumulants.product(self.contributions(state, temperatures).values())

    def extras(self, state: Molecule, temperatures: Array) -> Mapping[str, tuple[Array, str, str]]:
        """H, G, Cp, H - H(0), H - H(298.15), -[G - H(298.15)]/T, every contribution, and quasi-harmonic S, H, G."""
        parts = self.contributions(state, temperatures)
        whole = thermodynamics(Cumulants.product(parts.values()))
        found = gas_functions(lambda T: self.cumulants(state, T), temperatures)
        each = {name: thermodynamics(part) for name, part in parts.items()}
        for quantity, long_name, nature in (
            ("entropy", "Entropy", "entropy"),
            ("heat_capacity", "Heat capacity at constant volume", "entropy"),
            ("internal_energy_excess", "Internal energy above the reference", "energy"),
        ):
            for name, th in each.items():
                found[f"{quantity}_{name}"] = (getattr(th, quantity), f"{long_name}: {name}", nature)
        if state.quasi_harmonic is not None:
            found |= _quasi_harmonic(
                state, temperatures, whole.entropy - each["vibration"].entropy, found["enthalpy"][0]
            )
        return found

    def status(
        self,
        model: Model,  # noqa: ARG002
        state: Any,
        temperatures: Array,
        fields: Array | None,  # noqa: ARG002
        cumulants: Cumulants,  # noqa: ARG002
    ) -> npt.NDArray[np.int8] | None:
        """``outside_range`` below the largest rotational temperature and where a gas of this density is degenerate;
        and what there is to say of the electronic levels (:mod:`statmech.completeness`).
        """
        wave = 2.0 * math.pi * state.mass * ATOMIC_MASS * BOLTZMANN / PLANCK**2
        degenerate = (wave * temperatures) ** 1.5 * BOLTZMANN * temperatures < state.pressure
        frozen = temperatures < max(state.rotational_temperatures, default=0.0)
        flags = np.where(degenerate | frozen, Status.OUTSIDE_RANGE, 0).astype(np.int8)
        levels = state.electronic_levels
        if levels.truncated or levels.ionization_limit is not None:
            flags |= LevelProfile.of(levels).status(temperatures, sum_levels(levels, temperatures))
        return flags if np.any(flags) else None

    def cost(self, model: Model, temperatures: int, fields: int = 1) -> Cost:  # noqa: ARG002
        """20 us per temperature."""
        return Cost(2e-5 * temperatures + 1e-3, 1e3 * temperatures)


def _part(temperatures: Array, log_z: Array, mean: Array | float, variance: Array | float) -> Cumulants:
    flat = np.zeros(temperatures.shape)
    return Cumulants(temperatures, flat, log_z, (flat + mean)[:, None], (flat + variance)[:, None, None])


def _quasi_harmonic(
    state: Molecule, temperatures: Array, others: Array, enthalpy: Array
) -> dict[str, tuple[Array, str, str]]:
    """S, H and G with other vibrations than harmonic ones; ``others`` is the entropy of everything else."""
    options = state.quasi_harmonic
    assert options is not None
    quanta = np.array(state.vibrational_temperatures, dtype=np.float64)
    cutoff = options.cutoff * kelvin_per("cm-1")
    log_z, mean, _ = harmonic_modes(quanta, np.ones(quanta.size), temperatures)
    if options.entropy == "grimme":
        entropy = damped_entropy(quanta, cutoff, temperatures)
    elif options.entropy == "truhlar":
        entropy = raised_entropy(quanta, cutoff, temperatures)
    else:
        entropy = log_z + mean
    if options.energy == "head_gordon":
        zero = state.zero_point_energy * quanta / max(float(quanta.sum()), np.finfo(float).tiny)
        harmonic = state.zero_point_energy + temperatures * mean
        enthalpy = enthalpy - harmonic + damped_energy(quanta, zero, cutoff, temperatures)
    total = others + entropy
    label = f"quasi-harmonic ({options.label})"
    return {
        "entropy_quasi_harmonic": (total, f"Entropy, {label}", "entropy"),
        "enthalpy_quasi_harmonic": (enthalpy, f"Enthalpy, {label}", "energy"),
        "gibbs_energy_quasi_harmonic": (enthalpy - temperatures * total, f"Gibbs energy, {label}", "energy"),
    }
