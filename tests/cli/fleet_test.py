"""`armillion fleet`: functions and programs in many lanes. Which devices are tested, CMake says in the environment."""

import csv
import json
import os
import pathlib
import pty
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from command import COMMAND, LIMIT_REACHED, OWN_ERROR, armillion, guest

DEVICES = os.environ.get("ARMILLION_FLEET_DEVICES", "cpu,host-lanes").split(",")

FUNCTIONS = guest("functions")

LANE_COLUMNS = ["lane", "input", "result", "stop_reason", "exit_code", "instructions", "state_hash"]
DIFFERENCE_COLUMNS = ["lane", "input", "result", "stop_reason", "against_result", "against_stop_reason"]


class Fleet(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def fleet(self, *arguments, program=FUNCTIONS, words=(), device="cpu"):
        return armillion("fleet", "--device", device, *arguments, program, *words)

    def rows(self, *arguments, status=0, columns=LANE_COLUMNS, **others):
        """Runs a fleet with --output; returns its rows and the command's result."""
        file = self.folder / "rows.csv"
        result = self.fleet("--output", file, *arguments, **others)
        self.assertEqual(result.status, status, result)
        with open(file, newline="") as lines:
            reader = csv.DictReader(lines)
            rows = list(reader)
            self.assertEqual(reader.fieldnames, columns)
        return rows, result

    def rows_on_devices(self, *arguments, **others):
        """The rows of a fleet, which are the same on all devices, and the last device's result."""
        first = None
        for device in DEVICES:
            rows, result = self.rows(*arguments, device=device, **others)
            if first is None:
                first = rows
            self.assertEqual(rows, first, f"{device} is not as {DEVICES[0]}")
        return first, result

    def column(self, name, rows):
        return [row[name] for row in rows]

    def facts(self, result):
        """What the summary says, by name."""
        return {name.strip(): text for name, text in re.findall(r"^(\S.{12}) (.*)$", result.output, re.MULTILINE)}


class Calls(Fleet):
    def test_take_a_range_and_return_a_row_for_each_integer(self):
        rows, _ = self.rows_on_devices("--call", "square", "--inputs", "0:100")
        self.assertEqual(self.column("lane", rows), [str(i) for i in range(100)])
        self.assertEqual(self.column("input", rows), [str(i) for i in range(100)])
        self.assertEqual(self.column("result", rows), [str(i * i) for i in range(100)])
        self.assertEqual({row["stop_reason"] for row in rows}, {"returned"})
        self.assertEqual({row["exit_code"] for row in rows}, {""})
        self.assertEqual({row["instructions"] for row in rows}, {"2"})

    def test_are_made_in_rounds_where_there_are_more_inputs_than_lanes(self):
        whole, _ = self.rows_on_devices("--call", "square", "--inputs", "5:1005")
        self.assertEqual(len(whole), 1000)
        for lanes in (1, 7, 333, 999, 1000, 5000):
            rows, _ = self.rows_on_devices("--call", "square", "--inputs", "5:1005", "--lanes", lanes)
            self.assertEqual(rows, whole)

    def test_take_integers_of_any_size(self):
        rows, _ = self.rows_on_devices("--call", "negate_i8", "--signature", "i8(i8)", "--inputs", "-128:128")
        self.assertEqual(self.column("input", rows), [str(i) for i in range(-128, 128)])
        self.assertEqual(self.column("result", rows), ["-128", *(str(-i) for i in range(-127, 128))])
        rows, _ = self.rows_on_devices("--call", "negate_i32", "--signature", "i32(i32)", "--inputs", "0xfffffffe:2^32")
        self.assertEqual([(row["input"], row["result"]) for row in rows], [("-2", "2"), ("-1", "1")])
        rows, _ = self.rows_on_devices("--call", "invert_u32", "--signature", "u32(u32)", "--inputs", "0:2")
        self.assertEqual(self.column("result", rows), ["4294967295", "4294967294"])
        rows, _ = self.rows_on_devices("--call", "next_byte", "--signature", "ptr(ptr)", "--inputs", "0x1000:0x1001")
        self.assertEqual([(row["input"], row["result"]) for row in rows], [("0x1000", "0x1001")])
        rows, _ = self.rows_on_devices("--call", "square", "--inputs", "0xffffffffffffffff:2^64")
        self.assertEqual([(row["input"], row["result"]) for row in rows], [("18446744073709551615", "1")])

    def test_take_the_bit_patterns_of_floats(self):
        arguments = ["--call", "half", "--signature", "f32(f32)", "--inputs"]
        rows, _ = self.rows_on_devices(*arguments, "0x3f800000:0x3f800002")
        self.assertEqual(self.column("input", rows), ["1.0", "1.0000001"])
        self.assertEqual(self.column("result", rows), ["0.5", "0.50000006"])
        rows, _ = self.rows_on_devices(*arguments, "0x80000000:0x80000001")
        self.assertEqual(self.column("result", rows), ["-0.0"])
        # A signalling NaN becomes a quiet one with the same payload.
        rows, _ = self.rows_on_devices(*arguments, "0x7f800000:0x7f800002")
        self.assertEqual(self.column("input", rows), ["inf", "0x7f800001"])
        self.assertEqual(self.column("result", rows), ["inf", "0x7fc00001"])

    def test_take_the_values_of_a_file_s_lines(self):
        file = self.write("values", "1 2.5 3 0x40000000\n-1 1e3 0xff -inf\n\t2147483648   0.1 1 0.25\r\n")
        arguments = ["--call", "mix", "--signature", "f64(i32, f64, u8, f32)", "--inputs", file]
        rows, _ = self.rows_on_devices(*arguments)
        self.assertEqual(self.column("input", rows), ["1 2.5 3 2.0", "-1 1000.0 255 -inf", "-2147483648 0.1 1 0.25"])
        self.assertEqual(self.column("result", rows), ["10.5", "-inf", "-2147483647.65"])
        self.assertEqual(self.rows_on_devices(*arguments, "--lanes", 2)[0], rows)

    def test_take_64_bit_integers_where_there_is_no_signature(self):
        file = self.write("values", "1 2\n-1 0x10\n2^63 2^63")
        rows, _ = self.rows_on_devices("--call", "add", "--inputs", file)
        self.assertEqual(self.column("result", rows), ["3", "15", "0"])

    def test_need_no_inputs_where_the_function_has_no_parameters(self):
        rows, _ = self.rows_on_devices("--call", "forty_two", "--signature", "u64()", "--lanes", 3)
        self.assertEqual([(row["input"], row["result"]) for row in rows], [("", "42")] * 3)

    def test_may_name_the_function_by_its_address(self):
        symbols = subprocess.run(["aarch64-linux-gnu-nm", FUNCTIONS], capture_output=True, check=True).stdout.decode()
        address = re.search(r"^([0-9a-f]+) T square$", symbols, re.MULTILINE).group(1)
        rows, _ = self.rows("--call", "0x" + address, "--inputs", "3:4")
        self.assertEqual(self.column("result", rows), ["9"])

    def test_find_the_program_as_it_is_loaded_or_as_it_is_at_a_symbol(self):
        arguments = ["--call", "started", "--signature", "u64()"]
        self.assertEqual(self.column("result", self.rows_on_devices(*arguments)[0]), ["0"])
        self.assertEqual(self.column("result", self.rows_on_devices(*arguments, "--at", "main")[0]), ["0"])
        self.assertEqual(self.column("result", self.rows_on_devices(*arguments, "--at", "after_start")[0]), ["1"])

    def test_that_fault_are_told_of(self):
        rows, result = self.rows_on_devices("--call", "fault_on_3", "--inputs", "0:5", status=1)
        self.assertEqual(self.column("result", rows), ["0", "1", "2", "", "4"])
        self.assertEqual(rows[3]["stop_reason"], "memory_fault")
        facts = self.facts(result)
        self.assertEqual(facts["stops"], "1 memory_fault, 4 returned")
        self.assertRegex(facts["stopped early"], r"^lane 3 \(3\): memory_fault at pc 0x[0-9a-f]+ \(fault_on_3\+0x.*\), "
                                                 r"read of 8 bytes at 0x8: nothing is mapped there$")

    def test_that_exit_have_an_exit_code(self):
        rows, _ = self.rows_on_devices("--call", "exit_with", "--inputs", "0:3", status=1)
        self.assertEqual(self.column("stop_reason", rows), ["exited"] * 3)
        self.assertEqual(self.column("exit_code", rows), ["0", "1", "2"])
        self.assertEqual(self.column("result", rows), ["", "", ""])

    def test_stop_at_exactly_the_instruction_limit(self):
        for option in ("--limit", "--instruction-limit"):
            rows, _ = self.rows_on_devices("--call", "spin_on_3", "--inputs", "2:5", option, 1000, status=LIMIT_REACHED)
            self.assertEqual(self.column("stop_reason", rows), ["returned", "instruction_limit", "returned"])
            self.assertEqual(rows[1]["instructions"], "1000")

    def test_stop_at_the_timeout(self):
        for device in DEVICES:
            start = time.monotonic()
            result = self.fleet("--call", "spin_on_3", "--inputs", "0:100", "--lanes", 10, "--timeout", "0.5",
                                device=device)
            self.assertEqual(result.status, LIMIT_REACHED, result)
            self.assertLess(time.monotonic() - start, 60)
            self.assertEqual(self.facts(result)["lanes"], "10 of 100, 10 at a time")
            self.assertEqual(self.facts(result)["stops"], "1 timeout, 9 returned" if device != "cpu" else
                             self.facts(result)["stops"])

    def test_over_a_huge_range_take_little_memory(self):
        command = [COMMAND, "fleet", "--device", DEVICES[0], "--call", "square", "--inputs", "0:2^32", "--timeout", "2",
                   "--against", "square", FUNCTIONS]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            output = process.stdout.read().decode()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.assertIn(process.returncode, (0, LIMIT_REACHED))  # a GPU may be done by then
        self.assertRegex(output, r"\nlanes +\d+ of 4294967296, \d+ at a time\n|\nlanes +4294967296, ")
        if DEVICES[0] == "cpu":
            self.assertLess(usage.ru_maxrss, 500_000, "in KiB")

    def test_are_written_as_json_lines(self):
        file = self.folder / "rows.jsonl"
        result = self.fleet("--call", "half", "--signature", "f32(f32)", "--inputs",
                            self.write("values", "-0\n1e10\n0x7fc00001\ninf\n"), "--output", file)
        self.assertEqual(result.status, 0, result)
        rows = [json.loads(line) for line in file.read_text().splitlines()]
        self.assertEqual(list(rows[0]), LANE_COLUMNS)
        self.assertEqual([row["lane"] for row in rows], [0, 1, 2, 3])
        self.assertEqual([repr(row["input"]) for row in rows], ["-0.0", "10000000000.0", "'0x7fc00001'", "'inf'"])
        self.assertEqual([row["result"] for row in rows], [-0.0, 5e9, "0x7fc00001", "inf"])
        self.assertEqual([(row["exit_code"], row["state_hash"]) for row in rows], [(None, None)] * 4)


class Comparisons(Fleet):
    def test_of_functions_that_agree_end_well(self):
        rows, result = self.rows_on_devices("--call", "square", "--against", "square", "--inputs", "0:100",
                                            columns=DIFFERENCE_COLUMNS)
        self.assertEqual(rows, [])
        self.assertEqual(self.facts(result)["differences"], "0")

    def test_show_what_differs(self):
        rows, result = self.rows_on_devices("--call", "square", "--against", "square_but_for_7_and_9", "--inputs", "5:50",
                                            "--lanes", 4, columns=DIFFERENCE_COLUMNS, status=1)
        self.assertEqual([list(row.values()) for row in rows],
                         [["2", "7", "49", "returned", "1", "returned"], ["4", "9", "81", "returned", "1", "returned"]])
        facts = self.facts(result)
        self.assertEqual(facts["lanes"], "45, 4 at a time")
        self.assertEqual(facts["differences"], "2")
        self.assertTrue(result.output.endswith("\ninput  square  square_but_for_7_and_9\n"
                                               "7      49      1\n"
                                               "9      81      1\n"), result)

    def test_show_floats_with_their_bits(self):
        result = self.fleet("--call", "round_fast", "--against", "round_exact", "--signature", "f32(f32)", "--inputs",
                            "0x3efffffe:0x3f000001", program=guest("rounding"))
        self.assertEqual(result.status, 1)
        self.assertIn("\n0.49999997 (0x3effffff)  1.0 (0x3f800000)  0.0 (0x00000000)\n", result.output)

    def test_show_no_more_than_ten_differences(self):
        rows, result = self.rows_on_devices("--call", "low_word", "--against", "low_word_and_more", "--inputs", "0:100",
                                            columns=DIFFERENCE_COLUMNS, status=1)
        self.assertEqual(len(rows), 100)
        self.assertEqual(result.output.splitlines()[-2:], ["9      9         281470681743369", "... and 90 more"])

    def test_look_at_the_bits_of_the_type_only(self):
        result = self.fleet("--call", "low_word", "--against", "low_word_and_more", "--signature", "u32(u32)", "--inputs",
                            "0:100")
        self.assertEqual(result.status, 0, result)

    def test_compare_stops(self):
        self.rows_on_devices("--call", "fault_on_3", "--against", "fault_on_3_too", "--inputs", "0:5",
                             columns=DIFFERENCE_COLUMNS)
        rows, result = self.rows_on_devices("--call", "fault_on_3", "--against", "spin_on_3", "--inputs", "0:5", "--limit",
                                            1000, columns=DIFFERENCE_COLUMNS, status=1)
        self.assertEqual([list(row.values()) for row in rows], [["3", "3", "", "memory_fault", "", "instruction_limit"]])
        self.assertIn("\n3      memory_fault  instruction_limit\n", result.output)

    def test_hold_no_timeout_for_a_difference(self):
        for device in DEVICES:
            result = self.fleet("--call", "square", "--against", "spin_on_3", "--inputs", "3:4", "--timeout", "0.5",
                                device=device)
            self.assertEqual(result.status, LIMIT_REACHED, result)
            self.assertEqual(self.facts(result)["differences"], "0")

    def test_of_the_readme_find_two_floats(self):
        differences = []
        # Both halves, around where halves are: the whole range is for a GPU.
        for inputs in ("0x3effff00:0x3f000100", "0xbeffff00:0xbf000100", "0x4affff80:0x4b000080", "0x7f7fffff:0x7f800010",
                       "0:256", "0x3fbfff80:0x3fc00080"):
            rows, _ = self.rows_on_devices("--call", "round_fast", "--against", "round_exact", "--signature", "f32(f32)",
                                           "--inputs", inputs, program=guest("rounding"), columns=DIFFERENCE_COLUMNS,
                                           status=1 if "eff" in inputs else 0)
            differences += self.column("input", rows)
        self.assertEqual(differences, ["0.49999997", "-0.49999997"])


class Programs(Fleet):
    def test_without_inputs_are_all_the_same(self):
        rows, result = self.rows_on_devices("--lanes", 3, words=[5], status=1)
        self.assertEqual(self.column("exit_code", rows), ["5"] * 3)
        self.assertEqual(self.column("input", rows), [""] * 3)
        self.assertEqual(len({(row["state_hash"], row["instructions"]) for row in rows}), 1)
        self.assertEqual(self.facts(result)["exit codes"], "5 in 3 lanes")
        rows, _ = self.rows_on_devices(words=[0])
        self.assertEqual(len(rows), 1)

    def test_end_as_they_would_alone(self):
        rows, _ = self.rows_on_devices("--inputs", self.write("lines", "0\n7\nlength abcdef\nfault\n"), status=1)
        for row, words in zip(rows, (["0"], ["7"], ["length", "abcdef"], ["fault"])):
            file = self.folder / "alone.json"
            alone = armillion("run", "--clock", "virtual", "--stats", file, FUNCTIONS, *words)
            statistics = json.loads(file.read_text())
            self.assertEqual(row["exit_code"], str(alone.status))
            for name in ("stop_reason", "exit_code", "instructions", "state_hash"):
                self.assertEqual(row[name], str(statistics[name]), (name, words))
        self.assertEqual(rows[3]["exit_code"], str(128 + signal.SIGSEGV))

    def test_are_given_integers(self):
        rows, result = self.rows_on_devices("--inputs", "0:10", status=1)
        self.assertEqual(self.column("input", rows), [str(i) for i in range(10)])
        self.assertEqual(self.column("exit_code", rows), [str(i) for i in range(10)])
        self.assertEqual(self.facts(result)["stops"], "10 exited")

    def test_are_given_the_words_of_lines_behind_their_own(self):
        lines = self.write("lines", 'a b c\n\n"a b" ""\n')
        rows, _ = self.rows_on_devices("--inputs", lines, words=["count"], status=1)
        self.assertEqual(self.column("exit_code", rows), ["3", "0", "2"])
        self.assertEqual(self.column("input", rows), ["a b c", "", '"a b" ""'])

    def test_are_given_files_on_standard_input(self):
        corpus = self.folder / "corpus"
        corpus.mkdir()
        for name, size in (("b", 100), ("a", 0), ("c,d", 255)):
            (corpus / name).write_bytes(bytes(size))
        rows, _ = self.rows_on_devices("--inputs", corpus, status=1)
        self.assertEqual([(row["input"], row["exit_code"]) for row in rows], [("a", "0"), ("b", "100"), ("c,d", "255")])
        rows, _ = self.rows_on_devices("--inputs", corpus, "--at", "after_start", status=1)
        self.assertEqual(self.column("exit_code", rows), ["0", "100", "255"])

    def test_may_have_what_they_print_written_to_a_folder(self):
        lines = self.write("lines", "arguments a\nerror\nexit 0\narguments b\n")
        for device in DEVICES:
            captures = self.folder / device
            result = self.fleet("--captures", captures, "--inputs", lines, "--lanes", 2, program=guest("probe"),
                                device=device)
            self.assertEqual(result.status, 0, result)
            self.assertEqual({file.name: file.read_text().splitlines()[-1] for file in captures.iterdir()},
                             {"0.out": "2=a", "1.err": "to standard error", "3.out": "2=b"})

    def test_run_in_rounds_where_there_are_more_inputs_than_lanes(self):
        whole, _ = self.rows_on_devices("--inputs", "0:10", status=1)
        for lanes in (1, 4, 5):
            self.assertEqual(self.rows_on_devices("--inputs", "0:10", "--lanes", lanes, status=1)[0], whole)

    def test_read_an_empty_standard_input_where_they_are_given_none(self):
        rows, _ = self.rows_on_devices()
        self.assertEqual(self.column("exit_code", rows), ["0"])

    def test_stop_at_limits(self):
        rows, result = self.rows_on_devices("--inputs", self.write("lines", "0\nspin\n"), "--limit", 100_000,
                                            status=LIMIT_REACHED)
        self.assertEqual(self.column("stop_reason", rows), ["exited", "instruction_limit"])
        self.assertEqual(rows[1]["instructions"], "100000")
        self.assertRegex(self.facts(result)["stopped early"], r"^lane 1 \(spin\): instruction_limit at pc 0x")

    def test_name_the_most_frequent_exit_codes(self):
        result = self.fleet("--inputs", self.write("lines", "\n".join(map(str, [*range(10), 7, 7, 3]))))
        self.assertEqual(self.facts(result)["exit codes"],
                         "7 in 3, 3 in 2, 0 in 1, 1 in 1, 2 in 1, 4 in 1, 5 in 1, 6 in 1 lanes, and 2 others")

    def test_show_the_first_ten_that_end_badly(self):
        result = self.fleet("--inputs", "0:30")
        self.assertEqual(len(re.findall(r"lane \d+ \(\d+\): exited with \d+", result.output)), 10)


@unittest.skipUnless("cpu" in DEVICES, "tested on the CPU")
class Output(Fleet):
    def test_is_silent_if_that_is_asked_for(self):
        result = self.fleet("--quiet", "--call", "square", "--against", "square_but_for_7_and_9", "--inputs", "0:10")
        self.assertEqual((result.status, result.output, result.errors), (1, "", ""))

    def test_sums_up(self):
        facts = self.facts(self.fleet("--call", "square", "--inputs", "0:1000"))
        self.assertTrue(facts["device"].startswith("cpu"))
        self.assertEqual(facts["lanes"], "1000")
        self.assertEqual(facts["instructions"], "2000")
        self.assertRegex(facts["time"], r"^\d+\.\d{3} s, lanes ran for \d+\.\d{3} s of it$")
        self.assertRegex(facts["speed"], r"^\d+\.\d\d [MG]/s$")
        self.assertEqual(facts["stops"], "1000 returned")

    def test_shows_progress_on_a_terminal(self):
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        command = [COMMAND, "fleet", "--call", "square", "--inputs", "0:2^32", "--timeout", "3", FUNCTIONS]
        status = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=theirs, check=False).returncode
        self.assertEqual(status, LIMIT_REACHED)
        os.close(theirs)
        output = b""
        try:
            while piece := os.read(ours, 4096):
                output += piece
        except OSError:  # the terminal's other side is closed
            pass
        self.assertRegex(output.decode(), r"armillion: 2\.\d s \[[#.]{12}\] \d+ of 4294967296 lanes, \d+\.\d\d G/s")
        self.assertTrue(output.endswith(b"\r\x1b[K"), "the line is removed at the end")

    def test_that_cannot_be_written_is_an_error(self):
        (self.folder / "full.csv").symlink_to("/dev/full")
        for inputs in ("0:3", "0:200000"):
            result = self.fleet("--output", self.folder / "full.csv", "--call", "square", "--inputs", inputs)
            self.assertEqual(result.status, OWN_ERROR, result)
            self.assertIn("full.csv cannot be written: No space left on device", result.errors)

    def test_follows_two_dashes_and_never_takes_the_program_s_options(self):
        result = self.fleet("--lanes", 2, "--", words=["count", "--lanes", "--", "-x"])
        self.assertEqual(self.facts(result)["exit codes"], "3 in 2 lanes")


@unittest.skipUnless("cpu" in DEVICES, "tested on the CPU")
class OwnErrors(Fleet):
    """Mistakes of the host's side: status 125, a message that says what was wrong, and no file made."""

    def expect_error(self, arguments, *texts, program=FUNCTIONS):
        result = armillion("fleet", *arguments, *([program] if program else []))
        self.assertEqual(result.status, OWN_ERROR, result)
        self.assertEqual(result.output, "", "nothing of an error belongs on standard output")
        for text in texts:
            self.assertIn(text, result.errors)
        self.assertNotIn("terminate called", result.errors)

    def expect_call_error(self, arguments, *texts):
        file = self.folder / "rows.csv"
        self.expect_error(["--output", file, *arguments], *texts)
        self.assertFalse(file.exists(), "the file was made before the mistake was found")

    def test_no_program(self):
        self.expect_error([], "fleet: name a PROGRAM", "--help", program=None)
        self.expect_error(["--no-such-option"], "no option --no-such-option")
        self.expect_error([], "/no/such/program", program="/no/such/program")

    def test_an_unknown_device(self):
        self.expect_call_error(["--call", "square", "--inputs", "0:9", "--device", "abacus"], "abacus", "'cpu'")

    def test_an_unknown_symbol(self):
        self.expect_call_error(["--call", "sqare", "--inputs", "0:9"], "no symbol 'sqare'", "did you mean 'square'?")
        self.expect_call_error(["--call", "square", "--against", "squares", "--inputs", "0:9"], "did you mean 'square'?")
        self.expect_call_error(["--at", "after_stat", "--call", "square", "--inputs", "0:9"], "'after_start'")
        self.expect_call_error(["--call", "no_such_symbol_at_all", "--inputs", "0:9"], "no symbol 'no_such_symbol_at_all'\n")

    def test_a_symbol_that_is_never_reached(self):
        self.expect_call_error(["--at", "exit_with", "--call", "square", "--inputs", "0:9"], "did not reach exit_with",
                               "exit code 0")

    def test_a_signature_that_is_none(self):
        arguments = ["--call", "square", "--inputs", "0:9", "--signature"]
        self.expect_call_error([*arguments, "f32(f23)"], "no type 'f23'", "  f32(f23)\n      ^\n")
        self.expect_call_error([*arguments, "f32"], "'(' is missing", "  f32\n     ^\n")
        self.expect_call_error([*arguments, ""], "--signature")

    def test_options_of_calls_without_a_call(self):
        self.expect_call_error(["--signature", "f32(f32)", "--inputs", "0:9"], "--signature", "--call")
        self.expect_call_error(["--against", "square", "--inputs", "0:9"], "--against", "--call")

    def test_a_range_that_is_none(self):
        for arguments in (["--call", "square"], []):
            self.expect_call_error([*arguments, "--inputs", "3:3"], "3:3 is empty")
            self.expect_call_error([*arguments, "--inputs", "5:3"], "5:3 is empty")
            self.expect_call_error([*arguments, "--inputs", "0:2^99"], "'2^99' is no integer")
        self.expect_call_error(["--call", "negate_i8", "--signature", "i8(i8)", "--inputs", "0:2^32"], "8 bits of i8")
        self.expect_call_error(["--call", "add", "--signature", "u64(u64, u64)", "--inputs", "0:9"], "takes 2 arguments")

    def test_inputs_that_are_not_there(self):
        self.expect_call_error(["--call", "square", "--inputs", "/no/such/file"], "/no/such/file: No such file")
        self.expect_call_error(["--call", "square"], "--inputs")
        self.expect_call_error(["--call", "square", "--inputs", self.folder], "is a folder")
        (self.folder / "empty").mkdir()
        self.expect_call_error(["--inputs", self.folder / "empty"], "no files in the folder")

    def test_lines_that_do_not_fit(self):
        file = self.write("values", "1 2\n3\n")
        self.expect_call_error(["--call", "add", "--inputs", file], f"{file}, line 2: there is 1 value")
        file = self.write("values", "1\n2\n1.5\n")
        self.expect_call_error(["--call", "square", "--inputs", file], f"{file}, line 3: '1.5' is no value of u64")
        file = self.write("values", 'a\n"b\n')
        self.expect_call_error(["--inputs", file], f"{file}, line 2: a double quote is not closed")
        self.expect_call_error(["--inputs", self.write("values", "")], "has no lines")

    def test_an_output_that_cannot_be(self):
        arguments = ["--call", "square", "--inputs", "0:9", "--output"]
        self.expect_error([*arguments, self.folder / "rows.txt"], "rows.txt", ".csv", ".jsonl")
        self.expect_error([*arguments, "/no/such/folder/rows.csv"], "/no/such/folder/rows.csv cannot be written")

    def test_captures_that_cannot_be(self):
        self.expect_call_error(["--captures", "/dev/null/folder", "--lanes", 1], "/dev/null/folder cannot be made")
        self.expect_call_error(["--captures", self.folder, "--call", "square", "--inputs", "0:9"], "--captures")

    def test_arguments_for_a_program_that_has_started(self):
        self.expect_call_error(["--at", "main", "--inputs", "0:9"], "--at", "standard input")

    def test_numbers_that_are_none(self):
        for option in ("--lanes", "--instruction-limit", "--timeout", "--threads", "--device-memory", "--seed"):
            self.expect_error([option, "many"], option)
        self.expect_error(["--lanes", "0"], "--lanes")
        self.expect_error(["--timeout", "-1"], "--timeout")


def why_skipped():
    """Why none of the devices is there; nothing where one is."""
    facts = dict(line.split(None, 1) for line in armillion("info").output.splitlines())
    if DEVICES == ["cuda"] and "cuda:0" not in facts["devices"]:
        return facts["gpu"]
    return ""


if __name__ == "__main__":
    if reason := why_skipped():
        print(f"skipped: there is no GPU ({reason})")
        sys.exit(0)
    unittest.main()
