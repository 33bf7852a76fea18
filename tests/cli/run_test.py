"""`armillion run`: what the program is given, what it may reach, and what comes back."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from command import COMMAND, LIMIT_REACHED, OWN_ERROR, SYSROOT, armillion, guest, run_probe


class ExitStatus(unittest.TestCase):
    def test_is_the_program_s(self):
        for status in (0, 1, 42, 255):
            self.assertEqual(run_probe("exit", status).status, status)

    def test_is_128_and_the_number_of_the_signal_that_ended_the_program(self):
        for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGUSR1, signal.SIGABRT):
            result = run_probe("raise", int(number))
            self.assertEqual(result.status, 128 + number)
            self.assertIn(f"signal {int(number)}", result.errors)

    def test_of_a_fault_names_the_place(self):
        result = run_probe("fault")
        self.assertEqual(result.status, 128 + signal.SIGSEGV)
        self.assertIn("(main+0x", result.errors)

    def test_of_a_limit_is_124(self):
        result = armillion("run", "--instruction-limit", 10, guest("countdown"))
        self.assertEqual(result.status, LIMIT_REACHED)
        self.assertIn("instruction_limit at pc 0x", result.errors)
        self.assertIn("after 10 instructions", result.errors)

    def test_of_a_program_that_ends_at_its_limit_is_its_own(self):
        self.assertEqual(armillion("run", "--instruction-limit", 204, guest("countdown")).status, 7)
        self.assertEqual(armillion("run", "--instruction-limit", 203, guest("countdown")).status, LIMIT_REACHED)

    def test_of_a_timeout_is_124_and_comes_in_time(self):
        start = time.monotonic()
        result = run_probe("spin", options=["--timeout", "0.5"])
        elapsed = time.monotonic() - start
        self.assertEqual(result.status, LIMIT_REACHED)
        self.assertIn("timeout at pc 0x", result.errors)
        self.assertGreaterEqual(elapsed, 0.5)
        self.assertLess(elapsed, 5)

    def test_of_a_program_that_sleeps_is_124_at_the_timeout_too(self):
        start = time.monotonic()
        result = run_probe("sleep", 100, options=["--timeout", "0.3"])
        self.assertEqual(result.status, LIMIT_REACHED, result)
        self.assertLess(time.monotonic() - start, 5)


class OwnErrors(unittest.TestCase):
    """Mistakes of the host's side: status 125, and a message that says what was wrong."""

    def expect_error(self, arguments, *texts):
        result = armillion(*arguments)
        self.assertEqual(result.status, OWN_ERROR, result)
        self.assertEqual(result.output, "", "nothing of an error belongs on standard output")
        for text in texts:
            self.assertIn(text, result.errors)
        self.assertNotIn("terminate called", result.errors)

    def test_no_program(self):
        self.expect_error(["run"], "PROGRAM", "--help")
        self.expect_error(["run", "--strace"], "PROGRAM")

    def test_a_program_that_does_not_exist(self):
        self.expect_error(["run", "/no/such/program"], "/no/such/program", "No such file or directory")

    def test_a_program_that_is_a_folder(self):
        self.expect_error(["run", os.path.dirname(guest("probe"))], "directory")

    def test_a_program_that_is_not_elf(self):
        self.expect_error(["run", __file__], __file__, "not an ELF file")

    def test_a_program_for_another_architecture(self):
        self.expect_error(["run", COMMAND], COMMAND, "not for AArch64")

    def test_a_truncated_program(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(pathlib.Path(guest("probe")).read_bytes()[:3000])
            file.flush()
            self.expect_error(["run", file.name], "truncated")

    def test_a_dynamic_program_without_a_sysroot(self):
        self.expect_error(["run", guest("dynamic")], "/lib/ld-linux-aarch64.so.1", "sysroot")

    def test_an_unknown_command(self):
        self.expect_error(["fly"], "fly")

    def test_no_command(self):
        self.expect_error([], "name a command", "--help")

    def test_an_unknown_option(self):
        self.expect_error(["run", "--no-such-option", guest("probe")], "--no-such-option")
        self.expect_error(["isa", "--no-such-option"], "--no-such-option")
        self.expect_error(["info", "word"], "word")

    def test_an_unknown_device(self):
        self.expect_error(["run", "--device", "abacus", guest("probe")], "abacus", "'cpu'", "'host-lanes'")

    def test_a_device_whose_driver_is_not_there(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        # A file in its place hides a driver that this computer may have.
        pathlib.Path(folder.name, "libcuda.so.1").touch()
        environment = {**os.environ, "LD_LIBRARY_PATH": folder.name}
        for device in ("cuda", "cuda:0"):
            result = armillion("run", "--device", device, guest("probe"), environment=environment)
            self.assertEqual(result.status, OWN_ERROR)
            self.assertIn("no NVIDIA driver", result.errors)

    def test_a_trace_on_a_device_without_hooks(self):
        self.expect_error(["run", "--device", "host-lanes", "--trace", "-", guest("countdown")], "instruction hooks", "cpu")

    def test_a_batch_has_a_size(self):
        for size in (0, 65537, "many"):
            self.expect_error(["run", "--engine", "tensor", "--batch", size, guest("probe")], "--batch")

    def test_an_unknown_engine(self):
        self.expect_error(["run", "--engine", "steam", guest("probe")], "steam", "interpreter", "tensor")

    def test_an_unknown_clock(self):
        self.expect_error(["run", "--clock", "sundial", guest("probe")], "--clock")

    def test_numbers_that_are_none(self):
        for option in ("--instruction-limit", "--timeout", "--seed", "--gdb", "--memory-limit", "--stack-size"):
            self.expect_error(["run", option, "many", guest("probe")], option)
        for text in ("-1", "0", "nan", "inf", "1s"):
            self.expect_error(["run", "--timeout", text, guest("probe")], "--timeout", "seconds", text)
        for option in ("--instruction-limit", "--seed", "--flat-address"):
            for text in ("-1", "99999999999999999999", "1.5", ""):
                self.expect_error(["run", option, text, guest("probe")], option, "whole number")
        self.expect_error(["run", "--gdb", "70000", guest("probe")], "--gdb")

    def test_a_folder_that_cannot_be_granted(self):
        self.expect_error(["run", "--dir", "/no/such/folder", guest("probe")], "/no/such/folder")
        self.expect_error(["run", "--dir", guest("probe") + ":/data", guest("probe")], guest("probe"))
        self.expect_error(["run", "--dir", "/tmp:relative", guest("probe")], "relative", "'/'")
        self.expect_error(["run", "--dir", ":/data", guest("probe")], "HOST[:GUEST]")

        for text in ("/tmp:/x:zz", "/tmp:/x:rw:ro"):
            self.expect_error(["run", "--dir", text, guest("probe")], "HOST[:GUEST]", text)

    def test_a_variable_without_name_or_value(self):
        for text in ("NAME", "=value", ""):
            self.expect_error(["run", "--env", text, guest("probe")], "--env", "NAME=VALUE")

    def test_files_without_a_name(self):
        for option in ("--stats", "--trace", "--profile"):
            self.expect_error(["run", option, "", guest("probe")], option, "empty")

    def test_options_for_another_kind_of_program(self):
        self.expect_error(["run", "--flat", "--env", "A=1", guest("flat")], "--env", "--flat")
        self.expect_error(["run", "--flat", guest("flat"), "argument"], "--flat", "arguments")
        self.expect_error(["run", "--flat-address", 4096, guest("probe")], "--flat-address", "--flat")
        self.expect_error(["run", "--batch", 8, guest("probe")], "--batch", "--engine tensor")

    def test_messages_begin_with_the_command_s_name_and_end_with_where_help_is(self):
        for arguments in (["fly"], ["run", "--gdb", "0", guest("probe")], ["isa", "--no-such-option"]):
            self.assertRegex(armillion(*arguments).errors, r"^armillion: .*--help")

    def test_statistics_that_cannot_be_written_are_known_before_the_program_runs(self):
        result = armillion("run", "--stats", "/no/such/folder/stats.json", guest("probe"), "arguments")
        self.assertEqual((result.status, result.output), (OWN_ERROR, ""), result)
        self.assertIn("/no/such/folder/stats.json", result.errors)
        self.assertEqual(armillion("run", "--stats", "/dev/full", guest("countdown")).status, OWN_ERROR)

    def test_a_trace_that_cannot_be_written(self):
        self.expect_error(["run", "--trace", "/no/such/folder/trace", guest("countdown")], "/no/such/folder/trace")
        self.expect_error(["run", "--trace", "/dev/full", guest("countdown")], "/dev/full", "No space left")

    def test_a_program_that_does_not_fit_into_the_memory_limit(self):
        self.expect_error(["run", "--memory-limit", "4kb", guest("probe")], "memory limit")

    def test_a_flat_binary_that_does_not_fit_into_memory(self):
        options = ["--flat", "--flat-memory", 4096, "--flat-address", "0xff0"]
        self.expect_error(["run", *options, guest("flat")], "mapped")


class Interrupts(unittest.TestCase):
    """Ctrl-C ends a run as it ends any command, but what is known of the run is written."""

    def interrupt(self, *arguments):
        process = subprocess.Popen([COMMAND, "run", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        process.stdout.readline()  # the program runs
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=60)[1].decode()
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertIn("armillion: cancelled at pc 0x", errors)
        return errors

    def test_statistics_are_written(self):
        errors = self.interrupt("--stats", "-", guest("probe"), "spin")
        self.assertIn('"stop_reason": "cancelled"', errors)
        self.assertIn(f'"exit_code": {128 + signal.SIGINT},', errors)

    def test_a_program_that_waits_is_ended_too(self):
        self.interrupt(guest("probe"), "sleep", "1000")

    def test_a_trace_ends_with_a_whole_line(self):
        with tempfile.NamedTemporaryFile() as trace:
            self.interrupt("--trace", trace.name, guest("probe"), "spin")
            self.assertRegex(trace.read(), rb"0x[0-9a-f]+  [0-9a-f]{8}  [a-z][^\n]*\n$")


class ArgumentsAndEnvironment(unittest.TestCase):
    def arguments_seen(self, *arguments):
        lines = run_probe("arguments", *arguments).output.splitlines()
        self.assertEqual(lines[:2], [f"0={guest('probe')}", "1=arguments"])
        return [line.split("=", 1)[1] for line in lines[2:]]

    def test_arguments_are_passed_as_they_are(self):
        words = ["", "two words", "ünïcödé", "a\nb", "*"]
        output = run_probe("arguments", *words).output
        for i, word in enumerate(words):
            self.assertIn(f"{i + 2}={word}\n", output)

    def test_what_follows_the_program_is_never_an_option_of_the_command(self):
        words = ["--help", "-h", "--stats", "-", "--version", "--device", "gpu", "--", "-x", "--seed=3", "run"]
        self.assertEqual(self.arguments_seen(*words), words)

    def test_two_dashes_may_stand_before_the_program(self):
        result = armillion("run", "--seed", 1, "--", guest("probe"), "arguments", "--", "--help")
        self.assertEqual(result.output.splitlines()[2:], ["2=--", "3=--help"])

    def test_the_environment_is_empty_but_for_what_is_set(self):
        self.assertEqual(run_probe("environment", environment={**os.environ, "SECRET": "1"}).output, "")
        options = ["--env", "A=1", "--env", "B=x=y z", "--env=EMPTY="]
        self.assertEqual(run_probe("environment", options=options).output, "A=1\nB=x=y z\nEMPTY=\n")

    @unittest.skipIf(not SYSROOT, "there are no AArch64 libraries")
    def test_a_dynamic_program_finds_its_libraries_in_the_sysroot(self):
        result = armillion("run", "--sysroot", SYSROOT, guest("dynamic"))
        self.assertEqual((result.status, result.output), (4, "hello from a dynamically linked program\n"), result)


class Streams(unittest.TestCase):
    def test_standard_input_reaches_the_program(self):
        data = bytes(range(256)) * 1000
        completed = subprocess.run([COMMAND, "run", guest("probe"), "cat"], input=data, capture_output=True, check=True)
        self.assertEqual(completed.stdout, data)

    def test_programs_form_pipes(self):
        command = '"$0" run "$1" arguments 1 2 | "$0" run "$1" cat | tail -n 1'
        completed = subprocess.run(["sh", "-c", command, COMMAND, guest("probe")], capture_output=True, check=True)
        self.assertEqual(completed.stdout, b"3=2\n")

    def test_a_reader_that_goes_away_ends_the_program(self):
        command = '"$0" run "$1" cat </dev/zero | head -c 10 | wc -c'
        words = ["sh", "-c", command, COMMAND, guest("probe")]
        completed = subprocess.run(words, capture_output=True, timeout=60, check=True)
        self.assertEqual(completed.stdout.strip(), b"10")

    def test_standard_error_is_separate(self):
        result = run_probe("error")
        self.assertEqual((result.output, result.errors), ("", "to standard error\n"))

    def test_a_closed_standard_input_is_an_error_of_the_guest_s_read_only(self):
        completed = subprocess.run(["sh", "-c", '"$0" run "$1" exit 3 <&-', COMMAND, guest("probe")], check=False)
        self.assertEqual(completed.returncode, 3)


class Folders(unittest.TestCase):
    """--dir, and that nothing but what it grants can be reached."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve()
        self.granted = self.root / "granted"
        self.granted.mkdir()
        (self.granted / "file").write_text("granted contents\n")
        (self.root / "secret").write_text("secret contents\n")

    def probe(self, *arguments, access="", to="/data"):
        grant = f"{self.granted}:{to}{access}" if to else f"{self.granted}{access}"
        return run_probe(*arguments, options=["--dir", grant])

    def test_nothing_is_there_without_a_grant(self):
        for path in (self.granted / "file", "/etc/passwd", "/proc/self/environ", COMMAND, guest("probe"), "file"):
            result = run_probe("read", path)
            self.assertEqual((result.status, result.output), (1, f"{path}: No such file or directory\n"))
        self.assertNotIn("etc", run_probe("list", "/").output)

    def test_a_granted_folder_appears_where_it_is_wanted(self):
        self.assertEqual(self.probe("read", "/data/file").output, "granted contents\n")
        self.assertEqual(sorted(self.probe("list", "/data").output.split()), [".", "..", "file"])

    def test_a_granted_folder_appears_under_its_own_path_where_none_is_given(self):
        self.assertEqual(self.probe("read", self.granted / "file", to="").output, "granted contents\n")

    def test_a_grant_is_read_only_unless_it_says_rw(self):
        for access in ("", ":ro"):
            result = self.probe("write", "/data/new", "text", access=access)
            self.assertEqual((result.status, result.output), (1, "/data/new: Read-only file system\n"))
            self.assertEqual(self.probe("write", "/data/file", "text", access=access).status, 1)
        self.assertEqual((self.granted / "file").read_text(), "granted contents\n")
        self.assertEqual(self.probe("write", "/data/new", "text", access=":rw").status, 0)
        self.assertEqual((self.granted / "new").read_text(), "text")

    def test_nothing_outside_of_a_grant_is_reachable(self):
        (self.granted / "relative").symlink_to("../secret")
        (self.granted / "absolute").symlink_to(self.root / "secret")
        (self.granted / "folder").symlink_to("..")
        for path in ("relative", "absolute", "folder/secret", "../secret", "../../../../../../../../etc/passwd"):
            for access in (":ro", ":rw"):
                result = self.probe("read", f"/data/{path}", access=access)
                self.assertEqual(result.status, 1, result)
                self.assertNotIn("secret contents", result.output)
            self.probe("write", f"/data/{path}", "changed", access=":rw")
        self.assertEqual((self.root / "secret").read_text(), "secret contents\n")

    def test_links_that_the_program_makes_lead_nowhere_outside_either(self):
        self.assertEqual(self.probe("link", "../secret", "/data/made", access=":rw").status, 0)
        self.assertNotIn("secret contents", self.probe("read", "/data/made").output)

    def test_several_folders_may_be_granted(self):
        other = self.root / "other"
        other.mkdir()
        (other / "file").write_text("other contents\n")
        options = ["--dir", f"{self.granted}:/data:rw", "--dir", f"{other}:/data/deeper"]
        self.assertEqual(run_probe("read", "/data/deeper/file", options=options).output, "other contents\n")
        self.assertEqual(run_probe("write", "/data/deeper/file", "x", options=options).status, 1)

    def test_the_working_directory_can_be_set(self):
        options = ["--dir", f"{self.granted}:/data", "--cwd", "/data"]
        self.assertEqual(run_probe("cwd", options=options).output, "/data\n")
        self.assertEqual(run_probe("read", "file", options=options).output, "granted contents\n")
        self.assertEqual(run_probe("cwd").output, "/\n")


class TimeAndRandomness(unittest.TestCase):
    def test_the_real_clock_is_the_host_s(self):
        seconds = float(run_probe("time").output.split()[0])
        self.assertAlmostEqual(seconds, time.time(), delta=60)

    def test_the_virtual_clock_is_the_same_in_every_run(self):
        first = run_probe("time", options=["--clock", "virtual"])
        self.assertEqual(run_probe("time", options=["--clock", "virtual"]).output, first.output)
        seconds = float(first.output.split()[0])
        self.assertAlmostEqual(seconds, 1_704_067_200, delta=1, msg="it starts on 2024-01-01")

    def test_with_the_virtual_clock_sleeping_takes_no_time(self):
        start = time.monotonic()
        self.assertEqual(run_probe("sleep", 1000, options=["--clock", "virtual"]).status, 0)
        self.assertLess(time.monotonic() - start, 30)

    def test_the_seed_decides_on_randomness(self):
        outputs = [run_probe("random", options=["--seed", seed]).output for seed in (1, 1, 2)]
        self.assertEqual(outputs[0], outputs[1])
        self.assertNotEqual(outputs[0], outputs[2])


class TensorEngine(unittest.TestCase):
    """Another engine ends as the interpreter does, and says how it got there."""

    def statistics(self, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "statistics.json")
            result = armillion("run", "--clock", "virtual", "--stats", file, *arguments)
            statistics = json.loads(file.read_text())
        for figure in ("elapsed_seconds", "ips"):
            del statistics[figure]
        return statistics, result.status, result.output, result.errors

    def test_ends_as_the_interpreter_does(self):
        for arguments in (
            [guest("countdown")],
            ["--instruction-limit", 100, guest("countdown")],
            [guest("probe"), "exit", 3],
            [guest("probe"), "fault"],
            [guest("probe"), "raise", int(signal.SIGUSR1)],
            [guest("threads")],
            ["--flat", guest("flat")],
        ):
            expected = self.statistics(*arguments)
            self.assertEqual(expected[0].pop("engine"), "interpreter")
            for options in (["--batch", 1], ["--batch", 64], ["--batch", 65536], ["--accelerate-loops"]):
                actual = self.statistics("--engine", "tensor", *options, *arguments)
                self.assertEqual(actual[0].pop("engine"), "tensor")
                tensor = actual[0].pop("tensor")
                self.assertEqual(tensor["instructions_in_batches"] + tensor["instructions_single"] +
                                 tensor["instructions_accelerated"], actual[0]["instructions"])
                self.assertGreater(tensor["batches"], 0)
                self.assertEqual(actual, expected)


class Devices(unittest.TestCase):
    """A GPU's code on the CPU, which is everywhere: what it does is what the CPU does."""

    def statistics(self, device, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "statistics.json")
            result = armillion("run", "--device", device, "--clock", "virtual", "--stats", file, *arguments)
            statistics = json.loads(file.read_text())
        self.assertEqual(statistics.pop("device"), device)
        for figure in ("elapsed_seconds", "ips"):
            del statistics[figure]
        return statistics, result.status, result.output, result.errors

    def test_end_as_the_cpu_does(self):
        for arguments in (
            [guest("countdown")],
            ["--instruction-limit", 100, guest("countdown")],
            [guest("probe"), "exit", 3],
            [guest("probe"), "fault"],
            [guest("probe"), "raise", int(signal.SIGUSR1)],
            [guest("threads")],
            ["--flat", guest("flat")],
        ):
            self.assertEqual(self.statistics("host-lanes", *arguments), self.statistics("cpu", *arguments), arguments)

    def test_stop_at_a_timeout_in_time(self):
        start = time.monotonic()
        result = run_probe("spin", options=["--device", "host-lanes", "--timeout", "0.5"])
        self.assertEqual(result.status, LIMIT_REACHED)
        self.assertLess(time.monotonic() - start, 5)


class FlatBinaries(unittest.TestCase):
    def test_run_to_their_halt(self):
        result = armillion("run", "--flat", guest("flat"))
        self.assertEqual((result.status, result.output, result.errors), (0, "", ""))

    def test_are_loaded_where_they_are_wanted(self):
        result = armillion("run", "--flat", "--flat-address", "0x8000", "--instruction-limit", 1, guest("flat"))
        self.assertIn("at pc 0x8004", result.errors)

    def test_end_at_an_undefined_instruction_with_an_error(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(bytes(4))
            file.flush()
            result = armillion("run", "--flat", "--stats", "-", file.name)
        self.assertEqual(result.status, 128 + signal.SIGILL)
        self.assertIn("undefined_instruction at pc 0x0", result.errors)
        self.assertIn(f'"exit_code": {128 + signal.SIGILL},', result.errors)

    def test_end_at_a_fault_with_an_error_that_says_what_was_accessed(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(pathlib.Path(guest("flat")).read_bytes()[:4])  # one instruction, at the end of memory
            file.flush()
            result = armillion("run", "--flat", "--flat-memory", 4096, "--flat-address", "0xffc", file.name)
        self.assertEqual(result.status, 128 + signal.SIGSEGV)
        self.assertIn("memory_fault at pc 0x1000: fetch of 4 bytes at 0x1000", result.errors)


class SystemCallTrace(unittest.TestCase):
    def test_shows_a_line_for_each_call(self):
        result = run_probe("exit", 5, options=["--strace"])
        self.assertEqual(result.status, 5)
        lines = result.errors.splitlines()
        self.assertTrue(all("(" in line and " = " in line for line in lines), result.errors)
        self.assertEqual(lines[-1], "exit_group(5) = ?")

    def test_shows_paths_and_errors_by_name(self):
        result = run_probe("read", "/nowhere", options=["--strace"])
        self.assertIn('openat(AT_FDCWD, "/nowhere", O_RDONLY', result.errors)
        self.assertIn("= -1 ENOENT (No such file or directory)", result.errors)

    def test_leaves_standard_output_alone(self):
        self.assertEqual(run_probe("cwd", options=["--strace"]).output, "/\n")

    def test_a_call_that_is_not_supported_is_reported_once(self):
        result = run_probe("reboot")
        self.assertEqual(result.output, "-1\n-1\n-1\n")
        self.assertEqual(result.errors.count("reboot"), 1)
        self.assertIn("ENOSYS", result.errors)


if __name__ == "__main__":
    unittest.main(verbosity=1, argv=sys.argv)
