"""The checks of the documents find what they are for."""

import pathlib
import tempfile
import unittest

import check_links
import run_pages
from check_links import markdown


class Markdown(unittest.TestCase):
    def test_blocks_are_found_with_their_words(self):
        found = markdown.blocks("a\n\n```c file=a.c\nint x;\n```\n- item\n  ```sh\n  ls\n  ```\n")
        self.assertEqual([(block.line, block.words, block.lines) for block in found],
                         [(4, ("c", "file=a.c"), ("int x;",)), (8, ("sh",), ("ls",))])

    def test_a_block_that_does_not_end_is_an_error(self):
        with self.assertRaises(ValueError):
            markdown.blocks("```c\nint x;\n")

    def test_links_are_found_but_not_in_code(self):
        text = "[a](b.md) and [`c`](d.md#e), `[no](link)`\n```\n[no](either)\n```\n[x](https://example.org)\n"
        self.assertEqual([(link.line, link.target, link.is_external) for link in markdown.links(text)],
                         [(1, "b.md", False), (1, "d.md#e", False), (5, "https://example.org", True)])

    def test_a_link_whose_text_goes_over_two_lines_is_found(self):
        (link,) = markdown.links("see [a long\ntext](b.md) there\n")
        self.assertEqual((link.line, link.target), (2, "b.md"))
        self.assertEqual("text](b.md) there"[link.start : link.end], "b.md")

    def test_anchors_are_those_of_code_hosts(self):
        text = "# One `Two`, three!\n## Same\n## Same\n<a id=\"four\"></a>\n```\n# no heading\n```\n"
        self.assertEqual(markdown.anchors(text), {"one-two-three", "same", "same-1", "four"})


class Links(unittest.TestCase):
    def dead(self, **files):
        with tempfile.TemporaryDirectory() as folder:
            tree = pathlib.Path(folder).resolve()
            for name, text in files.items():
                (tree / f"{name}.md").write_text(text)
            return check_links.dead_links(tree)

    def test_that_lead_somewhere_are_alive(self):
        self.assertEqual(self.dead(a="# Top\n[b](b.md#two-words) [here](#top)", b="## Two words\n"), ([], 2))

    def test_to_files_and_headings_that_are_not_there_are_dead(self):
        problems, count = self.dead(a="[b](c.md)\n[b](b.md#three) [here](#top)", b="## Two\n[out](../x)\n")
        self.assertEqual(count, 4)
        self.assertEqual(problems, ["a.md:1: there is no c.md", "a.md:2: b.md has no heading #three",
                                    "a.md:2: a.md has no heading #top", "b.md:2: ../x is outside of the tree"])


class Sessions(unittest.TestCase):
    def test_commands_and_what_they_print_are_told_apart(self):
        (block,) = markdown.blocks("```console\n$ a\n1\n2\n$ b \\\n> c\n```\n")
        session = run_pages.Session(block)
        self.assertEqual((session.commands, session.expected), (["a", "b \\\nc"], ["1\n2\n", ""]))

    def test_what_is_printed_is_compared(self):
        self.assertTrue(run_pages.matches("3 primes\n", "3 primes\n"))
        self.assertFalse(run_pages.matches("3 primes\n", "4 primes\n"))
        self.assertFalse(run_pages.matches("3 primes\n", "3 primes\nmore\n"))
        self.assertFalse(run_pages.matches("", "an error\n"))

    def test_dots_stand_for_anything(self):
        self.assertTrue(run_pages.matches("a\n...\nd\n", "a\nb\nc\nd\n"))
        self.assertTrue(run_pages.matches("a\n...\nd\n", "a\nd\n"))
        self.assertTrue(run_pages.matches("a (...)\nb\n", "a (x y)\nb\n"))
        self.assertFalse(run_pages.matches("a\n...\nd\n", "a\nb\nc\n"))
        self.assertFalse(run_pages.matches("a (...)\nb\n", "a (x\ny)\nb\n"))

    def test_figures_of_a_machine_are_not_compared(self):
        self.assertTrue(run_pages.matches('  "ips": 1,\n  "exit_code": 0,\n', '  "ips": 2,\n  "exit_code": 0,\n'))
        self.assertFalse(run_pages.matches('  "ips": 1,\n  "exit_code": 0,\n', '  "ips": 1,\n  "exit_code": 1,\n'))
        self.assertTrue(run_pages.matches("time          1.2 s, x\n", "time          3.4 s, y\n"))
        self.assertTrue(run_pages.matches("instructions  12\n", "instructions  3456\n"))
        self.assertFalse(run_pages.matches("differences   1\n", "differences   2\n"))

    def test_a_page_that_says_something_else_fails_and_can_be_rewritten(self):
        with tempfile.TemporaryDirectory() as folder:
            page, build = pathlib.Path(folder) / "page.md", pathlib.Path(folder)
            page.write_text("```txt file=sub/greeting\nhello\n```\n```console\n$ cat sub/greeting\nbye\n$ (exit 3)\n$ echo $?\n3\n```\n"
                            "```console gpu\n$ false\nnever run here\n```\n")
            self.assertEqual(run_pages.check_page(page, build, has_gpu=False, write=True), (3, 1))
            self.assertIn("$ cat sub/greeting\nhello\n$ (exit 3)\n", page.read_text())
            self.assertEqual(run_pages.check_page(page, build, has_gpu=False, write=False), (3, 0))


if __name__ == "__main__":
    unittest.main()
