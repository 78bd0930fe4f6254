"""What the project declares: its register and its marked models, found through [tool.sectorprivacy]."""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from attrs import frozen

from sectorprivacy.annotations import read_models
from sectorprivacy.cli._configuration import Configuration, read_configuration
from sectorprivacy.documents import DataMap, data_map
from sectorprivacy.errors import ConfigurationError
from sectorprivacy.policy import Policy
from sectorprivacy.vocabulary import AnyWording


@frozen
class Declared:
    """Register, models and titles of services of one project."""

    configuration: Configuration
    policy: Policy
    models: Sequence[type]
    titles: Mapping[str, AnyWording]

    def data_map(self) -> DataMap:
        """The data map of all of it. Raises: DeclarationError, for all that is wrong with the marks."""
        return data_map(self.policy, read_models(self.models), titles=self.titles)


def read_declared() -> Declared:
    """What the project around the current folder declares.

    Raises:
        ConfigurationError: The table does not say where, or what it names is not there.
        DeclarationError: A declaration is wrong.
    """
    configuration = read_configuration(Path.cwd())
    return Declared(
        configuration=configuration,
        policy=declared_policy(configuration, "policy", configuration.policy),
        models=_models(configuration),
        titles=_titles(configuration),
    )


def declared_policy(configuration: Configuration, option: str, reference: str | None) -> Policy:
    """The register that a reference "module:name" names; `option` is what the error calls it."""
    found = named(configuration, option, reference)
    if not isinstance(found, Policy):
        raise ConfigurationError(problem=f"{option}: {reference} is no Policy", instead="Name the object Policy(...)")
    return found


def _models(configuration: Configuration) -> Sequence[type]:
    found = named(configuration, "models", configuration.models)
    if not isinstance(found, Iterable):
        raise ConfigurationError(problem="models: it is no list", instead="Name a list of the declared classes")
    models: list[object] = list(cast("Iterable[object]", found))
    if not models or not all(isinstance(model, type) for model in models):
        raise ConfigurationError(
            problem="models: it is not a list of classes", instead="Name a list of the declared classes"
        )
    return cast("list[type]", models)


def _titles(configuration: Configuration) -> Mapping[str, AnyWording]:
    if configuration.titles is None:
        return {}
    found = named(configuration, "titles", configuration.titles)
    if not isinstance(found, Mapping):
        raise ConfigurationError(problem="titles: it is no mapping", instead="Name a mapping of service id to title")
    return cast("Mapping[str, AnyWording]", found)


def named(configuration: Configuration, option: str, reference: str | None) -> Any:
    """What a reference "module:name" names; `option` is what the error calls it. Raises: ConfigurationError."""
    if reference is None:
        raise ConfigurationError(problem=f"it names no {option}", instead=f'Add {option} = "module:name" to it')
    for folder in reversed([str(configuration.root / folder) for folder in configuration.path]):
        if folder not in sys.path:
            sys.path.insert(0, folder)
    module, _, name = reference.partition(":")
    found = vars(_module(option, module))
    if name not in found:
        near = difflib.get_close_matches(name, [each for each in found if not each.startswith("_")], n=1)
        raise ConfigurationError(
            problem=f"{option}: {module} has no {name}",
            instead=f"Did you mean {near[0]}" if near else "Name something that the module defines",
        )
    return found[name]


def _module(option: str, name: str) -> ModuleType:
    """The module of that name; what goes wrong inside it is its own error, and reaches whoever runs the command."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name is None or not f"{name}.".startswith(f"{missing.name}."):
            raise
        raise ConfigurationError(
            problem=f"{option}: there is no module {missing.name}",
            instead="Correct it, or add the folder of the module to `path`",
        ) from None
