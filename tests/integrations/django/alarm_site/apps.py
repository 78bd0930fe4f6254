"""The application of the tests: an alarm company's customers in Django."""

from pathlib import Path

from django.apps import AppConfig


class AlarmSite(AppConfig):
    """Its folder is named, since the folders of tests are no packages."""

    name = "tests.integrations.django.alarm_site"
    label = "alarm_site"
    path = str(Path(__file__).parent)
