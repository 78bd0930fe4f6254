"""Monitoring: what the alarms register. It knows installations and places on their panels, and no customer's name."""

from alarm_company.monitoring._follow_up import FollowUp
from alarm_company.monitoring._models import Activation, ArmingEvent, Base, VerificationImage
from alarm_company.monitoring._service import MODELS, build, fill

PLANNED: list[type] = [FollowUp]
"""Declared, and not in the service that runs."""

__all__ = [
    "MODELS",
    "PLANNED",
    "Activation",
    "ArmingEvent",
    "Base",
    "FollowUp",
    "VerificationImage",
    "build",
    "fill",
]
