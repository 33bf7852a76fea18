"""What `armillion run` reports of a run: --stats and --trace."""

import json
import os
import pathlib
import pty
import re
import signal
import subprocess
import tempfile
import unittest

from command import COMMAND, LIMIT_REACHED, armillion, guest, run_probe

COUNTDOWN_INSTRUCTIONS = 1 + 2 * 100 + 3
FLAT_INSTRUCTIONS = 4 + 3 * 10

FIELDS = {
    "program": str,
    "device": str,
    "engine": str,
    "instructions": int,
    "elapsed_seconds": float,
    "ips": int,
    "stop_reason": str,
    "exit_code": int,
    "state_hash": str,
}


class Report(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name) / "report"

    def statistics(self, *arguments):
        """Runs with --stats to a file; returns the statistics and the command's result."""
        result = armillion("run", "--stats", self.file, *arguments)
        statistics = json.loads(self.file.read_text())
        self.assertEqual({name: type(value) for name, value in statistics.items()}, FIELDS)
        return statistics, result

    def trace(self, *arguments):
        """Runs with --trace to a file; returns the lines."""
        armillion("run", "--trace", self.file, *arguments)
        return self.file.read_text().splitlines()


class Statistics(Report):
    def test_say_what_ran_and_how_it_ended(self):
        statistics, result = self.statistics(guest("countdown"))
        self.assertEqual(result.status, 7)
        self.assertEqual(statistics["program"], guest("countdown"))
        self.assertEqual(statistics["device"], "cpu")
        self.assertEqual(statistics["engine"], "interpreter")
        self.assertEqual(statistics["instructions"], COUNTDOWN_INSTRUCTIONS)
        self.assertEqual(statistics["stop_reason"], "exited")
        self.assertEqual(statistics["exit_code"], 7)
        self.assertRegex(statistics["state_hash"], "^[0-9a-f]{32}$")
        self.assertGreater(statistics["elapsed_seconds"], 0)
        self.assertAlmostEqual(statistics["ips"], statistics["instructions"] / statistics["elapsed_seconds"],
                               delta=0.02 * statistics["ips"])

    def test_go_to_standard_error_where_the_file_is_a_dash(self):
        result = armillion("run", "--stats", "-", guest("countdown"))
        self.assertEqual(result.output, "")
        self.assertEqual(json.loads(result.errors)["instructions"], COUNTDOWN_INSTRUCTIONS)

    def test_leave_the_program_s_output_alone(self):
        result = run_probe("cwd", options=["--stats", "-"])
        self.assertEqual(result.output, "/\n")
        self.assertEqual(json.loads(result.errors)["exit_code"], 0)

    def test_are_exact_at_every_instruction_limit(self):
        for limit in (1, 2, 3, 100, COUNTDOWN_INSTRUCTIONS - 1):
            statistics, result = self.statistics("--instruction-limit", limit, guest("countdown"))
            self.assertEqual(result.status, LIMIT_REACHED)
            self.assertEqual(statistics["instructions"], limit)
            self.assertEqual(statistics["stop_reason"], "instruction_limit")
        for limit in (999, 1000, 1001, 123_456):
            statistics, _ = self.statistics("--instruction-limit", limit, guest("probe"), "spin")
            self.assertEqual(statistics["instructions"], limit)

    def test_tell_of_a_timeout(self):
        statistics, _ = self.statistics("--timeout", "0.2", guest("probe"), "spin")
        self.assertEqual(statistics["stop_reason"], "timeout")
        self.assertGreaterEqual(statistics["elapsed_seconds"], 0.2)
        self.assertGreater(statistics["instructions"], 1000)

    def test_tell_of_a_signal(self):
        statistics, _ = self.statistics(guest("probe"), "fault")
        self.assertEqual((statistics["stop_reason"], statistics["exit_code"]), ("exited", 128 + signal.SIGSEGV))

    def test_tell_of_a_flat_binary_s_halt(self):
        statistics, _ = self.statistics("--flat", guest("flat"))
        self.assertEqual((statistics["stop_reason"], statistics["instructions"]), ("halt", FLAT_INSTRUCTIONS))

    def test_quote_the_program_s_name(self):
        program = self.file.with_name('a "quoted"\\name\n')
        program.write_bytes(pathlib.Path(guest("countdown")).read_bytes())
        self.assertEqual(self.statistics(program)[0]["program"], str(program))

    def test_have_the_same_hash_for_the_same_run(self):
        options = ("--clock", "virtual", "--seed", 5)

        def hash_of(*arguments):
            statistics, _ = self.statistics(*arguments)
            return statistics["instructions"], statistics["state_hash"]

        first = hash_of(*options, guest("probe"), "random")
        self.assertEqual(hash_of(*options, guest("probe"), "random"), first)
        self.assertEqual(hash_of(*options, "--trace", self.file.with_name("trace"), guest("probe"), "random"), first,
                         "watching a run does not change it")
        self.assertNotEqual(hash_of("--clock", "virtual", "--seed", 6, guest("probe"), "random")[1], first[1])
        self.assertNotEqual(hash_of(*options, "--instruction-limit", 500, guest("probe"), "random")[1], first[1])


class Trace(Report):
    def test_has_a_line_for_each_instruction(self):
        self.assertEqual(len(self.trace(guest("countdown"))), COUNTDOWN_INSTRUCTIONS)
        self.assertEqual(len(self.trace("--instruction-limit", 57, guest("countdown"))), 57)
        self.assertEqual(len(self.trace("--flat", guest("flat"))), FLAT_INSTRUCTIONS)

    def test_agrees_with_the_statistics_on_a_real_program(self):
        statistics_file = self.file.with_name("statistics")
        lines = self.trace("--stats", statistics_file, guest("probe"), "cwd")
        self.assertEqual(len(lines), json.loads(statistics_file.read_text())["instructions"])

    def test_shows_address_word_disassembly_and_changed_registers(self):
        lines = [re.sub(" +", " ", line) for line in self.trace(guest("countdown"))]
        start = int(lines[0].split()[0], 16)
        self.assertEqual(lines[0], f"{start:#014x} d2800c81 mov x1, #0x64 x1=0x64")
        self.assertEqual(lines[1], f"{start + 4:#014x} f1000421 subs x1, x1, #0x1 x1=0x63 nzcv=--C-")
        self.assertEqual(lines[2], f"{start + 8:#014x} 54ffffe1 b.ne {start + 4:#x}")
        self.assertEqual(lines[3], f"{start + 4:#014x} f1000421 subs x1, x1, #0x1 x1=0x62")
        self.assertEqual(lines[199], f"{start + 4:#014x} f1000421 subs x1, x1, #0x1 x1=0x0 nzcv=-ZC-")
        self.assertEqual(lines[201:203], [f"{start + 12:#014x} d28000e0 mov x0, #0x7 x0=0x7",
                                          f"{start + 16:#014x} d2800bc8 mov x8, #0x5e x8=0x5e"])
        self.assertTrue(lines[203].startswith(f"{start + 20:#014x} d4000001 svc #0"))

    def test_shows_vector_registers(self):
        lines = self.trace("--instruction-limit", 20000, guest("probe"), "arguments")
        self.assertTrue(any(re.search(r" v\d+=0x[0-9a-f]{32}", line) for line in lines))

    def test_goes_to_standard_error_where_the_file_is_a_dash(self):
        result = armillion("run", "--trace", "-", guest("countdown"))
        self.assertEqual(result.output, "")
        self.assertEqual(len(result.errors.splitlines()), COUNTDOWN_INSTRUCTIONS)


class Progress(unittest.TestCase):
    def errors_on_a_terminal(self, seconds):
        """Runs a program for some seconds with a terminal as standard error; returns what appears on it."""
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        command = [COMMAND, "run", "--timeout", str(seconds), guest("probe"), "spin"]
        status = subprocess.run(command, stdin=subprocess.DEVNULL, stderr=theirs, check=False).returncode
        self.assertEqual(status, LIMIT_REACHED)
        os.close(theirs)
        output = b""
        try:
            while piece := os.read(ours, 4096):
                output += piece
        except OSError:  # the terminal's other side is closed
            pass
        return output.decode()

    def test_is_shown_on_a_terminal_after_two_seconds(self):
        output = self.errors_on_a_terminal(3)
        self.assertRegex(output, r"armillion: 2\.\d s, \d+\.\d+ G instructions, \d+ M/s")
        last_line = output.rstrip().split("\r")[-1]
        self.assertIn("timeout at pc", last_line, "the line is removed at the end")

    def test_is_not_shown_for_short_runs(self):
        self.assertNotIn("M/s", self.errors_on_a_terminal(1))

    def test_is_not_shown_where_standard_error_is_no_terminal(self):
        self.assertNotIn("M/s", run_probe("spin", options=["--timeout", "2.5"]).errors)


if __name__ == "__main__":
    unittest.main()
