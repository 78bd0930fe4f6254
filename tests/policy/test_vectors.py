"""The vectors of docs/spec/policy.md: read by the library, and digested by an independent program under Node."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from sectorprivacy.policy import PolicyDocument

DIGEST = Path(__file__).parent / "digest.mjs"
FILE = Path(__file__).parents[2] / "docs" / "spec" / "vectors" / "policy.json"
VECTORS: Any = json.loads(FILE.read_text("utf-8"))


@pytest.mark.parametrize("vector", VECTORS["read"], ids=lambda vector: vector["name"])
def test_a_register_is_read_and_has_the_digest_of_the_vectors(vector: Mapping[str, Any]) -> None:
    """What was stored years ago is still read, to the last word, and still has its digest."""
    document = PolicyDocument.model_validate_json(json.dumps(vector["document"]))
    assert json.loads(document.model_dump_json()) == vector["document"]
    assert document.digest == vector["digest"]


@pytest.mark.parametrize("vector", VECTORS["refuse"], ids=lambda vector: vector["name"])
def test_what_is_no_register_is_refused(vector: Mapping[str, Any]) -> None:
    """The first document with one thing wrong is not read: a register that contradicts itself says nothing."""
    document = deepcopy(VECTORS["read"][0]["document"])
    *above, last = vector["at"].removeprefix("/").split("/")
    place = document
    for step in above:
        place = place[int(step) if isinstance(place, list) else step]
    if "value" in vector:
        place[last] = vector["value"]
    else:
        del place[last]
    with pytest.raises(ValueError, match="validation error"):
        PolicyDocument.model_validate_json(json.dumps(document))


@pytest.mark.needs("node")
def test_another_language_computes_the_same_digest(program: Mapping[str, Path]) -> None:
    """The page is enough to check a digest with: another program that follows it comes to the same one."""
    run = subprocess.run([program["node"], DIGEST, FILE], capture_output=True, check=False, timeout=60)
    assert run.returncode == 0, run.stderr
    expected = [{"canonical": each["canonical"], "digest": each["digest"]} for each in VECTORS["read"]]
    assert json.loads(run.stdout) == expected
