"""WHAT PEOPLE READ: documents as trees of content, and the texts the register writes itself.

A `Document` holds words and structure only; Markdown and JSON come from here, HTML from an integration.
"""

from sectorprivacy.documents._access import Holding, access_information
from sectorprivacy.documents._catalogue import Catalogue, catalogue, languages
from sectorprivacy.documents._changes import policy_changes
from sectorprivacy.documents._csv import csv_line, to_csv
from sectorprivacy.documents._data_map import (
    DataMap,
    DataSetEntry,
    FieldEntry,
    IndexEntry,
    activities_that_use,
    data_map,
)
from sectorprivacy.documents._duties import Duty, duties_to_inform
from sectorprivacy.documents._json_ld import to_json_ld
from sectorprivacy.documents._markdown import to_markdown
from sectorprivacy.documents._notice import privacy_notice
from sectorprivacy.documents._picture import to_svg
from sectorprivacy.documents._published import MemoryNotices, NoticeFolder, NoticeStore, PublishedNotice, publish
from sectorprivacy.documents._record import processing_record, processing_table
from sectorprivacy.documents._tree import Block, Bullets, Document, Facts, Heading, Link, Links, Paragraph, Table
from sectorprivacy.documents._words import (
    article_in_words,
    basis_in_words,
    basis_name,
    capacity_in_words,
    category_in_words,
    channel_in_words,
    country_in_words,
    ground_in_words,
    keep_in_words,
    measure_in_words,
    protection_in_words,
    purpose_in_words,
    recipient_in_words,
    right_in_words,
    role_in_words,
    safeguard_in_words,
    source_in_words,
    special_ground_in_words,
    where_in_words,
)
from sectorprivacy.documents._writing import write_whole

__all__ = [
    "Block",
    "Bullets",
    "Catalogue",
    "DataMap",
    "DataSetEntry",
    "Document",
    "Duty",
    "Facts",
    "FieldEntry",
    "Heading",
    "Holding",
    "IndexEntry",
    "Link",
    "Links",
    "MemoryNotices",
    "NoticeFolder",
    "NoticeStore",
    "Paragraph",
    "PublishedNotice",
    "Table",
    "access_information",
    "activities_that_use",
    "article_in_words",
    "basis_in_words",
    "basis_name",
    "capacity_in_words",
    "catalogue",
    "category_in_words",
    "channel_in_words",
    "country_in_words",
    "csv_line",
    "data_map",
    "duties_to_inform",
    "ground_in_words",
    "keep_in_words",
    "languages",
    "measure_in_words",
    "policy_changes",
    "privacy_notice",
    "processing_record",
    "processing_table",
    "protection_in_words",
    "publish",
    "purpose_in_words",
    "recipient_in_words",
    "right_in_words",
    "role_in_words",
    "safeguard_in_words",
    "source_in_words",
    "special_ground_in_words",
    "to_csv",
    "to_json_ld",
    "to_markdown",
    "to_svg",
    "where_in_words",
    "write_whole",
]
