"""Checks that every relative link in the Markdown files of a tree leads to a file, and its #anchor to a heading.

    check_links.py [FOLDER]
"""

import pathlib
import sys

TREE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TREE / "docs" / "site"))

import markdown  # noqa: E402


def markdown_files(tree):
    """Those of the tree, without what is built and hidden."""
    files = sorted(tree.rglob("*.md"))
    return [file for file in files if not file.relative_to(tree).parts[0].startswith((".", "build"))]


def dead_links(tree):
    """What is wrong, a line for each link, and how many relative links there are."""
    problems, count = [], 0
    anchors = {}
    for file in markdown_files(tree):
        for link in markdown.links(file.read_text()):
            if link.is_external:
                continue
            count += 1
            where = f"{file.relative_to(tree)}:{link.line}"
            target = (file.parent / link.path).resolve() if link.path else file
            if not target.is_relative_to(tree):
                problems.append(f"{where}: {link.target} is outside of the tree")
            elif not target.exists():
                problems.append(f"{where}: there is no {link.path}")
            elif link.anchor:
                if target not in anchors:
                    anchors[target] = markdown.anchors(target.read_text()) if target.suffix == ".md" else set()
                if link.anchor not in anchors[target]:
                    problems.append(f"{where}: {target.relative_to(tree)} has no heading #{link.anchor}")
    return problems, count


def main():
    tree = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else TREE).resolve()
    problems, count = dead_links(tree)
    for problem in problems:
        print(problem)
    print(f"{count} relative links, {len(problems)} dead")
    return 1 if problems or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
