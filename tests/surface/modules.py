"""Which modules the library has, read from its folders, so that a new one cannot be forgotten."""

from __future__ import annotations

from pathlib import Path

import sectorprivacy

SOURCE = Path(sectorprivacy.__file__).parent

# These may import their extras, and need them.
ABOVE_APP = ("sectorprivacy.integrations", "sectorprivacy.testing", "sectorprivacy.cli")


def module_name(path: Path) -> str:
    """Dotted name of a source file."""
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in sorted(SOURCE.rglob("*.py"))}
MODULES = tuple(FILES)
PACKAGES = tuple(name for name, path in FILES.items() if path.name == "__init__.py")
PUBLIC = tuple(name for name in MODULES if not any(part.startswith("_") for part in name.split(".")))


def is_within(module: str, packages: tuple[str, ...]) -> bool:
    """Whether the module is one of these packages or lies inside one."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)


UP_TO_APP = tuple(name for name in MODULES if not is_within(name, ABOVE_APP))
