"""Links from pages to files of the tree that are no pages lead to pages with the files' text.

A code host shows them itself. Here a link to a file becomes one with the scheme `tree:` before Markdown is parsed, and
at last one to a page below tree/ that is made of the file. A link to a folder leads to its README.md where that is a
page, else to a list of its files.
"""

import html
import pathlib
import posixpath
import subprocess

from docutils import nodes
from sphinx.environment.collectors import EnvironmentCollector

import markdown

SCHEME = "tree:"
FOLDER = "tree"
LEXERS = {".hpp": "cpp", ".cpp": "cpp", ".inc": "cpp", ".in": "cpp", ".c": "c", ".S": "gas", ".py": "python",
          ".json": "json", ".sh": "bash", ".txt": "none"}  # fmt: skip


class TreeFiles(EnvironmentCollector):
    """The files that each page links to."""

    def clear_doc(self, app, env, docname):
        links_of(env).pop(docname, None)

    def merge_other(self, app, env, docnames, other):
        links_of(env).update({name: links for name, links in links_of(other).items() if name in docnames})

    def process_doc(self, app, doctree):
        targets = {node["refuri"][len(SCHEME) :] for node in tree_references(doctree)}
        links_of(app.env)[app.env.docname] = targets


def links_of(env):
    if not hasattr(env, "tree_links"):
        env.tree_links = {}
    return env.tree_links


def tree_references(doctree):
    return [node for node in doctree.findall(nodes.reference) if node.get("refuri", "").startswith(SCHEME)]


def rewrite_links(app, docname, source):
    """Before a page is parsed: gives links to files that are no pages the scheme of the tree."""
    lines = source[0].splitlines()
    folder = posixpath.dirname(docname)
    for link in reversed(markdown.links(source[0])):
        if link.is_external or not link.path:
            continue
        path = posixpath.normpath(posixpath.join(folder, link.path))
        file = pathlib.Path(app.srcdir) / path
        if path.startswith("..") or not file.exists() or path.removesuffix(".md") in app.env.found_docs:
            continue
        if f"{path}/README" in app.env.found_docs:
            target = posixpath.join(link.path, "README.md")
        else:
            target = SCHEME + path
        line = lines[link.line - 1]
        lines[link.line - 1] = line[: link.start] + target + line[link.end :]
    source[0] = "\n".join(lines) + "\n"


def resolve_links(app, doctree, docname):
    """Once pages have addresses: links of the tree's scheme lead to the pages of files."""
    for node in tree_references(doctree):
        if app.builder.format == "html":
            path = node["refuri"][len(SCHEME) :]
            node["refuri"] = app.builder.get_relative_uri(docname, f"{FOLDER}/{path}")


def tracked_files(root):
    """What git knows; everything where the tree is no checkout."""
    listed = subprocess.run(["git", "-c", f"safe.directory={root}", "-C", str(root), "ls-files"], capture_output=True,
                            text=True, check=False)  # fmt: skip
    if listed.returncode == 0:
        return listed.stdout.splitlines()
    files = (file.relative_to(root) for file in root.rglob("*") if file.is_file())
    return [file.as_posix() for file in files if not file.parts[0].startswith(("build", "."))]


def list_folder(builder, path, files):
    lines = [
        f'<li><a href="{html.escape(builder.get_relative_uri(f"{FOLDER}/{path}", f"{FOLDER}/{file}"))}">'
        f"<code>{html.escape(file.removeprefix(path + '/'))}</code></a></li>"
        for file in files
    ]
    return "<ul>\n" + "\n".join(lines) + "\n</ul>"


def show_file(builder, file):
    text = file.read_text()
    first = text.partition("\n")[0]
    lexer = LEXERS.get(file.suffix, "none")
    if first.startswith("#!"):
        lexer = "python" if "python" in first else "bash"
    if file.name == "CMakeLists.txt" or file.suffix == ".cmake":
        lexer = "cmake"
    return builder.highlighter.highlight_block(text, lexer, linenos=False)


def make_pages(app):
    """A page for each file that is linked to, and for those in folders that are."""
    root = pathlib.Path(app.srcdir)
    tracked = tracked_files(root)
    wanted = set().union(*links_of(app.env).values())
    folders = {path: [file for file in tracked if file.startswith(path + "/")] for path in wanted if (root / path).is_dir()}
    for path, files in sorted(folders.items()):
        yield f"{FOLDER}/{path}", page(path, list_folder(app.builder, path, files)), "page.html"
    for path in sorted((wanted - folders.keys()).union(*folders.values())):
        yield f"{FOLDER}/{path}", page(path, show_file(app.builder, root / path)), "page.html"


def page(path, body):
    return {"title": html.escape(path), "body": f"<h1><code>{html.escape(path)}</code></h1>\n{body}"}


def write_entrance(app, exception):
    """The site's first page, from which a browser goes on to the root document."""
    if exception is None and app.builder.name == "html":
        target = app.builder.get_target_uri(app.config.root_doc)
        (pathlib.Path(app.outdir) / "index.html").write_text(
            f'<!doctype html><meta charset="utf-8"><title>{html.escape(app.config.html_title)}</title>'
            f'<meta http-equiv="refresh" content="0; url={target}"><a href="{target}">Documentation</a>\n')  # fmt: skip


def setup(app):
    app.add_env_collector(TreeFiles)
    app.connect("source-read", rewrite_links)
    app.connect("doctree-resolved", resolve_links)
    app.connect("html-collect-pages", make_pages)
    app.connect("build-finished", write_entrance)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
