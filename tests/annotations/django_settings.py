"""Settings of Django for the tests of its models: a database in memory, and the applications that come with it."""

from __future__ import annotations

import django
from django.apps import apps
from django.conf import settings

if not settings.configured:
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
    )
if not apps.ready:
    django.setup()

# Django's models can be imported only now.
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType

__all__ = ["ContentType", "Group", "Permission", "User"]
