"""Installations: what is mounted where, who visited, and whose user names and codes are whose. Not running yet."""

from alarm_company.installations._models import Base, Component, Installation, UserCode, Visit

MODELS: list[type] = [Installation, Component, Visit, UserCode]

__all__ = ["MODELS", "Base", "Component", "Installation", "UserCode", "Visit"]
