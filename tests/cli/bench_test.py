"""`armillion bench`: tables, JSON and pictures of a run say the same; mistakes are told before anything is measured."""

import json
import os
import pathlib
import re
import shutil
import tempfile
import time
import unittest
import xml.etree.ElementTree

from command import OWN_ERROR, armillion

SVG = "{http://www.w3.org/2000/svg}"
PREFIXES = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
HAS_OPS = os.environ["ARMILLION_HAS_OPS"] == "ON"
HAS_QEMU = shutil.which("qemu-aarch64") is not None
# As fast as it can be measured: what the figures are is of no interest here.
QUICKLY = ("--seconds", "0.0005", "--repetitions", "2")


def rate_of(cell):
    """The number that a cell of a table says."""
    number, _, prefix = cell.partition(" ")
    return float(number) * PREFIXES[prefix]


class Table:
    """The table in a Markdown text: rows by their first cell, each a cell by its column."""

    def __init__(self, text):
        lines = [line for line in text.splitlines() if line.startswith("|")]
        cells = [[cell.strip() for cell in line.strip("|").split(" |")] for line in lines]
        assert len({line.count("|") for line in lines}) == 1, text
        assert len({len(line) for line in lines}) == 1, "columns are aligned\n" + text
        assert re.fullmatch(r"\|-+\|(-+:\|)+", lines[1]), lines[1]
        self.title = text.splitlines()[0]
        self.notes = [line.removeprefix("- ") for line in text.splitlines() if line.startswith("- ")]
        self.rows_name, self.columns = cells[0][0], cells[0][1:]
        self.rows = {row[0]: dict(zip(self.columns, row[1:], strict=True)) for row in cells[2:]}


class Bench(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def measure(self, name, *arguments, environment=None):
        """The table that is printed, the JSON and the picture, after what holds for every benchmark."""
        files = {option: self.folder / f"{name}.{ending}"
                 for option, ending in (("--output", "md"), ("--json", "json"), ("--plot", "svg"))}
        options = [word for option, path in files.items() for word in (option, path)]
        result = armillion("bench", name, *QUICKLY, *options, *arguments, environment=environment)
        self.assertEqual((result.status, result.errors), (0, ""), result)
        self.assertEqual(files["--output"].read_text(), result.output)
        table = Table(result.output)
        figures = json.loads(files["--json"].read_text())
        picture = xml.etree.ElementTree.fromstring(files["--plot"].read_text())
        self.check_json(table, figures, name)
        self.check_picture(table, figures, picture)
        return table, figures, picture

    def check_json(self, table, figures, name):
        self.assertEqual(figures["benchmark"], name)
        self.assertEqual(f"# {figures['title']}", table.title)
        self.assertEqual(figures["notes"], table.notes)
        how = rf"^\d{{4}}-\d\d-\d\d, Armillion [\d.]+: armillion bench {name} --device "
        self.assertTrue(any(re.match(how, note) for note in table.notes), table.notes)
        self.assertIn("cpu", [note.partition(",")[0] for note in table.notes])
        filled = {(row, column) for row, cells in table.rows.items() for column, cell in cells.items() if cell}
        told = set()
        for figure in figures["figures"]:
            row = figure[table.rows_name]
            row = f"{row:,}" if isinstance(row, int) else row
            told.add((row, figure["series"]))
            self.assertAlmostEqual(rate_of(table.rows[row][figure["series"]]) / figure["rate"], 1, delta=0.006)
            if figure["source"] == "published":
                self.assertEqual(figure["samples"], [])
            else:
                self.assertEqual(len(figure["samples"]), 2)
                self.assertGreater(min(figure["samples"]), 0)
                self.assertAlmostEqual(sum(figure["samples"]) / 2 / figure["rate"], 1, places=6)
        self.assertEqual(told, filled)

    def check_picture(self, table, figures, picture):
        texts = " ".join(element.text or "" for element in picture.iter(f"{SVG}text"))
        self.assertIn(figures["title"], texts)
        for column in table.columns:
            self.assertIn(column, texts)  # in the legend
        # Beside the axis, and nothing outside the picture.
        self.assertIn(figures["unit"], texts)
        width, height = float(picture.get("width")), float(picture.get("height"))
        for line in picture.iter(f"{SVG}polyline"):
            for x, y in (map(float, point.split(",")) for point in line.get("points").split()):
                self.assertTrue(0 < x < width and 0 < y < height, (x, y))

    def check_lines(self, figures, picture, rows_name):
        """One line for each series, with a point for each figure of a number."""
        points = {}
        for figure in figures["figures"]:
            if isinstance(figure[rows_name], int):
                points[figure["series"]] = points.get(figure["series"], 0) + 1
        lines = {line.find(f"{SVG}title").text: len(line.get("points").split())
                 for line in picture.iter(f"{SVG}polyline")}
        self.assertEqual(lines, points)

    def check_bars(self, figures, picture):
        titles = [element.text for rectangle in picture.iter(f"{SVG}rect") for element in rectangle]
        self.assertEqual(len(titles), len(figures["figures"]))

    def test_seeds_are_beside_published_figures(self):
        table, figures, picture = self.measure("seeds")
        self.assertEqual(table.rows["ADD, B"]["published: Metal"], "2.1 M")
        self.assertEqual(table.rows["ADD, STR, B"]["published: Metal, asynchronous"], "3.05 M")
        self.assertEqual(table.rows["branchy loop"]["published: PyTorch, in batches"], "422")
        for cells in table.rows.values():
            self.assertNotEqual(cells["cpu, interpreter"], "")
            self.assertNotEqual(cells["cpu, tensor engine, batches of 512"], "")
        self.check_bars(figures, picture)

    def test_seeds_on_several_devices(self):
        table, _, _ = self.measure("seeds", "--device", "cpu,host-lanes")
        self.assertEqual(table.columns[0], "cpu, interpreter")
        self.assertIn("host-lanes", table.columns)
        self.assertIn("host-lanes, asynchronous", table.columns)

    def test_cpu_has_engines_side_by_side(self):
        table, figures, picture = self.measure("cpu")
        self.assertEqual(list(table.rows), ["integers", "memory", "floating point", "vectors", "branches"])
        self.assertEqual(table.columns[:2], ["interpreter", "tensor engine"])
        self.assertEqual("qemu-aarch64" in table.columns, HAS_QEMU)
        self.check_bars(figures, picture)

    def test_cpu_says_that_qemu_is_missing(self):
        table, _, _ = self.measure("cpu", environment={**os.environ, "PATH": ""})
        self.assertNotIn("qemu-aarch64", table.columns)
        self.assertIn("qemu-aarch64 is not on the PATH and is left out.", table.notes)

    def test_cpu_takes_what_qemu_comes_to_for_what_it_is(self):
        qemu = self.folder / "qemu-aarch64"
        qemu.write_text("#!/bin/sh\nprintf 12345678\n")
        qemu.chmod(0o755)
        result = armillion("bench", "cpu", *QUICKLY,
                           environment={**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"})
        self.assertEqual((result.status, result.output), (OWN_ERROR, ""))
        self.assertRegex(result.errors, r"come to 0x3837363534333231 by qemu-aarch64, not to 0x")

    def test_gpu_has_a_column_for_each_mode(self):
        table, figures, picture = self.measure("gpu", "--device", "host-lanes")
        self.assertEqual(table.columns, ["execute", "batches of 1 M", "batches of 10 K", "batches of 1 K",
                                         "batches of 1 K, self-dispatching", "execute_mega", "start, poll, wait"])
        self.assertEqual(len(table.rows), 5)
        self.check_bars(figures, picture)

    def test_fleets_by_their_lanes(self):
        table, figures, picture = self.measure("fleet", "--lanes", "64,1,1024")
        self.assertEqual(list(table.rows), ["1", "64", "1,024"])
        self.assertEqual(table.columns, ["integers", "memory", "floating point", "vectors", "branches"])
        self.check_lines(figures, picture, "lanes")

    def test_options_may_come_before_the_benchmark(self):
        result = armillion("bench", *QUICKLY, "--device", "cpu", "--lanes", "2,3", "--lanes", "5", "fleet")
        self.assertEqual((result.status, result.errors), (0, ""), result)
        self.assertEqual(list(Table(result.output).rows), ["2", "3", "5"])

    def test_fleets_on_several_devices(self):
        table, figures, picture = self.measure("fleet", "--device", "cpu,host-lanes", "--lanes", "3")
        self.assertIn("branches, cpu", table.columns)
        self.assertIn("branches, host-lanes", table.columns)
        self.check_lines(figures, picture, "lanes")

    @unittest.skipUnless(HAS_OPS, "built without the vector kernels")
    def test_ops_are_beside_the_roofline(self):
        table, figures, picture = self.measure("ops", "--elements", "1,1000,70000")
        self.assertEqual(table.columns,
                         ["copy, host: the roofline", "add, host", "sum, host", "dot, host", "exp, host"])
        self.assertEqual(list(table.rows), ["1", "1,000", "70,000"])
        self.assertEqual({figure["source"] for figure in figures["figures"]}, {"bound", "measured"})
        self.assertEqual(figures["unit"], "byte/s")
        self.check_lines(figures, picture, "elements")

    @unittest.skipUnless(HAS_OPS, "built without the vector kernels")
    def test_ops_on_another_device(self):
        table, _, _ = self.measure("ops", "--elements", "3000", "--device", "host-lanes")
        for column in ("add, host", "add, host-lanes", "copy, host-lanes: the roofline"):
            self.assertIn(column, table.columns)

    @unittest.skipIf(HAS_OPS, "built with the vector kernels")
    def test_ops_say_that_they_are_missing(self):
        self.expect_error(["ops"], "was built without the vector kernels")

    def test_tensor_by_batches(self):
        table, figures, picture = self.measure("tensor", "--batches", "64,512")
        self.assertEqual(table.rows["512"]["published: PyTorch, ADDs in a line"], "119 k")
        self.assertEqual(table.rows["64"]["published: PyTorch, branchy loop"], "422")
        self.assertNotEqual(table.rows["interpreter, cpu"][table.columns[0]], "")
        self.check_lines(figures, picture, "batch")

    def expect_error(self, arguments, text):
        start = time.monotonic()
        result = armillion("bench", *arguments)
        self.assertEqual((result.status, result.output), (OWN_ERROR, ""), result)
        self.assertIn(text, result.errors)
        return time.monotonic() - start

    def test_mistakes_are_errors(self):
        self.expect_error([], "BENCHMARK is required")
        self.expect_error(["speed"], "speed not in {seeds,cpu,gpu,fleet,ops,tensor}")
        self.expect_error(["fleet", "--seconds", "0"], "--seconds")
        self.expect_error(["fleet", "--repetitions", "0"], "--repetitions")
        self.expect_error(["fleet", "--lanes", "0"], "--lanes")
        self.expect_error(["fleet", "--lanes", "many"], "--lanes")
        self.expect_error(["fleet", "--device", "toaster"], "toaster")
        self.expect_error(["cpu", "--device", "cuda"], "leave --device out")
        self.expect_error(["seeds", "--lanes", "3"], "the benchmark seeds takes no --lanes")
        self.expect_error(["ops", "--batches", "3"], "the benchmark ops takes no --batches")
        self.expect_error(["tensor", "--batches", "100000"], "--batches")

    def test_a_file_that_cannot_be_written_is_told_before_anything_is_measured(self):
        missing = self.folder / "no" / "such" / "folder"
        for option, name in (("--plot", "a.svg"), ("--json", "a.json"), ("--output", "a.md")):
            arguments = ["fleet", "--seconds", "60", option, missing / name]
            seconds = self.expect_error(arguments, f"{name} cannot be written")
            self.assertLess(seconds, 30)

    def test_a_picture_is_svg(self):
        self.expect_error(["fleet", "--plot", self.folder / "picture.png"], "ends in .svg")
        self.assertFalse((self.folder / "picture.png").exists())

    def test_two_options_do_not_name_one_file(self):
        path = self.folder / "a.svg"
        self.expect_error(["fleet", "--plot", path, "--json", path], "is named by two options")

    def test_a_benchmark_that_fails_leaves_files_as_they_were(self):
        old, new = self.folder / "old.svg", self.folder / "new.json"
        old.write_text("what was there")
        self.expect_error(["fleet", "--device", "toaster", "--plot", old, "--json", new], "toaster")
        self.assertEqual(old.read_text(), "what was there")
        self.assertFalse(new.exists())

    def test_a_full_device_is_an_error(self):
        result = armillion("bench", "fleet", *QUICKLY, "--lanes", "1", "--output", "/dev/full")
        self.assertEqual(result.status, OWN_ERROR)
        self.assertIn("/dev/full cannot be written: No space left on device", result.errors)


if __name__ == "__main__":
    unittest.main()
