"""Runs the commands that pages of the documentation show, and compares what they print with what the page says.

    run_pages.py --build FOLDER [--write] PAGE...

A block of the language `console` is a session: lines after "$ " are commands ("> " continues one), the others are what
they print, errors included. All sessions of a page run in one shell, in a folder in which the tree's files and
build/release are found. "console gpu" is only for machines with a GPU, "console no-gpu" for those without. A block with
`file=NAME` behind its language is a file there from then on.

In what a page says, "..." stands for anything, on a line of its own for any lines. Figures that differ from machine to
machine and from compiler to compiler are not compared: see FIGURES. --write puts what was printed into the page.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

TREE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TREE / "docs" / "site"))

import markdown  # noqa: E402

FIGURES = [
    (r'("(?:instructions|elapsed_seconds|ips|state_hash)": )[^,\n]+', r"\1#"),
    (r"^(instructions|time|speed) {2,}.*$", r"\1 #"),
    (r"^(device +cpu).*$", r"\1 #"),
    (r"^(lanes +\d+), \d+ at a time$", r"\1"),
    (r" at pc 0x[0-9a-f]+ \([^)]*\)", " at pc #"),
    (r"^(armillion: timeout .*) after \d+ instructions$", r"\1"),
]
END = "-- end of a command --"
LONGEST_SECONDS = 120


class Session:
    """The commands of a block, each with the text that the page says it prints."""

    def __init__(self, block):
        self.block = block
        self.commands, self.expected = [], []
        for line in block.lines:
            if line.startswith("$ "):
                self.commands.append(line[2:])
                self.expected.append("")
            elif line.startswith("> ") and self.commands and not self.expected[-1]:
                self.commands[-1] += "\n" + line[2:]
            elif self.commands:
                self.expected[-1] += line + "\n"
            else:
                raise ValueError(f"the block at line {block.line} begins without a command")


def matches(expected, printed):
    """Whether a command printed what the page says."""
    for pattern, replacement in FIGURES:
        expected = re.sub(pattern, replacement, expected, flags=re.MULTILINE)
        printed = re.sub(pattern, replacement, printed, flags=re.MULTILINE)
    pattern = re.escape(expected).replace(re.escape("...\n"), "\0").replace(re.escape("..."), ".*")
    pattern = re.sub("^\0", "(?:.*\n)*?", pattern, flags=re.MULTILINE).replace("\0", ".*\n")
    return re.fullmatch(pattern, printed) is not None


def is_wanted(block, has_gpu):
    return block.words[:1] == ("console",) and (
        len(block.words) == 1 or (block.words[1] == "gpu") == has_gpu
    )


def file_name(block):
    return next((word.removeprefix("file=") for word in block.words if word.startswith("file=")), None)


def make_script(blocks, sessions):
    script = []
    for block in blocks:
        if name := file_name(block):
            script += [f"mkdir -p $(dirname {name})", f"cat > {name} <<'END-OF-FILE'", *block.lines, "END-OF-FILE"]
        for session in sessions:
            if session.block is block:
                for command in session.commands:
                    script += [command, f"status=$?; echo '{END}'; (exit $status)"]  # for the next one's $?
    return "\n".join(script) + "\n"


def run(script, build):
    """What each command of the script prints."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "PATH": f"{build / 'bin'}:{os.environ['PATH']}"}
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        for entry in TREE.iterdir():
            if not entry.name.startswith((".", "build")):
                (work / entry.name).symlink_to(entry)
        (work / "build").mkdir()
        (work / "build" / "release").symlink_to(build)
        completed = subprocess.run(["bash", "-c", script], cwd=work, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LONGEST_SECONDS,
                                   text=True, check=False)  # fmt: skip
    return completed.stdout.split(END + "\n")


def write_page(page, text, results):
    """Puts what commands printed into their blocks."""
    lines = text.splitlines()
    for session, printed in reversed(results):
        new = []
        for command, output in zip(session.commands, printed):
            new += ["$ " + command.replace("\n", "\n> "), *output.splitlines()]
        start = session.block.line - 1
        lines[start : start + len(session.block.lines)] = new
    page.write_text("\n".join(lines) + "\n")


def check_page(page, build, has_gpu, write):
    """Returns how many commands of the page there are, and how many do not print what it says."""
    text = page.read_text()
    blocks = markdown.blocks(text)
    sessions = [Session(block) for block in blocks if is_wanted(block, has_gpu)]
    printed = run(make_script(blocks, sessions), build)
    count = sum(len(session.commands) for session in sessions)
    if len(printed) != count + 1:
        print(f"{page}: the shell ended early; the last command printed\n{printed[-1]}")
        return count, 1
    wrong, outputs, results = 0, iter(printed), []
    for session in sessions:
        mine = [next(outputs) for _ in session.commands]
        different = [i for i, output in enumerate(mine) if not matches(session.expected[i], output)]
        for i in different:
            print(f"{page}:{session.block.line}: $ {session.commands[i]}\n-- the page says:\n{session.expected[i]}"
                  f"-- it printed:\n{mine[i]}--")  # fmt: skip
        wrong += len(different)
        if different:
            results.append((session, mine))
    if write:
        write_page(page, text, results)
    return count, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, required=True, help="folder of a build")
    parser.add_argument("--write", action="store_true", help="put what commands print into the pages")
    parser.add_argument("pages", type=pathlib.Path, nargs="+")
    options = parser.parse_args()
    build = options.build.resolve()

    info = subprocess.run([build / "bin" / "armillion", "info"], capture_output=True, text=True, check=True).stdout
    has_gpu = re.search(r"^gpu +none", info, re.MULTILINE) is None
    all_wrong = 0
    for page in options.pages:
        count, wrong = check_page(page, build, has_gpu, options.write)
        print(f"{page}: {count} commands, {wrong} print something else")
        all_wrong += wrong if count > 0 else 1
    return 1 if all_wrong else 0


if __name__ == "__main__":
    sys.exit(main())
