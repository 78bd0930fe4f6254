"""Analytics: how the services are used, by pseudonyms in columnar files that are only added to. Not running yet."""

from alarm_company.analytics._rows import UsageRow

MODELS: list[type] = [UsageRow]

__all__ = ["MODELS", "UsageRow"]
