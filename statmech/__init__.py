"""statmech: energy levels in, thermodynamics out, and every digit right.

Names load on first use (PEP 562), so that ``import statmech`` costs next to nothing.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

__version__ = "0.1.0"

# public name -> module that defines it
_HOME = {
    **dict.fromkeys(
        ("logsumexp", "softmax", "log_softmax", "logaddexp", "logdiffexp", "logmeanexp", "log1mexp"),
        "logspace",
    ),
    "StatmechError": "errors",
    "Cumulants": "cumulants",
    "AsymmetricRotor": "models.asymmetric_rotor",
    "BlumeCapel": "models.blume_capel",
    "BoseGas": "models.quantum_gas",
    "Debye": "models.debye",
    "Einstein": "models.einstein",
    "FermiGas": "models.quantum_gas",
    "Hydrogen": "models.hydrogen",
    "Heisenberg": "models.heisenberg",
    "Ising": "models.ising",
    "Mixture": "models.combined",
    "Morse": "models.morse",
    "Network": "networks",
    "Oscillator": "models.oscillator",
    "Paramagnet": "models.paramagnet",
    "ParticleInBox": "models.particle_in_box",
    "Potts": "models.potts",
    "XY": "models.xy",
    "Product": "models.combined",
    "Rotor": "models.rotor",
    "Spectrum": "models.spectrum",
    "SpinChain": "models.spin_chain",
    "SymmetricRotor": "models.symmetric_rotor",
    "TransverseIsing": "models.transverse_ising",
    "TwoLevel": "models.two_level",
    "ground_state": "methods.elimination",
    "local_means": "methods.elimination",
    "choose_method": "selection",
    "density_of_states": "methods.density_of_states",
    "fisher_zeros": "zeros",
    "lee_yang_zeros": "zeros",
    "solve": "solve",
    "read_levels": "readers",
    "iter_levels": "readers",
    "read_partition_table": "readers.tables",
    "compare_with_table": "comparison",
    "open_results": "results",
    "write_results": "results",
    "run": "run",
    "EnergyLevels": "levels",
    "temperature_at": "temperature_at",
}
_MODULES = ("estimators", "inference", "lattices", "nasa", "plots", "units")

__all__ = [*sorted(_HOME), *sorted(_MODULES), "__version__"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(import_module(f"statmech.{_HOME[name]}"), name)
    elif name in _MODULES:
        value = import_module(f"statmech.{name}")
    else:
        raise AttributeError(f"module 'statmech' has no attribute {name!r}")
    globals()[name] = value
    return value


class _Package(ModuleType):
    """Importing the submodule ``statmech.solve`` must not hide the function ``statmech.solve`` (nor ``run``)."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
