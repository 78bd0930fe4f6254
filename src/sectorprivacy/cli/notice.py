"""`sectorprivacy notice`: the privacy notice, written from register and marks."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from cyclopts import Parameter, validators

from sectorprivacy.cli._declared import read_declared
from sectorprivacy.cli._output import Output, put
from sectorprivacy.cli._pages import PageFormat, page
from sectorprivacy.documents import NoticeFolder, privacy_notice
from sectorprivacy.documents import publish as keep_published
from sectorprivacy.errors import OutputNotWritten


def notice(
    *,
    language: str = "en",
    format: PageFormat = PageFormat.HTML,  # noqa: A002  # the option is called --format
    article: Literal[13, 14] = 13,
    publish: Annotated[Path | None, Parameter(validator=validators.Path(file_okay=False))] = None,
    output: Output = None,
) -> None:
    """Write the privacy notice.

    Args:
        language: Language of the notice: en, nb or sv.
        format: html, markdown or json.
        article: 13 for people who gave us their data, 14 for those whose data came from elsewhere.
        publish: Folder of published notices, made if it is not there. The notices of this register are kept in it, in
            every language and for both articles, and their digests are told; one that is there is never replaced.
        output: File to write; by default it goes to standard output.
    """
    declared = read_declared()
    found = declared.data_map()
    if publish is not None:
        _make(publish)
        today = datetime.now(ZoneInfo(declared.policy.controller.time_zone)).date()
        kept = keep_published(NoticeFolder(publish), declared.policy, found, day=today)
        put("".join(f"{each.digest}  {each.version} {each.language} Art. {each.article}\n" for each in kept), output)
        return
    put(page(privacy_notice(declared.policy, found, language=language, article=article), format), output)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as failed:
        raise OutputNotWritten(file=folder.name, reason=os.strerror(failed.errno or 0)) from None
