"""The house rules that a machine can check."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "statmech"

# The rooms from the ground up: an import goes up this list only (to something that stands earlier).
ROOMS = (
    "errors",
    "frozen",
    "registry",
    "kernels",
    "units",
    "status",
    "double_double",
    "exponential",
    "logspace",
    "disorder",
    "cumulants",
    "merge_tree",
    "levels",
    "molecular_constants",
    "moments",
    "compiled_moments",
    "binned_moments",
    "summation",
    "completeness",
    "level_uncertainties",
    "networks",
    "variable_elimination",
    "lattices",
    "thermodynamics",
    "gas_functions",
    "readers",
    "level_streams",
    "models",
    "methods",
    "local_quantities",
    "zeros",
    "estimators",
    "sampling",
    "inference",
    "selection",
    "combination",
    "temperature_at",
    "accessor",
    "tables",
    "dataset",
    "sampled",
    "solve",
    "comparison",
    "storable",
    "results",
    "summary",
    "differences",
    "nasa",
    "plots",
    "report",
    "config",
    "reference",
    "run",
    "cli",
)
FOLDERS = (
    "variable_elimination",
    "lattices",
    "readers",
    "models",
    "methods",
    "estimators",
    "sampling",
    "inference",
    "results",
    "plots",
    "run",
)


def imports(path):
    """(module, imported name or None) of every import of this package in a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "statmech":
            if node.module == "statmech":
                yield from (f"statmech.{alias.name}" for alias in node.names)
            else:
                yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "statmech")


def room(parts):
    return parts[0].removesuffix(".py")


def test_every_file_is_in_a_known_room():
    unknown = (
        {room(path.relative_to(PACKAGE).parts) for path in PACKAGE.rglob("*.py")}
        - set(ROOMS)
        - {"__init__", "__main__"}
    )
    assert not unknown, f"give {sorted(unknown)} a place in ROOMS"


def test_imports_go_up_the_list_of_rooms_only():
    climbing = []
    for path in sorted(PACKAGE.rglob("*.py")):
        here = room(path.relative_to(PACKAGE).parts)
        if here in ("__init__", "__main__"):
            continue
        for module in imports(path):
            parts = module.split(".")[1:]
            if parts and parts[0] in ROOMS and ROOMS.index(parts[0]) > ROOMS.index(here):
                climbing.append(f"{path.relative_to(ROOT)} imports {module}")
    assert not climbing, climbing


def test_in_a_folder_only_base_is_imported_by_its_siblings():
    crossing = []
    for folder in FOLDERS:
        for path in sorted((PACKAGE / folder).rglob("*.py")):
            if path.name == "__init__.py":
                continue  # the room's own door may name everything in it
            mine = path.relative_to(PACKAGE / folder).parts[0].removesuffix(".py")
            for module in imports(path):
                parts = module.split(".")
                if parts[1:2] == [folder] and len(parts) > 2 and parts[2] not in ("base", mine):
                    crossing.append(f"{path.relative_to(ROOT)} imports {module}")
    assert not crossing, crossing


def test_no_file_is_longer_than_the_limit():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in PACKAGE.rglob("*.py")
        if (lines := len(path.read_text().splitlines())) > 500
    }
    assert not long, long


def test_the_package_needs_at_most_ten_type_ignores():
    ignores = [
        path for path in PACKAGE.rglob("*.py") for line in path.read_text().splitlines() if "type: ignore" in line
    ]
    assert len(ignores) <= 10, ignores
