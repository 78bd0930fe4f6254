"""Monitoring: what the alarms register. It knows installations and places on their panels, and nobody's name."""

from alarm_company.monitoring._models import Activation, ArmingEvent, Base, VerificationImage
from alarm_company.monitoring._service import MODELS, build, fill

__all__ = ["MODELS", "Activation", "ArmingEvent", "Base", "VerificationImage", "build", "fill"]
