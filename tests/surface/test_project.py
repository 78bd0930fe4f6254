"""What the project says about itself is so: the README's commands, the documentation, the build server's run."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path


def bash_blocks(text: str) -> list[str]:
    return re.findall(r"^```bash\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def test_readme_starts_with_two_commands(root: Path) -> None:
    """A stranger needs two commands: one shows the library, one runs the tests; each is one line to copy."""
    demo, tests = bash_blocks((root / "README.md").read_text())
    assert demo.rstrip().endswith("sectorprivacy demo")
    assert tests.rstrip().endswith("pytest")
    assert [block.count("\n") for block in (demo, tests)] == [1, 1]


def test_build_server_runs_what_the_readme_says(root: Path, tmp_path: Path) -> None:
    """`.ci/run` takes the commands from the README: they are tried as they are written."""
    script = (root / ".ci/run").read_text()
    function = script[script.index("readme_command() {") : script.index("install_missing_programs() {")]
    (tmp_path / "README.md").write_text("# x\n```python\nno\n```\n```bash\nfirst\n```\ntext\n```bash\nsecond\n```\n")

    def block(number: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f"{function}\nreadme_command {number}"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    assert [block(1).stdout, block(2).stdout] == ["first\n", "second\n"]
    assert block(3).returncode != 0


def test_every_page_is_in_the_navigation(root: Path) -> None:
    """A page of the documentation that nobody can reach is lost; one that is named and missing breaks the build."""
    pages = {
        page.relative_to(root / "docs").as_posix()
        for page in (root / "docs").rglob("*.md")
        if "examples" not in page.relative_to(root / "docs").parts
    }
    navigation = (root / "mkdocs.yml").read_text().partition("\nnav:\n")[2]
    assert set(re.findall(r"[\w/.-]+\.md", navigation)) == pages


def test_decisions_are_numbered(root: Path) -> None:
    """Decisions follow one another without gaps, and the number in the title is that of the file."""
    decisions = sorted((root / "docs/decisions").glob("*.md"))
    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    assert all(path.read_text().startswith(f"# {number}. ") for number, path in enumerate(decisions, 1))
