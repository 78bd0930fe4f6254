"""What the demonstration prints: short, in the words of the person who watches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from sectorprivacy.rights.coordinator import Progress as Step
from sectorprivacy.rights.coordinator import Watcher

STAGES = {"find": "looking for the person", "export": "exporting", "plan": "planning", "apply": "erasing"}


class Screen:
    """The terminal."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=False)
        self._chapter = 0

    def chapter(self, title: str) -> None:
        """A new part of the story."""
        self._chapter += 1
        self._console.print()
        self._console.print(Text.assemble((f"{self._chapter}  ", "bold cyan"), (title, "bold")))

    def say(self, text: str, *, style: str = "") -> None:
        """One line."""
        self._console.print(Padding(Text(text, style=style), (0, 0, 0, 3)))

    def good(self, text: str) -> None:
        """Something that was checked and holds."""
        self._console.print(Padding(Text.assemble(("✓ ", "bold green"), text), (0, 0, 0, 3)))

    def bad(self, text: str) -> None:
        """Something that was checked and does not hold."""
        self._console.print(Padding(Text.assemble(("✗ ", "bold red"), text), (0, 0, 0, 3)))

    def check(self, holds: bool, text: str) -> bool:
        """A check and its outcome."""
        (self.good if holds else self.bad)(text)
        return holds

    def table(self, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
        """A small table."""
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for column in columns:
            table.add_column(column)
        for row in rows:
            table.add_row(*row)
        self._console.print(Padding(table, (0, 0, 0, 3)))

    @contextmanager
    def watch(self, services: Iterable[str]) -> Iterator[Watcher]:
        """Live progress of each service, for the steps of a case."""
        columns = (
            TextColumn("  "),
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.fields[service]:<16}"),
            BarColumn(bar_width=16),
            TextColumn("{task.description}", style="dim"),
        )
        with Progress(*columns, console=self._console) as progress:
            lines = {name: progress.add_task("waiting", service=name, total=None) for name in services}
            yield lambda step: _show(progress, lines[step.service], step)
            for line in lines.values():
                progress.update(line, total=1, completed=1)


def _show(progress: Progress, line: TaskID, step: Step) -> None:
    what = step.dataset or STAGES.get(step.stage, step.stage)
    how = {"running": f"{step.done:,}", "done": f"{step.done:,}", "failed": f"failed ({step.code})"}[step.state]
    progress.update(line, description=f"{what}  {how}" if step.done or step.state == "failed" else what)
