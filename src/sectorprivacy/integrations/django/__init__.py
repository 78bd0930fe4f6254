"""Django 5.2: sealed fields in models, migrations, forms and the admin, search by token, cells for rotations."""

from importlib.util import find_spec

from sectorprivacy.errors import MissingExtra

if find_spec("django") is None:
    raise MissingExtra(feature="sectorprivacy.integrations.django", extra="django")

from sectorprivacy.integrations.django._admin import SealedAdmin
from sectorprivacy.integrations.django._cells import DjangoCells
from sectorprivacy.integrations.django._field import SealedField, TokenField
from sectorprivacy.integrations.django._forms import SealedFormField, SealedInput
from sectorprivacy.integrations.django._middleware import PrivacyMiddleware
from sectorprivacy.integrations.django._queryset import SealedManager, SealedQuerySet

__all__ = [
    "DjangoCells",
    "PrivacyMiddleware",
    "SealedAdmin",
    "SealedField",
    "SealedFormField",
    "SealedInput",
    "SealedManager",
    "SealedQuerySet",
    "TokenField",
]
