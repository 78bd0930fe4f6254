"""The contact centre: what people wrote, and recorded calls; attrs classes, hooks by hand, sealed recordings."""

from alarm_company.contact_centre._records import Message, Recording
from alarm_company.contact_centre._service import MODELS, build, fill

__all__ = ["MODELS", "Message", "Recording", "build", "fill"]
