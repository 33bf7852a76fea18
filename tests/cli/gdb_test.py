"""`armillion run --gdb`: gdb-multiarch debugs a program by it."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from command import COMMAND, OWN_ERROR, armillion, guest

GDB = os.environ["GDB_MULTIARCH"]
SYSROOT = os.environ["ARMILLION_SYSROOT"]
LONGEST_SECONDS = 60


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """`armillion run --gdb` with a program, waiting for a debugger."""

    def __init__(self, test, *arguments, options=()):
        self.port = free_port()
        self.process = subprocess.Popen(
            [COMMAND, "run", "--gdb", str(self.port), *options, *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        test.addCleanup(self.stop)
        self.first_line = self.process.stderr.readline().decode()

    def stop(self):
        self.process.kill()
        self.process.communicate()

    def wait(self):
        """The command's exit status, once it has ended by itself."""
        self.errors = self.process.communicate(timeout=LONGEST_SECONDS)[1].decode()
        return self.process.returncode


class Connection:
    """The remote serial protocol by hand: for what gdb does not do."""

    def __init__(self, test, server):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=LONGEST_SECONDS)
        test.addCleanup(self.socket.close)

    def send(self, data):
        self.socket.sendall(b"$%s#%02x" % (data, sum(data) % 256))

    def receive(self):
        """The next packet's data; acknowledgements are passed over."""
        while self.receive_byte() != b"$":
            pass
        data = b""
        while (byte := self.receive_byte()) != b"#":
            data += byte
        self.receive_byte()
        self.receive_byte()
        self.socket.sendall(b"+")
        return data

    def receive_byte(self):
        byte = self.socket.recv(1)
        if not byte:
            raise EOFError("the server closed the connection")
        return byte

    def ask(self, data):
        self.send(data)
        return self.receive()


class Gdb(unittest.TestCase):
    def debug(self, server, program, commands):
        """Runs gdb's commands, with "; " between them, on the server; returns what gdb prints."""
        words = [GDB, "-batch", "-nx", "-ex", "set pagination off", "-ex", "set confirm off",
                 "-ex", f"file {program}" if program else "set architecture aarch64",
                 "-ex", f"target remote 127.0.0.1:{server.port}"]
        for command in commands.split("; "):
            words += ["-ex", command]
        completed = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   timeout=LONGEST_SECONDS, check=False)
        return completed.stdout.decode()

    def debug_debuggee(self, commands, arguments=()):
        server = Server(self, guest("debuggee"), *arguments)
        output = self.debug(server, guest("debuggee"), commands)
        return server, output

    def expect(self, output, *patterns):
        """All patterns match in the output, in this order."""
        position = 0
        for pattern in patterns:
            match = re.compile(pattern, re.MULTILINE).search(output, position)
            self.assertIsNotNone(match, f"{pattern!r} is not in the rest of\n{output}")
            position = match.end()

    def test_the_server_says_where_it_waits(self):
        server = Server(self, guest("debuggee"))
        self.assertIn(str(server.port), server.first_line)

    def test_a_port_that_is_taken_is_an_error(self):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            result = armillion("run", "--gdb", listener.getsockname()[1], guest("debuggee"))
        self.assertEqual(result.status, OWN_ERROR)
        self.assertIn("port", result.errors)

    def test_attaching_shows_the_program_at_its_start(self):
        _, output = self.debug_debuggee("info registers pc; kill")
        self.expect(output, r"_start \(\)", r"pc +0x[0-9a-f]+ +0x[0-9a-f]+ <_start>")

    def test_a_program_that_is_continued_runs_to_its_exit(self):
        server, output = self.debug_debuggee("continue")
        self.expect(output, r"exited with code 051")  # 41 in octal
        self.assertEqual(server.wait(), 41)

    def test_a_breakpoint_on_a_symbol_is_reached_with_a_backtrace(self):
        _, output = self.debug_debuggee("break leaf; continue; backtrace; info args; kill")
        self.expect(output, r"Breakpoint 1, leaf \(value=11\)", r"#0 +leaf \(value=11\)", r"#1 .* middle \(value=10\)",
                    r"#2 .* main \(", r"^value = 11")

    def test_stepping_goes_by_lines_and_by_instructions(self):
        _, output = self.debug_debuggee("break leaf; continue; next; next; print counter; p/x $pc; stepi; "
                                        "p/x $pc; finish; kill")
        self.expect(output, r"^\$1 = 16")
        pcs = [int(value, 16) for value in re.findall(r"^\$[23] = (0x[0-9a-f]+)", output, re.MULTILINE)]
        self.assertEqual(pcs[1] - pcs[0], 4, output)
        self.expect(output, r"middle \(value=10\)", r"Value returned is \$4 = 32")

    def test_a_removed_breakpoint_is_not_reached(self):
        server, output = self.debug_debuggee("break leaf; break middle; continue; delete 1; continue")
        self.expect(output, "Breakpoint 2, middle", "exited with code 051")
        self.assertEqual(server.wait(), 41)

    def test_general_registers_are_read_and_written(self):
        server, output = self.debug_debuggee("break leaf; continue; info registers x0 sp cpsr; p $x0; "
                                             "set $x0 = 1; p $x0; set $x17 = 0x1122334455667788; p/x $x17; "
                                             "p/x $w17; set $cpsr = 0x60000000; p $cpsr; continue")
        # The argument is read from X0 after the prologue, which gdb's breakpoint is behind: only the register changes.
        self.expect(output, r"^x0 ", r"^sp ", r"^cpsr ", r"^\$1 = ", r"^\$2 = 1$", r"^\$3 = 0x1122334455667788",
                    r"^\$4 = 0x55667788", r"^\$5 = \[ C Z \]", "exited with code")
        self.assertEqual(server.wait(), 41)

    def test_a_written_register_counts(self):
        server, output = self.debug_debuggee("break *leaf; continue; set $x0 = 100; continue")
        self.expect(output, "exited with code")
        self.assertEqual(server.wait(), 40 + ((5 + 100) * 2 + 1) % 8)

    def test_vector_registers_are_read_and_written(self):
        server, output = self.debug_debuggee("break *twice; continue; p $v0.d.f; p/x $v0.d.u; p $d0.f; "
                                             "p $v0.s.f[1]; p/x $v0.b.u[15]; set $v0.d.f[1] = 4.25; finish; "
                                             "p/x $fpsr; p $fpcr; next; p pair; continue")
        self.expect(output, "Breakpoint 1", r"^\$1 = \{1\.5, -2\.5\}", r"\{0x3ff8000000000000, 0xc004000000000000\}",
                    r"^\$3 = 1\.5$", r"^\$4 = 1\.9375$", r"^\$5 = 0xc0$", r"Value returned is \$6 = \{3, 8\.5\}",
                    r"^\$7 = 0x[01]", r"^\$8 = 0", r"^\$9 = \{3, 8\.5\}", "exited with code")
        self.assertEqual(server.wait(), 41)

    def test_memory_is_read_and_written(self):
        server, output = self.debug_debuggee("break main; continue; print text; set var text[0] = 'a'; x/s &text; "
                                             "p counter; set var counter = 6; x/2i $pc; x/4xb 0x10; continue")
        self.expect(output, r'= "before', r'"aefore"', r"= 5$", "=> 0x", "Cannot access memory at address 0x10",
                    "exited with code")
        self.assertEqual(server.wait(), 50 + ((6 + 11) * 2 + 1) % 8)

    def test_a_large_piece_of_memory_is_read_whole(self):
        # The first segment starts with the file's first bytes.
        size = 0x40000
        with tempfile.NamedTemporaryFile() as dump:
            self.debug_debuggee(f"dump binary memory {dump.name} 0x400000 0x400000+{size}; kill")
            self.assertEqual(dump.read(), pathlib.Path(guest("debuggee")).read_bytes()[:size])

    def test_a_watchpoint_shows_the_change(self):
        server, output = self.debug_debuggee("break main; continue; watch counter; continue; continue")
        self.expect(output, r"Hardware watchpoint 2: counter", r"Old value = 5", r"New value = 16",
                    r"leaf \(value=11\)", "exited with code|Watchpoint 2 deleted")

    def test_a_watchpoint_for_reading_stops_at_a_read(self):
        _, output = self.debug_debuggee("break main; continue; rwatch counter; continue; kill")
        self.expect(output, r"Hardware read watchpoint 2: counter", r"Value = 5")

    def test_a_conditional_breakpoint_counts(self):
        _, output = self.debug_debuggee("break leaf if value == 12; break middle if value == 10; continue; kill")
        self.expect(output, r"Breakpoint 2, middle \(value=10\)")

    def test_a_function_of_the_program_can_be_called(self):
        server, output = self.debug_debuggee("break main; continue; print leaf(7); print counter; continue")
        self.expect(output, r"^\$1 = 24", r"^\$2 = 12", "exited with code")
        self.assertEqual(server.wait(), 40 + ((12 + 11) * 2 + 1) % 8)

    def test_a_fault_is_a_segmentation_fault_at_its_instruction(self):
        server, output = self.debug_debuggee("continue; p/x $pc; x/i $pc; backtrace; info program; continue",
                                             arguments=["fault"])
        self.expect(output, "Program received signal SIGSEGV", r"in main \(|main \(count=2", r"\$1 = 0x", r"=> 0x.*str",
                    r"#0 .*main \(")
        self.expect(output, "Program terminated with signal SIGSEGV")
        self.assertEqual(server.wait(), 128 + signal.SIGSEGV)

    def test_a_signal_that_ends_the_program_is_shown_where_it_was_raised(self):
        server, output = self.debug_debuggee("continue; backtrace; continue", arguments=["abort"])
        self.expect(output, "Program received signal SIGABRT", r"#\d .* main \(count=2",
                    "Program terminated with signal SIGABRT")
        self.assertEqual(server.wait(), 128 + signal.SIGABRT)

    def test_programs_that_are_loaded_anywhere_have_their_symbols_there(self):
        for name, options in (("debuggee_static_pie", ()), ("debuggee_dynamic", ("--sysroot", SYSROOT))):
            with self.subTest(name):
                server = Server(self, guest(name), options=options)
                output = self.debug(server, guest(name), "break leaf; continue; print counter; continue")
                self.expect(output, r"Breakpoint 1, leaf \(value=11\)", r"^\$1 = 5", "exited with code 051")
                self.assertEqual(server.wait(), 41)

    def test_limits_end_the_session(self):
        for limit in (("--instruction-limit", "100000"), ("--timeout", "0.3")):
            with self.subTest(limit):
                server = Server(self, guest("debuggee"), "spin", options=[*limit, "--stats", "-"])
                output = self.debug(server, guest("debuggee"), "break main; continue; continue")
                self.expect(output, "Breakpoint 1", "Program terminated with signal SIGXCPU")
                self.assertEqual(server.wait(), 124)
                if limit[0] == "--instruction-limit":
                    self.assertIn('"instructions": 100000,', server.errors)

    def test_threads_are_shown_each_with_its_own_stack(self):
        server = Server(self, guest("threads"))
        output = self.debug(server, guest("threads"), "break work; continue; info threads; backtrace; thread 1; "
                                                      "backtrace; thread 2; p amount; continue")
        self.expect(output, r"Thread 2 hit Breakpoint 1, work \(amount=6\)", r"^ +1 +Thread ", r"^\* 2 +Thread ",
                    r"#1 .* run \(", r"Switching to thread 1", r"#\d .* main \(", r"Switching to thread 2", r"= 6$",
                    "exited with code 06")
        self.assertEqual(server.wait(), 6)

    def test_a_detached_program_runs_on(self):
        server, output = self.debug_debuggee("break leaf; continue; detach")
        self.expect(output, "Breakpoint 1, leaf", "detached")
        self.assertEqual(server.wait(), 41)

    def test_a_killed_program_is_gone(self):
        server, _ = self.debug_debuggee("break leaf; continue; kill")
        self.assertEqual(server.wait(), 128 + signal.SIGKILL)

    def test_a_flat_binary_is_debugged_too(self):
        server = Server(self, guest("flat"), options=["--flat"])
        output = self.debug(server, None, "p/x $pc; stepi; p $x0; break *0x14; continue; p $x1; delete; continue")
        self.expect(output, r"^\$1 = 0x0", r"^\$2 = 10", r"Breakpoint 1", r"exited normally")
        self.assertEqual(server.wait(), 0)


class Interruptions(unittest.TestCase):
    def test_ctrl_c_stops_a_running_program(self):
        server = Server(self, guest("debuggee"), "spin")
        process = subprocess.Popen(
            [GDB, "-nx", "-q", "-ex", "set pagination off", "-ex", "set confirm off",
             "-ex", f"file {guest('debuggee')}", "-ex", f"target remote 127.0.0.1:{server.port}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        process.stdin.write(b"continue\n")
        process.stdin.flush()
        while b"Continuing" not in process.stdout.readline():
            pass
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        commands = b"print counter\nset var counter = 0\ncontinue\n"
        output = process.communicate(commands, timeout=LONGEST_SECONDS)[0].decode()
        self.assertRegex(output, "received signal SIGINT")
        self.assertRegex(output, r"\$1 = 5")
        self.assertRegex(output, "exited with code 03")
        self.assertEqual(server.wait(), 3)

    def test_an_interrupt_by_hand_is_answered(self):
        server = Server(self, guest("debuggee"), "spin")
        connection = Connection(self, server)
        self.assertRegex(connection.ask(b"?"), b"^T05")
        connection.send(b"vCont;c")
        time.sleep(0.2)
        connection.socket.sendall(b"\x03")
        self.assertRegex(connection.receive(), b"^T02")

    def test_a_debugger_that_goes_away_does_not_hold_the_program(self):
        server = Server(self, guest("debuggee"))
        connection = Connection(self, server)
        connection.ask(b"?")
        connection.socket.close()
        self.assertEqual(server.wait(), 41)

    def test_a_fault_after_the_debugger_went_away_ends_the_program(self):
        server = Server(self, guest("debuggee"), "fault")
        connection = Connection(self, server)
        connection.ask(b"?")
        connection.socket.close()
        self.assertEqual(server.wait(), 128 + signal.SIGSEGV)

    def test_a_debugger_that_goes_away_from_a_running_program_does_not_stop_it_for_ever(self):
        server = Server(self, guest("debuggee"), "spin", options=["--timeout", "2"])
        connection = Connection(self, server)
        connection.send(b"vCont;c")
        time.sleep(0.2)
        connection.socket.close()
        self.assertEqual(server.wait(), 124)

    def test_a_packet_stops_a_running_program_to_be_answered(self):
        server = Server(self, guest("debuggee"), "spin", options=["--timeout", "20"])
        connection = Connection(self, server)
        connection.send(b"vCont;c")
        connection.send(b"T99")
        self.assertRegex(connection.receive(), b"^T02")
        self.assertEqual(connection.receive(), b"E16")
        connection.send(b"k")
        self.assertEqual(server.wait(), 128 + signal.SIGKILL)

    def test_a_debugger_that_goes_away_leaves_no_stops_behind(self):
        server = Server(self, guest("debuggee"))
        connection = Connection(self, server)
        symbols = subprocess.run([GDB, "-batch", "-nx", "-ex", "p/x &counter", "-ex", "p/x &leaf", guest("debuggee")],
                                 capture_output=True, check=True).stdout
        counter, leaf = (int(value, 16) for value in re.findall(rb"= 0x([0-9a-f]+)", symbols))
        self.assertEqual(connection.ask(b"Z2,%x,4" % counter), b"OK")
        self.assertEqual(connection.ask(b"Z0,%x,4" % leaf), b"OK")
        connection.socket.close()
        self.assertEqual(server.wait(), 41)

    def test_nonsense_is_answered_and_does_no_harm(self):
        server = Server(self, guest("debuggee"))
        connection = Connection(self, server)
        for packet in (b"", b"!", b"m", b"m,", b"mzz,4", b"m0,ffffffffffffffff", b"mffffffffffffffff,10", b"M0,4:zz",
                       b"X0,4:", b"p", b"pffffffff", b"P0", b"P0=", b"P0=12", b"P44=0", b"G", b"Gzz", b"Z", b"Z0",
                       b"Z9,0,4", b"z0,1", b"Z2,ffffffffffffffff,ffffffffffffffff", b"Z2,0,0", b"z2,1000,8", b"Hg",
                       b"Hgzz", b"Hgffff", b"T", b"vCont", b"vCont;", b"vCont;t", b"vMustReplyEmpty",
                       b"qXfer:features:read:target.xml:ffffff,10",
                       b"qXfer:features:read:target.xml:", b"qXfer:auxv:read::", b"qXfer:auxv:read::ffff,8", b"qSupported", b"QUnknown", b"s", b"sz"):
            connection.ask(packet)
        connection.socket.sendall(b"$g#00")  # a wrong checksum is refused, and the packet can be sent again
        self.assertEqual(len(connection.ask(b"g")), 2 * (33 * 8 + 4 + 32 * 16 + 8))
        connection.socket.close()
        self.assertEqual(server.wait(), 41)


if __name__ == "__main__":
    unittest.main()
