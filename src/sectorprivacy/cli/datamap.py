"""`sectorprivacy datamap`: what is held where, for which activity, and who receives it."""

from __future__ import annotations

from enum import StrEnum

from sectorprivacy.cli._declared import read_declared
from sectorprivacy.cli._output import Output, file_form, put
from sectorprivacy.documents import to_json_ld, to_svg


class MapFormat(StrEnum):
    """Forms of the data map."""

    JSON = "json"
    JSONLD = "jsonld"
    SVG = "svg"


def datamap(
    *,
    language: str = "en",
    format: MapFormat = MapFormat.JSON,  # noqa: A002  # the option is called --format
    output: Output = None,
) -> None:
    """Write the data map.

    Args:
        language: Language of the picture: en, nb or sv. JSON and JSON-LD hold every language.
        format: json, jsonld (Data Privacy Vocabulary) or svg.
        output: File to write; by default it goes to standard output.
    """
    found = read_declared().data_map()
    match format:
        case MapFormat.JSON:
            put(file_form(found), output)
        case MapFormat.JSONLD:
            put(to_json_ld(found), output)
        case MapFormat.SVG:
            put(to_svg(found, language=language), output)
