"""@processing: a function that runs for one purpose, about the person one of its parameters names."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from sectorprivacy.errors import InvalidDeclaration, NotYetSupported
from sectorprivacy.policy import Activity
from sectorprivacy.purposes._scope import using

P = ParamSpec("P")
R = TypeVar("R")


def processing(activity: Activity | str, *, subject: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Run a function inside the scope of an activity.

    Args:
        activity: The activity, or its id; it is looked up in the policy in force at each call.
        subject: Path to the person from a parameter: "customer", or "order.customer".

    Returns:
        The decorator; sync and async functions keep their signature.

    Raises:
        InvalidDeclaration: The function has no such parameter; when it is decorated.
        NotYetSupported: It is a generator, whose purpose would leak to its caller between two yields.
    """
    parameter, *path = subject.split(".")

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise NotYetSupported(what="a generator under @processing")
        signature = inspect.signature(function)
        if parameter not in signature.parameters:
            raise InvalidDeclaration(
                where=f"@processing on {function.__qualname__}",
                problem=f"there is no parameter {parameter!r}",
                instead="Name the parameter that holds the person or their record",
            )

        def person(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            return functools.reduce(getattr, path, bound.arguments[parameter])

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def run_async(*args: P.args, **kwargs: P.kwargs) -> Any:
                async with using(activity, person(args, kwargs)):
                    return await function(*args, **kwargs)

            return cast("Callable[P, R]", run_async)

        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            with using(activity, person(args, kwargs)):
                return function(*args, **kwargs)

        return run

    return decorate
