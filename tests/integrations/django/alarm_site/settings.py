"""Settings for a site with the admin; they take effect also where other tests set up Django before."""

from __future__ import annotations

import django
from django.apps import apps
from django.conf import settings

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "tests.integrations.django.alarm_site.apps.AlarmSite",
]

OPTIONS = {
    "ALLOWED_HOSTS": ["testserver"],
    "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
    "INSTALLED_APPS": INSTALLED_APPS,
    "MIDDLEWARE": [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "sectorprivacy.integrations.django.PrivacyMiddleware",
    ],
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    "ROOT_URLCONF": "tests.integrations.django.alarm_site.urls",
    "SECRET_KEY": "only for tests",
    "SECTORPRIVACY": "tests.integrations.django.alarm_site.privacy.current",
    "TEMPLATES": [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    "TIME_ZONE": "UTC",
    "USE_TZ": True,
}


def set_up() -> None:
    """Make the site ready."""
    if settings.configured:
        for name, value in OPTIONS.items():
            if name != "DATABASES":
                setattr(settings, name, value)
        apps.set_installed_apps(INSTALLED_APPS)
    else:
        settings.configure(**OPTIONS)
        django.setup()


set_up()
