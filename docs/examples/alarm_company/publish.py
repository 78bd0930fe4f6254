"""What the reference company publishes, written from its declaration: `python -m alarm_company.publish FOLDER`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from alarm_company.policy import models, policy, titles
from sectorprivacy.annotations import read_models
from sectorprivacy.documents import data_map, privacy_notice, processing_record, to_markdown, to_svg


def pages() -> Mapping[str, str]:
    """File name to content, of everything under docs/reference-company that is not written by hand."""
    found = data_map(policy, read_models(models), titles=titles)
    notices = {
        f"notice-{language}.md": to_markdown(privacy_notice(policy, found, language=language))
        for language in policy.controller.languages
    }
    others = {
        f"notice-for-others-{language}.md": to_markdown(privacy_notice(policy, found, language=language, article=14))
        for language in policy.controller.languages
    }
    return (
        notices
        | others
        | {
            "record.md": to_markdown(processing_record(policy, found)),
            "data-map.svg": to_svg(found),
        }
    )


def main() -> None:
    """Write the pages into the folder that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m alarm_company.publish")
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    for name, content in pages().items():
        (folder / name).write_text(content, "utf-8")


if __name__ == "__main__":
    main()
