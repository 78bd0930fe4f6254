"""The demonstration: two cases of one person, from the first question to the scan of the raw files."""

from alarm_company.demo._run import run

__all__ = ["run"]
