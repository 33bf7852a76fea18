"""The sessions in docs/python.md print what stands there, and the examples run."""

from __future__ import annotations

import doctest
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "python.md"
EXAMPLES = sorted((ROOT / "examples" / "python").glob("*.py"))


def blocks(text: str) -> list[tuple[int, str]]:
    """The line and the text of each block of Python."""
    return [(text[: m.start()].count("\n") + 1, m[1]) for m in re.finditer(r"```python\n(.*?)```", text, re.DOTALL)]


def test_every_session_of_the_guide_is_true(
    programs: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "build" / "release").mkdir(parents=True)
    (tmp_path / "build" / "release" / "programs").symlink_to(programs.resolve())
    monkeypatch.chdir(tmp_path)
    found = blocks(GUIDE.read_text())
    assert len(found) > 10
    names: dict[str, object] = {}
    report: list[str] = []
    runner = doctest.DocTestRunner(verbose=False)
    for line, text in found:
        assert text.startswith(">>> "), f"the block at line {line} is no session"
        test = doctest.DocTestParser().get_doctest(text, names, f"line {line}", str(GUIDE), line)
        runner.run(test, out=report.append, clear_globs=False)
        names.update(test.globs)
    assert runner.summarize(verbose=False).failed == 0, "".join(report)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_examples_run(example: pathlib.Path, programs: pathlib.Path, tmp_path: pathlib.Path) -> None:
    arguments = [str(tmp_path / "plot.png")] if example.stem.startswith("plot") else [str(programs)]
    completed = subprocess.run(
        [sys.executable, str(example), *arguments],
        env={**os.environ, "MPLBACKEND": "Agg", "MPLCONFIGDIR": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr
    expected = example.with_suffix(".expected")
    if expected.exists():
        assert completed.stdout == expected.read_text()
    for argument in arguments:
        assert pathlib.Path(argument).exists()


def test_there_are_examples() -> None:
    assert {"tutorial", "plot_fleet"} <= {path.stem for path in EXAMPLES}
