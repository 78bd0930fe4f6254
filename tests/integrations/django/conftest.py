"""A site with a database of each test's own, on SQLite or Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from tests.integrations.django.alarm_site import settings as _site  # noqa: F401  # before models are imported
from tests.postgres import PostgresServer


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))])
def engine(request: pytest.FixtureRequest) -> str:
    """For tests of what databases do differently."""
    return request.param


def use_database(options: dict[str, Any]) -> None:
    connections.settings["default"] = connections.configure_settings({"default": options})["default"]
    if hasattr(connections._connections, "default"):
        del connections["default"]


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """An empty database with the tables of the site."""
    from django.apps import apps
    from django.contrib.contenttypes.models import ContentType

    ContentType.objects.clear_cache()  # it remembers rows of the database before
    before = connections.settings["default"]
    name = request.getfixturevalue("engine") if "engine" in request.fixturenames else "sqlite"
    if name == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        url = server.create_database()
        database, _, host = url.removeprefix("postgresql+psycopg://postgres@/").partition("?host=")
        options = {"ENGINE": "django.db.backends.postgresql", "NAME": database, "HOST": host, "USER": "postgres"}
    else:
        options = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "site.sqlite3")}
    use_database(options)
    with connections["default"].schema_editor() as editor:
        for model in apps.get_models():
            if not model._meta.proxy:
                editor.create_model(model)
    yield
    connections.close_all()
    use_database(before)


@pytest.fixture
def privacy(database: None) -> Any:
    """A Privacy over the models of the site, which requests have too."""
    from tests.integrations.django.alarm_site.models import MODELS
    from tests.integrations.django.alarm_site.privacy import start, use

    started = start(MODELS)
    use(started)
    return started
