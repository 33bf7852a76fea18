"""The commands that explain: disassemble, isa, syscalls, info, completion, and --help."""

import os
import re
import subprocess
import unittest

from command import COMMAND, OWN_ERROR, armillion, guest

# The folder of a driver of a GPU that is not there.
FAKE_CUDA = os.environ.get("ARMILLION_FAKE_CUDA", "")

COMMANDS = ("run", "fleet", "bench", "disassemble", "isa", "syscalls", "info", "completion")


class Disassemble(unittest.TestCase):
    def lines(self, *arguments):
        result = armillion("disassemble", *arguments)
        self.assertEqual((result.status, result.errors), (0, ""), result)
        return [re.sub(" +", " ", line) for line in result.output.splitlines()]

    def test_words(self):
        self.assertEqual(self.lines("--word", "91000400", "d65f03c0", "0"),
                         ["0x000000000000 91000400 add x0, x0, #0x1",
                          "0x000000000004 d65f03c0 ret",
                          "0x000000000008 00000000 .word 0x00000000"])

    def test_words_at_an_address(self):
        self.assertEqual(self.lines("--start", "0x1000", "--word", "0x14000001"), ["0x000000001000 14000001 b 0x1004"])

    def test_a_command_that_is_found_through_path_finds_the_disassembler(self):
        environment = {**os.environ, "PATH": os.path.dirname(COMMAND)}
        completed = subprocess.run(["armillion", "disassemble", "--word", "d65f03c0"], env=environment,
                                   capture_output=True, text=True, check=False)
        self.assertEqual((completed.returncode, completed.stderr), (0, ""))
        self.assertRegex(completed.stdout, r"d65f03c0 +ret")

    def test_a_function_by_its_name(self):
        lines = self.lines(guest("countdown"), "--symbol", "_start")
        self.assertEqual(lines[0], "_start:")
        self.assertEqual([" ".join(line.split()[2:3]) for line in lines if not line.endswith(":")],
                         ["mov", "subs", "b.ne", "mov", "mov", "svc"])

    def test_the_entry_point_where_nothing_is_said(self):
        self.assertEqual(self.lines(guest("countdown"), "--count", 1)[0], "_start:")

    def test_as_many_as_are_asked_for(self):
        self.assertEqual(len(self.lines(guest("probe"), "--symbol", "main", "--count", 3)), 4)

    def expect_error(self, arguments, text):
        result = armillion("disassemble", *arguments)
        self.assertEqual(result.status, OWN_ERROR, result)
        self.assertIn(text, result.errors)

    def test_mistakes_are_errors(self):
        self.expect_error([], "PROGRAM")
        self.expect_error(["/no/such/program"], "/no/such/program")
        self.expect_error([guest("probe"), "--symbol", "no_such_symbol"], "no_such_symbol")
        self.expect_error([guest("probe"), "--symbol", "copy_inpt"], "did you mean 'copy_input'?")
        self.expect_error([guest("probe"), "--start", "0x10"], "0x10")
        self.expect_error(["--word", "12345678z"], "12345678z")
        self.expect_error(["--word", "123456789"], "123456789")


class Isa(unittest.TestCase):
    def rows(self, *arguments):
        lines = armillion("isa", *arguments).output.splitlines()
        self.assertRegex(lines[-1], r"^\d+ encodings$")
        rows = [re.fullmatch(r"(\S+) +(.*?) +(\S{32}) +(\S+)", line).groups() for line in lines[1:-1]]
        self.assertEqual(len(rows), int(lines[-1].split()[0]))
        return rows

    def test_prints_every_row_with_feature_pattern_and_state(self):
        rows = self.rows()
        self.assertGreater(len(rows), 500)
        for name, feature, pattern, state in rows:
            self.assertRegex(name, "^[a-z][a-z0-9_]*$")
            self.assertRegex(feature, r"^[A-Za-z0-9_]+( \(.*\))?$")
            self.assertRegex(pattern, "^[01A-Za-z-]{32}$")
            self.assertEqual(state, "interpreter")
        names = [row[0] for row in rows]
        self.assertEqual(len(set(names)), len(names))
        self.assertIn("add_immediate", names)

    def test_prints_the_rows_of_one_feature(self):
        rows = self.rows("--feature", "FEAT_LSE")
        self.assertEqual({row[1] for row in rows}, {"FEAT_LSE"})
        self.assertLess(len(rows), len(self.rows()))

    def test_prints_markdown(self):
        output = armillion("isa", "--markdown").output
        self.assertTrue(output.startswith("# Instructions\n"))
        self.assertIn("| `add_immediate` |", output)
        rows = [line for line in output.splitlines() if line.startswith("| `")]
        self.assertEqual(len(rows), len(self.rows()))
        self.assertEqual({line.count("|") for line in rows}, {5})

    def test_an_unknown_feature_is_an_error(self):
        result = armillion("isa", "--feature", "FEAT_WINGS")
        self.assertEqual((result.status, result.output), (OWN_ERROR, ""))
        self.assertIn("FEAT_WINGS", result.errors)


class SystemCalls(unittest.TestCase):
    def test_are_listed_with_what_is_done_with_them(self):
        lines = armillion("syscalls").output.splitlines()
        table = {line.split()[1]: line.split() for line in lines}
        self.assertEqual(table["openat"], ["56", "openat", "supported"])
        self.assertEqual(table["reboot"], ["142", "reboot", "ENOSYS"])
        markdown = armillion("syscalls", "--markdown").output
        self.assertEqual(markdown.count("\n| ") - 1, len(lines))


class Info(unittest.TestCase):
    def test_says_what_this_build_can_do(self):
        result = armillion("info")
        self.assertEqual((result.status, result.errors), (0, ""))
        facts = dict(line.split(None, 1) for line in result.output.splitlines())
        self.assertRegex(facts["version"], r"^\d+\.\d+\.\d+$")
        self.assertEqual(facts["devices"].split()[0], "cpu")
        self.assertRegex(facts["cpu"], r"\d+\.\d GiB, \d+ threads$")
        self.assertIn("interpreter", facts["engines"])
        self.assertIn("tensor", facts["engines"])
        self.assertIn("FEAT_LSE", facts["features"])
        self.assertEqual(facts["disassembler"], "available")
        self.assertEqual(facts["instructions"], armillion("isa").output.splitlines()[-1])

    def test_lists_every_gpu_or_says_why_there_is_none(self):
        facts = dict(line.split(None, 1) for line in armillion("info").output.splitlines())
        gpus = facts["devices"].split()[1:]
        self.assertEqual(gpus == [], "gpu" in facts, facts)
        for name in gpus:
            self.assertRegex(name, r"^cuda:\d+$")
            self.assertRegex(facts[name], r"^.+, \d+\.\d GiB, \d+ multiprocessors, compute capability \d+\.\d, "
                                          r"driver .*CUDA \d+\.\d\)?$")

    @unittest.skipUnless(FAKE_CUDA, "the fake driver was not built")
    def test_lists_the_gpu_of_a_driver(self):
        def info(**variables):
            environment = {**os.environ, "LD_LIBRARY_PATH": FAKE_CUDA, **variables}
            result = armillion("info", environment=environment)
            self.assertEqual((result.status, result.errors), (0, ""))
            return dict(line.split(None, 1) for line in result.output.splitlines())

        facts = info(FAKE_CUDA_MEMORY_BYTES=str(3 << 30))
        self.assertEqual(facts["devices"], "cpu cuda:0")
        self.assertRegex(facts["cuda:0"], r"^Fake GPU, 3\.0 GiB, 4 multiprocessors, compute capability 9\.0, driver ")
        self.assertNotIn("gpu", facts)
        facts = info(FAKE_CUDA_FAIL="cuInit:100")
        self.assertEqual(facts["devices"], "cpu")
        self.assertEqual(facts["gpu"], "none: the NVIDIA driver finds no GPU (CUDA_ERROR_NO_DEVICE, no device)")

    def test_output_that_is_lost_is_an_error(self):
        for arguments in (["info"], ["isa"], ["syscalls"], ["--version"], ["run", "--help"], ["completion", "bash"],
                          ["disassemble", guest("countdown")]):
            with open("/dev/full", "wb") as full:
                completed = subprocess.run([COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, check=False)
            self.assertEqual(completed.returncode, OWN_ERROR, arguments)
            self.assertRegex(completed.stderr, b"^armillion: .*cannot")

    def test_version(self):
        self.assertRegex(armillion("--version").output, r"^armillion \d+\.\d+\.\d+\n$")


class Help(unittest.TestCase):
    def test_of_every_command_has_its_options_and_examples(self):
        for command in ((), *((name,) for name in COMMANDS)):
            result = armillion(*command, "--help")
            self.assertEqual((result.status, result.errors), (0, ""), command)
            self.assertIn("Usage: armillion", result.output)
            self.assertIn("--help", result.output)
            self.assertRegex(result.output, r"Examples?:\n  .*armillion ")

    def test_names_every_command(self):
        output = armillion("--help").output
        for command in COMMANDS:
            self.assertRegex(output, rf"\n  {command} ")

    def test_lines_fit_on_a_terminal(self):
        for command in COMMANDS:
            for line in armillion(command, "--help").output.splitlines():
                self.assertLessEqual(len(line), 120, line)


class Completion(unittest.TestCase):
    def complete(self, *words):
        """What bash offers for the last of these words."""
        script = (
            'PATH="$(dirname "$0"):$PATH"\n'
            'source <("$0" completion bash)\n'
            'COMP_WORDS=("$@")\n'
            'COMP_CWORD=$(($# - 1))\n'
            "_armillion\n"
            'printf "%s\\n" "${COMPREPLY[@]}"\n'
        )
        completed = subprocess.run(["bash", "-c", script, COMMAND, *words], capture_output=True, check=True,
                                   cwd=os.path.dirname(guest("probe")))
        self.assertEqual(completed.stderr, b"")
        return completed.stdout.decode().split()

    def test_is_a_script_that_bash_accepts(self):
        script = armillion("completion", "bash").output
        completed = subprocess.run(["bash", "-n"], input=script.encode(), capture_output=True, check=False)
        self.assertEqual((completed.returncode, completed.stderr), (0, b""))
        self.assertIn("complete ", script)

    def test_offers_commands(self):
        self.assertEqual(sorted(set(COMMANDS) - set(self.complete("armillion", ""))), [])
        self.assertEqual(self.complete("armillion", "dis"), ["disassemble"])

    def test_offers_the_options_of_the_command(self):
        self.assertEqual(sorted(self.complete("armillion", "run", "--st")), ["--stack-size", "--stats", "--strace"])
        self.assertEqual(self.complete("armillion", "isa", "--mark"), ["--markdown"])
        self.assertEqual(self.complete("armillion", "run", "--mark"), [])
        self.assertEqual(self.complete("armillion", "fleet", "--ag"), ["--against"])
        self.assertEqual(self.complete("armillion", "fleet", "--call", "main", "--inp"), ["--inputs"])

    def test_offers_files(self):
        self.assertEqual(self.complete("armillion", "run", "countd"), ["countdown"])

    def test_leaves_the_program_s_own_arguments_alone(self):
        self.assertEqual(self.complete("armillion", "run", "./probe", "--st"), [])
        self.assertEqual(self.complete("armillion", "fleet", "--lanes", "3", "./probe", "--in"), [])

    def test_offers_benchmarks_and_then_options(self):
        self.assertEqual(self.complete("armillion", "bench", "te"), ["tensor"])
        self.assertEqual(self.complete("armillion", "bench", "fleet", "--la"), ["--lanes"])
        self.assertEqual(self.complete("armillion", "bench", "fleet", "--lanes", "3", "--pl"), ["--plot"])
        self.assertEqual(self.complete("armillion", "bench", "fleet", "countd"), ["countdown"])

    def test_offers_the_shells(self):
        self.assertEqual(self.complete("armillion", "completion", "b"), ["bash"])

    def test_for_zsh_uses_bash_s(self):
        script = armillion("completion", "zsh").output
        self.assertTrue(script.startswith("#compdef armillion\n"))
        self.assertIn("bashcompinit", script)

    def test_for_another_shell_is_an_error(self):
        result = armillion("completion", "fish")
        self.assertEqual(result.status, OWN_ERROR)
        self.assertIn("bash", result.errors)


if __name__ == "__main__":
    unittest.main()
