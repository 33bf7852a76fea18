"""`armillion fleet --report`: that the page says of lanes what the rows say."""

import csv
import html.parser
import json
import os
import pathlib
import re
import tempfile
import unittest

from command import OWN_ERROR, armillion, guest


class Page(html.parser.HTMLParser):
    """The texts of a page's tables, rows of cells, and of its headings and script."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.headings, self.script = [], [], ""
        self.links = []
        self._open = []
        self.feed(text)
        assert not [tag for tag in self._open if tag not in ("meta", "html", "body")], self._open

    def handle_starttag(self, tag, attributes):
        self.links += [value for name, value in attributes if name in ("src", "href")]
        if tag == "meta":
            return
        self._open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
        elif tag in ("h1", "h2"):
            self.headings.append("")

    def handle_endtag(self, tag):
        assert self._open.pop() == tag, tag

    def handle_data(self, data):
        if "script" in self._open:
            self.script += data
        elif "td" in self._open or "th" in self._open:
            self.tables[-1][-1][-1] += data
        elif self._open and self._open[-1] in ("h1", "h2"):
            self.headings[-1] += data

    @property
    def facts(self):
        return dict(self.tables[0])

    @property
    def outcomes(self):
        return {row[0]: int(row[1].replace(",", "")) for row in self.tables[1]}

    def lanes(self, table):
        """Lane, input, outcome, place and instructions of each row but the first."""
        return [(int(row[0]), *row[1:4], int(row[4].replace(",", ""))) for row in table[1:]]

    @property
    def slowest(self):
        return self.lanes(self.tables[2])

    @property
    def odd(self):
        return self.lanes(self.tables[3]) if len(self.tables) > 3 else []

    @property
    def map(self):
        """The outcome of each cell."""
        cells = re.search(r'cells = "(\w*)"', self.script)[1]
        legend = json.loads(re.search(r"legend = (\[.*?\]),? lanesPerCell", self.script)[1])
        return [legend[int(cells[i : i + 2], 16)][0] for i in range(0, len(cells), 2)]


class FleetReport(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_fleet(self, *arguments):
        """The page, and the rows that --output writes."""
        page, rows = self.folder / "page.html", self.folder / "rows.csv"
        result = armillion("fleet", "--report", page, "--output", rows, *arguments)
        self.assertNotEqual(result.status, OWN_ERROR, result)
        with rows.open(newline="", errors="replace") as file:
            return Page(page.read_text()), list(csv.DictReader(file))

    def check(self, page, rows):
        """What holds for every page."""
        self.assertEqual(page.links, [], "the page needs nothing else")
        self.assertEqual(page.facts["instructions"].replace(",", ""), str(sum(int(row["instructions"]) for row in rows)))
        self.assertEqual(sum(page.outcomes.values()), len(rows))
        self.assertEqual(list(page.outcomes.values()), sorted(page.outcomes.values(), reverse=True))
        by_instructions = sorted(rows, key=lambda row: -int(row["instructions"]))[:10]
        self.assertEqual(
            [(lane[0], lane[4]) for lane in page.slowest],
            [(int(row["lane"]), int(row["instructions"])) for row in by_instructions],
        )
        for lane, text, _, _, instructions in page.slowest + page.odd:
            self.assertEqual((text, instructions), (rows[lane]["input"], int(rows[lane]["instructions"])))

    def test_of_calls(self):
        page, rows = self.run_fleet("--call", "fault_on_3", "--inputs", "0:1000", guest("functions"))
        self.check(page, rows)
        self.assertTrue(page.headings[0].startswith("fault_on_3 of "))
        self.assertEqual(page.outcomes, {"returned": 999, "memory_fault": 1})
        ((lane, text, outcome, place, _),) = page.odd
        self.assertEqual((lane, text), (3, "3"))
        self.assertIn("memory_fault: read of 8 bytes at 0x8", outcome)
        self.assertIn("(fault_on_3+0x", place)
        self.assertEqual(page.map, ["memory_fault" if lane == 3 else "returned" for lane in range(1000)])

    def test_of_programs(self):
        inputs = self.folder / "inputs.txt"
        inputs.write_text("".join(f"exit {number % 3}\n" for number in range(9)) + 'fault\nraise 6\nexit "0"\n')
        page, rows = self.run_fleet("--inputs", inputs, "--lanes", 5, guest("probe"))
        self.assertEqual(
            page.outcomes,
            {
                "exited with 0": 4,
                "exited with 1": 3,
                "exited with 2": 3,
                "ended by signal 11 (Segmentation fault)": 1,
                "ended by signal 6 (Aborted)": 1,
            },
        )
        self.check(page, rows)
        self.assertEqual(
            sorted(lane[0] for lane in page.odd), [int(row["lane"]) for row in rows if row["exit_code"] != "0"]
        )
        self.assertIn("12, 5 at a time", page.facts["lanes"])

    def test_of_lanes_that_are_all_alike_has_no_odd_ones(self):
        page, rows = self.run_fleet("--call", "square", "--inputs", "0:50", guest("functions"))
        self.check(page, rows)
        self.assertEqual((page.outcomes, page.odd), ({"returned": 50}, []))
        self.assertNotIn("Odd", " ".join(page.headings))

    def test_of_more_lanes_than_cells_shows_the_rare_one(self):
        page, _ = self.run_fleet("--call", "fault_on_3", "--inputs", "0:150000", guest("functions"))
        self.assertEqual(page.map, ["memory_fault"] + ["returned"] * (150000 // 4 - 1))
        self.assertIn("4 to a cell", page.headings[3])

    def test_shows_inputs_as_they_are(self):
        inputs = self.folder / "inputs.txt"
        inputs.write_bytes(b'exit 1 "<b>&amp; \xff </b>"\nexit 0\nexit 0\n')
        page, _ = self.run_fleet("--inputs", inputs, guest("probe"))
        ((_, text, *_),) = page.odd
        self.assertEqual(text, 'exit 1 "<b>&amp; \ufffd </b>"')

    def test_that_cannot_be_written_is_an_error_before_lanes_run(self):
        result = armillion("fleet", "--report", "/no/such/folder/page.html", guest("probe"))
        self.assertEqual((result.status, result.output), (OWN_ERROR, ""), result)
        self.assertIn("/no/such/folder/page.html", result.errors)

    def test_of_two_functions_is_refused(self):
        result = armillion(
            "fleet", "--report", os.devnull, "--call", "square", "--against", "add", guest("functions")
        )
        self.assertEqual(result.status, OWN_ERROR, result)
        self.assertIn("--against", result.errors)


if __name__ == "__main__":
    unittest.main()
