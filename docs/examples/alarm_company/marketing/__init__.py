"""Marketing: what was sent to whom, and who wants none of it. Not running yet."""

from alarm_company.marketing._models import OptOut, Prospect, Sent

MODELS: list[type] = [Sent, Prospect, OptOut]

__all__ = ["MODELS", "OptOut", "Prospect", "Sent"]
