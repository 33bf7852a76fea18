"""The parts of a Markdown file that the site and the tests look at: code blocks, links, headings."""

import dataclasses
import re
import urllib.parse

FENCE = re.compile(r"^( *)(`{3,}|~{3,})(.*)$")
HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
# [text](target) and [text](<target> "title"); text may hold brackets in pairs, and code.
LINK = re.compile(r"\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(\s*<?([^\s()<>]*(?:\([^\s()]*\))?[^\s()<>]*)>?(?:\s+\"[^\"]*\")?\s*\)")
EXPLICIT_ANCHOR = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"|^\(([\w-]+)\)=$")
SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:")


@dataclasses.dataclass(frozen=True)
class Block:
    """A fenced block: the number of its first line, the words behind the fence, its lines."""

    line: int
    words: tuple
    lines: tuple


@dataclasses.dataclass(frozen=True)
class Link:
    """A link in a line of text (counted from 1): from column `start` to `end` stands the target."""

    line: int
    start: int
    end: int
    target: str

    @property
    def is_external(self):
        return SCHEME.match(self.target) is not None

    @property
    def path(self):
        return urllib.parse.unquote(self.target.partition("#")[0])

    @property
    def anchor(self):
        return urllib.parse.unquote(self.target.partition("#")[2])


def split(text):
    """The lines of the text that are not in fenced blocks, as (number, line), and the blocks."""
    prose, blocks = [], []
    fence, opened, lines = None, None, []
    for number, line in enumerate(text.splitlines(), 1):
        match = FENCE.match(line)
        if fence is None and match:
            fence, opened, lines = match, number, []
        elif fence is None:
            prose.append((number, line))
        elif match and match[2].startswith(fence[2]) and not match[3].strip():
            blocks.append(Block(opened + 1, tuple(fence[3].split()), tuple(lines)))
            fence = None
        else:
            indent = len(fence[1])
            lines.append(line[indent:] if line[:indent].isspace() else line)
    if fence is not None:
        raise ValueError(f"the block that begins in line {opened} does not end")
    return prose, blocks


def blocks(text):
    return split(text)[1]


def links(text):
    """The links of the text, without those in code. One whose text goes over two lines is found in the second."""
    found = []
    prose = split(text)[0]
    for (number, line), (before, previous) in zip(prose, [(0, ""), *prose]):
        carried = ""
        if number == before + 1 and previous.rfind("[") > previous.rfind("]"):
            carried = previous[previous.rfind("[") :] + " "
        whole = re.sub(r"`[^`]*`", lambda code: "x" * len(code[0]), carried + line)
        for match in LINK.finditer(whole):
            start, end = (position - len(carried) for position in match.span(1))
            if start >= 0:
                found.append(Link(number, start, end, line[start:end]))
    return found


def slug(heading):
    """The anchor that code hosts and MyST give a heading."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("*", "")
    return re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")


def anchors(text):
    """Every anchor that can be linked to."""
    found = set()
    for _, line in split(text)[0]:
        heading = HEADING.match(line)
        if heading:
            name = slug(heading[2])
            numbered, count = name, 0
            while numbered in found:
                count += 1
                numbered = f"{name}-{count}"
            found.add(numbered)
        for match in EXPLICIT_ANCHOR.finditer(line):
            found.add(match[1] or match[2])
    return found
