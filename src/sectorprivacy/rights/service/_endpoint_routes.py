"""The paths of the HTTP binding: which action on which task or case a method and a target mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, cast
from uuid import UUID

from attrs import frozen

from sectorprivacy.rights.protocol import MANIFEST_PATH, Operation

Action = Literal["describe", "create", "state", "advance", "cancel", "receipt", "attachment", "close"]


@frozen
class Route:
    """What is asked: an action, the operation a key must be allowed for, and the task or case it is about."""

    action: Action
    operation: Operation | None = None
    task: UUID | None = None
    attachment: str | None = None
    case: UUID | None = None


_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_CLOSE = re.compile(rf"/privacy/v1/cases/(?P<case>{_UUID})/close")
_TASK = re.compile(
    r"/privacy/v1/(?P<operation>find|export|plan|apply)"
    rf"/(?P<task>{_UUID})"
    r"(?:/(?P<below>advance|cancel|receipt|blobs/(?P<attachment>[A-Za-z0-9_-]{1,512})))?"
)

_ACTIONS: Mapping[tuple[str, str], Action] = {
    ("PUT", ""): "create",
    ("GET", ""): "state",
    ("POST", "advance"): "advance",
    ("POST", "cancel"): "cancel",
    ("GET", "receipt"): "receipt",
    ("GET", "blobs"): "attachment",
}

_ONLY: Mapping[Action, Operation] = {"receipt": "apply", "attachment": "export"}
"""Actions that one operation alone has."""


def route_of(method: str, target: str) -> Route | None:
    """What a request asks, None where that is nothing the protocol knows; no target has a query."""
    if (method, target) == ("GET", MANIFEST_PATH):
        return Route("describe")
    closing = _CLOSE.fullmatch(target)
    if closing is not None and method == "POST":
        return Route("close", "find", case=UUID(closing["case"]))
    match = _TASK.fullmatch(target)
    if match is None:
        return None
    operation = cast("Operation", match["operation"])
    action = _ACTIONS.get((method, (match["below"] or "").partition("/")[0]))
    if action is None or _ONLY.get(action, operation) != operation:
        return None
    return Route(action, operation, UUID(match["task"]), match["attachment"])
