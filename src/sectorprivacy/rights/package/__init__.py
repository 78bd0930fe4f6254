"""What the person receives: a signed zip with pages to read, data to take along, and a manifest of every byte.

Specification: docs/spec/package.md.
"""

from sectorprivacy.rights.package._contents import (
    AttachmentFile,
    DataSetPart,
    ExportOutcome,
    PackageContents,
    ServicePart,
)
from sectorprivacy.rights.package._holdings import holdings_of
from sectorprivacy.rights.package._manifest import (
    PACKAGE_TYPE,
    DataSetAccount,
    Member,
    PackageManifest,
    ServiceAccount,
    Statement,
)
from sectorprivacy.rights.package._overview import (
    Cell,
    DataSetView,
    MediaFile,
    Overview,
    ServiceView,
    WithheldItem,
)
from sectorprivacy.rights.package._render import PlainRenderer, Renderer
from sectorprivacy.rights.package._verify import VerifiedPackage, verify_package
from sectorprivacy.rights.package._write import write_package

__all__ = [
    "PACKAGE_TYPE",
    "AttachmentFile",
    "Cell",
    "DataSetAccount",
    "DataSetPart",
    "DataSetView",
    "ExportOutcome",
    "MediaFile",
    "Member",
    "Overview",
    "PackageContents",
    "PackageManifest",
    "PlainRenderer",
    "Renderer",
    "ServiceAccount",
    "ServicePart",
    "ServiceView",
    "Statement",
    "VerifiedPackage",
    "WithheldItem",
    "holdings_of",
    "verify_package",
    "write_package",
]
