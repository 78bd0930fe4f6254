"""`sectorprivacy record`: the record of processing activities (Art. 30)."""

from __future__ import annotations

import io
from enum import StrEnum

from sectorprivacy.cli._declared import read_declared
from sectorprivacy.cli._output import Output, put
from sectorprivacy.cli._pages import PageFormat, page
from sectorprivacy.documents import processing_record, processing_table, to_csv


class RecordFormat(StrEnum):
    """Forms of the record: to read, or as a table with a row for each activity."""

    HTML = "html"
    MARKDOWN = "markdown"
    CSV = "csv"
    XLSX = "xlsx"


def record(
    *,
    language: str = "en",
    format: RecordFormat = RecordFormat.HTML,  # noqa: A002  # the option is called --format
    output: Output = None,
) -> None:
    """Write the record of processing activities (Art. 30).

    Args:
        language: Language of the record: en, nb or sv.
        format: html, markdown, csv or xlsx.
        output: File to write; by default it goes to standard output.
    """
    declared = read_declared()
    found = declared.data_map()
    match format:
        case RecordFormat.HTML | RecordFormat.MARKDOWN:
            document = processing_record(declared.policy, found, language=language)
            put(page(document, PageFormat(format)), output)
        case RecordFormat.CSV:
            put(to_csv(processing_table(declared.policy, found, language=language)), output)
        case RecordFormat.XLSX:
            from sectorprivacy.integrations.openpyxl import write_xlsx  # noqa: PLC0415  # needs an extra

            workbook = io.BytesIO()
            write_xlsx(processing_table(declared.policy, found, language=language), workbook)
            put(workbook.getvalue(), output)
