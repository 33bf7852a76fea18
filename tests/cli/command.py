"""The command under test. Where it and the guest programs are, CMake says in the environment."""

import os
import subprocess

COMMAND = os.environ["ARMILLION_COMMAND"]
GUESTS = os.environ["ARMILLION_GUESTS"]
SYSROOT = os.environ.get("ARMILLION_SYSROOT", "")

# Exit statuses of the command itself.
LIMIT_REACHED = 124
OWN_ERROR = 125

# No test waits longer for the command, whatever is wrong with it.
LONGEST_SECONDS = 120


def guest(name):
    return os.path.join(GUESTS, name)


class Result:
    """What a finished command printed and returned."""

    def __init__(self, completed):
        self.status = completed.returncode
        self.output = completed.stdout.decode(errors="replace")
        self.errors = completed.stderr.decode(errors="replace")

    def __repr__(self):
        return f"status {self.status}\n-- standard output:\n{self.output}-- standard error:\n{self.errors}--"


def armillion(*arguments, stdin=b"", environment=None):
    """Runs the command and returns its Result."""
    return Result(
        subprocess.run(
            [COMMAND, *map(str, arguments)],
            input=stdin,
            capture_output=True,
            timeout=LONGEST_SECONDS,
            env=environment,
            check=False,
        )
    )


def run_probe(*arguments, options=(), stdin=b"", environment=None):
    """Runs the guest program `probe` with arguments."""
    return armillion("run", *options, guest("probe"), *arguments, stdin=stdin, environment=environment)
