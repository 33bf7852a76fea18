"""The reference of a public header: a page of Markdown says where it stands, Doxygen's XML what is in it.

    ```{header} armillion/machine.hpp
    ```

becomes a heading for each class and enumeration of the header, in its order, and one for its functions and constants
where there are both, with what Breathe makes of their comments. A header that no page has is a warning.
"""

import dataclasses
import pathlib
import xml.etree.ElementTree as ElementTree

from sphinx.util import logging

import markdown

logger = logging.getLogger(__name__)

DIRECTIVE = "{header}"


@dataclasses.dataclass(frozen=True)
class Entity:
    line: int
    name: str
    directive: str


class Headers:
    """What Doxygen has found, by header."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        index = ElementTree.parse(self.folder / "index.xml")
        self.files = {}
        for compound in index.findall("compound[@kind='file']"):
            definition = self.compound(compound.get("refid"))
            self.files[definition.find("location").get("file")] = definition
        self.members = {}  # of namespaces, by header
        for compound in index.findall("compound[@kind='namespace']"):
            for member in self.compound(compound.get("refid")).iter("memberdef"):
                self.members.setdefault(member.find("location").get("file"), []).append(member)

    def compound(self, identifier):
        return ElementTree.parse(self.folder / f"{identifier}.xml").find("compounddef")

    def entities(self, header):
        """Its classes and enumerations, in order; those within classes are shown with them."""
        definition = self.files[header]
        found = []
        for inner in definition.findall("innerclass"):
            compound = self.compound(inner.get("refid"))
            if inner.get("prot") != "public" or "<" in inner.text or self.is_member(compound, definition):
                continue
            location = compound.find("location")
            if location.get("file") == header:  # not where it is only declared
                found.append(Entity(int(location.get("line")), inner.text, f"doxygen{compound.get('kind')}"))
        for member in self.members.get(header, []):
            if member.get("kind") == "enum":
                line = int(member.find("location").get("line"))
                found.append(Entity(line, member.findtext("qualifiedname"), "doxygenenum"))
        return sorted(found, key=lambda entity: entity.line)

    @staticmethod
    def is_member(compound, definition):
        name = compound.findtext("compoundname")
        outer = {inner.text for inner in definition.findall("innerclass")}
        return name.rpartition("::")[0] in outer

    def functions(self, header):
        """Breathe's directive for each function, variable and alias of a namespace; overloads by their arguments."""
        classes = {inner.text.rpartition("::")[2] for inner in self.files[header].findall("innerclass")}
        found = []
        for member in self.members.get(header, []):
            kind, name = member.get("kind"), member.findtext("qualifiedname")
            if member.findtext("name") in classes:
                continue  # it tells the compiler how to deduce a class's arguments
            if kind == "function":
                found.append(f"```{{doxygenfunction}} {name}{member.findtext('argsstring')}")
            elif kind in ("variable", "typedef"):
                found.append(f"```{{doxygen{kind}}} {name}")
        return found


def expand(headers, header):
    """The Markdown that stands for a header."""
    text = []
    for entity in headers.entities(header):
        text += [f"## {entity.name.removeprefix('armillion::')}", "", f"```{{{entity.directive}}} {entity.name}"]
        text += [":members:", ":undoc-members:"] if entity.directive != "doxygenenum" else []
        text += ["```", ""]
    functions = headers.functions(header)
    if text and functions:
        text += [f"## Functions and constants of {header.rpartition('/')[2]}", ""]
    for function in functions:
        text += [function, "```", ""]
    return text


def expand_page(app, docname, source):
    wanted = [block for block in markdown.blocks(source[0]) if block.words[:1] == (DIRECTIVE,)]
    lines = source[0].splitlines()
    for block in reversed(wanted):
        header = block.words[1]
        if header not in app.armillion_headers.files:
            logger.warning("there is no header %s", header, location=docname)
            continue
        app.env.note_dependency(str(pathlib.Path(app.srcdir) / "include" / header))
        lines[block.line - 2 : block.line + len(block.lines)] = expand(app.armillion_headers, header)
    if wanted:
        source[0] = "\n".join(lines) + "\n"


def check_headers(app, env):
    """Every public header with anything in it has its page."""
    text = "".join(pathlib.Path(env.doc2path(name)).read_text() for name in env.found_docs if "/reference/" in name)
    named = {block.words[1] for block in markdown.blocks(text) if block.words[:1] == (DIRECTIVE,)}
    headers = app.armillion_headers
    for header in sorted(headers.files.keys() - named):
        if headers.entities(header) or headers.functions(header):
            logger.warning("no page of docs/reference has the header %s", header)


def read_headers(app):
    app.armillion_headers = Headers(next(iter(app.config.breathe_projects.values())))


def setup(app):
    app.connect("builder-inited", read_headers)
    app.connect("source-read", expand_page)
    app.connect("env-check-consistency", check_headers)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
