"""`armillion run --profile`: that samples say where a program spends its instructions, exactly and without being felt."""

import json
import os
import pathlib
import tempfile
import unittest

from command import OWN_ERROR, armillion, guest

# From the outermost to the innermost function.
HOT = ["main", "outer(unsigned long)", "hot"]
COLD = ["main", *["deep"] * 6, "cold"]

PERIOD = 1009


def run(*options, program="profiled", status=0):
    result = armillion("run", "--clock", "virtual", *options, guest(program))
    assert result.status == status, result
    return result


class Profile(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def profile(self, name, *options, period=PERIOD, **program):
        """The text of a profile."""
        path = self.folder / name
        result = run("--profile", path, "--profile-period", period, *options, **program)
        self.assertEqual(result.errors, "")
        return path.read_text()

    def collapsed(self, *options, **program):
        """The instructions of each stack, a tuple of names."""
        lines = self.profile("profile.txt", *options, **program).splitlines()
        stacks = dict(line.rsplit(" ", 1) for line in lines)
        self.assertEqual(len(stacks), len(lines), "each stack has one line")
        return {tuple(stack.split(";")): int(count) for stack, count in stacks.items()}

    def test_has_each_place_with_its_share(self):
        stacks = self.collapsed()
        total = sum(stacks.values())
        self.assertTrue(all(stack[0] == "profiled" for stack in stacks))

        def share(*end):
            return sum(count for stack, count in stacks.items() if stack[-len(end) :] == end) / total

        self.assertAlmostEqual(share(*HOT), 0.9, delta=0.01)
        self.assertAlmostEqual(share(*COLD), 0.1, delta=0.01)
        # The caller of a leaf is known although the leaf has no frame record.
        self.assertAlmostEqual(share("hot"), share(*HOT), delta=0.001)

    def test_covers_the_whole_run(self):
        run("--stats", self.folder / "stats.json")
        statistics = json.loads((self.folder / "stats.json").read_text())
        total = sum(self.collapsed().values())
        self.assertEqual(total, statistics["instructions"] // PERIOD * PERIOD)

    def test_is_the_same_each_time_and_leaves_no_trace_in_the_program(self):
        runs = []
        for i, profile in enumerate([[], ["--profile", self.folder / "a"], ["--profile", self.folder / "b"]]):
            statistics = self.folder / f"stats{i}"
            result = run(*profile, "--stats", statistics)
            data = json.loads(statistics.read_text())
            runs.append((result.output, data["instructions"], data["state_hash"]))
        self.assertEqual(len(set(runs)), 1, runs)
        self.assertEqual((self.folder / "a").read_bytes(), (self.folder / "b").read_bytes())

    def test_is_the_same_on_a_device(self):
        self.assertEqual(self.collapsed("--device", "host-lanes"), self.collapsed())

    def test_for_speedscope_has_the_same_samples_in_order(self):
        document = json.loads(self.profile("profile.json"))
        self.assertEqual(document["$schema"], "https://www.speedscope.app/file-format-schema.json")
        names = [frame["name"] for frame in document["shared"]["frames"]]
        self.assertEqual(len(set(names)), len(names))
        (profile,) = document["profiles"]
        self.assertEqual((profile["type"], profile["unit"], profile["startValue"]), ("sampled", "none", 0))
        self.assertEqual(len(profile["samples"]), len(profile["weights"]))
        self.assertEqual(profile["endValue"], sum(profile["weights"]))
        stacks = {}
        for sample, weight in zip(profile["samples"], profile["weights"]):
            stack = tuple(names[frame] for frame in sample)
            stacks[stack] = stacks.get(stack, 0) + weight
        self.assertEqual(stacks, self.collapsed())
        # The loop of main goes from one to the other, again and again.
        ends = [names[sample[-1]] for sample in profile["samples"]]
        changes = sum(1 for one, other in zip(ends, ends[1:]) if {one, other} == {"hot", "cold"})
        self.assertGreater(changes, 1000)

    def test_tells_threads_apart(self):
        stacks = self.collapsed(program="threads", status=6, period=20)
        self.assertTrue(any(stack[1].startswith("thread ") for stack in stacks), stacks)
        self.assertTrue(any(not stack[1].startswith("thread ") for stack in stacks), stacks)

    def test_of_a_bare_machine_has_addresses(self):
        path = self.folder / "flat.txt"
        result = armillion("run", "--flat", "--profile", path, "--profile-period", 1, guest("flat"))
        self.assertEqual(result.status, 0, result)
        lines = path.read_text().splitlines()
        self.assertTrue(all(line.startswith("flat;0x") for line in lines), lines)

    def test_of_a_run_that_reaches_its_limit_is_written_too(self):
        path = self.folder / "limited.txt"
        result = armillion(
            "run", "--profile", path, "--profile-period", 100, "--instruction-limit", 1000, guest("profiled")
        )
        self.assertEqual(result.status, 124, result)
        self.assertEqual(sum(int(line.rsplit(" ", 1)[1]) for line in path.read_text().splitlines()), 1000)

    def test_that_cannot_be_written_is_an_error_before_the_program_runs(self):
        result = armillion("run", "--profile", "/no/such/folder/profile", guest("profiled"))
        self.assertEqual((result.status, result.output), (OWN_ERROR, ""), result)
        self.assertIn("/no/such/folder/profile", result.errors)
        result = armillion("run", "--profile", os.devnull, "--profile-period", 0, guest("profiled"))
        self.assertEqual(result.status, OWN_ERROR, result)


if __name__ == "__main__":
    unittest.main()
