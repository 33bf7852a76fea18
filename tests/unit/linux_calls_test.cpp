// System calls as a guest makes them: each test is a guest whose calls the host makes, one by one.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "guest/linux/abi.hpp"
#include "support/guest_caller.hpp"

namespace armillion::guest::kernel {
namespace {

namespace fs = std::filesystem;
using test::GUEST_CODE;
using test::GUEST_DATA;
using test::GuestCaller;

// Numbers of system calls (system_calls.inc).
enum Number : std::uint64_t {
  GETCWD = 17,
  DUP3 = 24,
  FCNTL = 25,
  IOCTL = 29,
  MKDIRAT = 34,
  UNLINKAT = 35,
  SYMLINKAT = 36,
  LINKAT = 37,
  RENAMEAT = 38,
  TRUNCATE = 45,
  FTRUNCATE = 46,
  FACCESSAT = 48,
  CHDIR = 49,
  FCHMODAT = 53,
  OPENAT = 56,
  CLOSE = 57,
  PIPE2 = 59,
  GETDENTS64 = 61,
  LSEEK = 62,
  READ = 63,
  WRITE = 64,
  WRITEV = 66,
  PREAD64 = 67,
  PPOLL = 73,
  READLINKAT = 78,
  NEWFSTATAT = 79,
  FSTAT = 80,
  UTIMENSAT = 88,
  EXIT = 93,
  EXIT_GROUP = 94,
  FUTEX = 98,
  NANOSLEEP = 101,
  CLOCK_GETTIME = 113,
  KILL = 129,
  UNAME = 160,
  GETPID = 172,
  SOCKET = 198,
  BRK = 214,
  MUNMAP = 215,
  MREMAP = 216,
  CLONE = 220,
  MMAP = 222,
  MPROTECT = 226,
  MSYNC = 227,
  MINCORE = 232,
  MADVISE = 233,
  PRLIMIT64 = 261,
  GETRANDOM = 278,
  MEMFD_CREATE = 279,
  RSEQ = 293,
};
constexpr std::int64_t HERE = abi::AT_WORKING_DIRECTORY;
constexpr std::uint64_t BUFFER = GUEST_DATA + 0x2000;

class FileCalls : public ::testing::Test {
 protected:
  FileCalls() {
    std::string name = ::testing::TempDir() + "armillion_calls_XXXXXX";
    folder = ::mkdtemp(name.data());
    for (const char* part : {"free", "fixed", "outside"}) {
      fs::create_directories(folder / part / "folder");
      std::ofstream(folder / part / "file") << "contents of " << part;
    }
    ProcessOptions options;
    options.directories = {{folder / "free", "/free", DirectoryAccess::READ_WRITE},
                           {folder / "fixed", "/fixed", DirectoryAccess::READ_ONLY}};
    options.working_directory = "/free";
    guest.emplace(std::move(options));
  }
  ~FileCalls() override { fs::remove_all(folder); }

  std::int64_t open(std::string_view path, std::uint32_t flags = 0, std::uint32_t mode = 0644) {
    return guest->call(OPENAT, HERE, guest->put(path), flags, mode);
  }
  std::string read(std::int64_t descriptor, std::size_t size = 100) {
    const std::int64_t count = guest->call(READ, descriptor, BUFFER, size);
    return count < 0 ? "error " + std::to_string(-count) : guest->get_text(BUFFER, static_cast<std::size_t>(count));
  }
  std::string contents(const fs::path& path) {
    std::ifstream file(folder / path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  fs::path folder;
  std::optional<GuestCaller> guest;
};

TEST_F(FileCalls, ReadAndWriteWhatIsGranted) {
  const std::int64_t file = open("file", abi::O_READ_WRITE);
  EXPECT_EQ(file, 3);
  EXPECT_EQ(read(file), "contents of free");
  EXPECT_EQ(read(file), "");
  EXPECT_EQ(guest->call(LSEEK, file, 0, 0), 0);
  EXPECT_EQ(guest->call(WRITE, file, guest->put("CON"), 3), 3);
  EXPECT_EQ(contents("free/file"), "CONtents of free");
  EXPECT_EQ(guest->call(CLOSE, file), 0);
  EXPECT_EQ(guest->call(CLOSE, file), -EBADF);
}

TEST_F(FileCalls, CreateWithTheGuestsMask) {
  const std::int64_t file = open("new", abi::O_CREATE | abi::O_WRITE_ONLY | abi::O_EXCLUSIVE, 06666);
  EXPECT_GE(file, 3);
  EXPECT_EQ(open("new", abi::O_CREATE | abi::O_WRITE_ONLY | abi::O_EXCLUSIVE), -EEXIST);
  EXPECT_EQ(fs::status(folder / "free/new").permissions() & fs::perms::mask, fs::perms(0644));
  EXPECT_EQ(open("new/", abi::O_CREATE), -ENOTDIR);
  EXPECT_EQ(open("other/", abi::O_CREATE), -EISDIR);
}

TEST_F(FileCalls, RefuseEveryChangeInAReadOnlyFolder) {
  EXPECT_EQ(read(open("/fixed/file")), "contents of fixed");
  EXPECT_EQ(open("/fixed/file", abi::O_WRITE_ONLY), -EROFS);
  EXPECT_EQ(open("/fixed/file", abi::O_TRUNCATE), -EROFS);
  EXPECT_EQ(open("/fixed/new", abi::O_CREATE | abi::O_WRITE_ONLY), -EROFS);
  EXPECT_GE(open("/fixed/file", abi::O_CREATE), 0) << "it is there already";
  const std::uint64_t path = guest->put("/fixed/file");
  const std::uint64_t other = guest->put("/fixed/new", GUEST_DATA + 0x1000);
  const std::uint64_t free_path = guest->put("/free/new", GUEST_DATA + 0x1100);
  EXPECT_EQ(guest->call(UNLINKAT, HERE, path, 0), -EROFS);
  EXPECT_EQ(guest->call(MKDIRAT, HERE, other, 0755), -EROFS);
  EXPECT_EQ(guest->call(SYMLINKAT, path, HERE, other), -EROFS);
  EXPECT_EQ(guest->call(LINKAT, HERE, path, HERE, other, 0), -EROFS);
  EXPECT_EQ(guest->call(LINKAT, HERE, path, HERE, free_path, 0), -EROFS);
  EXPECT_EQ(guest->call(RENAMEAT, HERE, path, HERE, free_path), -EROFS);
  EXPECT_EQ(guest->call(TRUNCATE, path, 3), -EROFS);
  EXPECT_EQ(guest->call(FCHMODAT, HERE, path, 0777), -EROFS);
  EXPECT_EQ(guest->call(UTIMENSAT, HERE, path, 0, 0), -EROFS);
  EXPECT_EQ(guest->call(FACCESSAT, HERE, path, 2), -EROFS);
  EXPECT_EQ(contents("fixed/file"), "contents of fixed");
}

TEST_F(FileCalls, CannotMoveWhatLeadsToAnotherMount) {
  const std::uint64_t mount = guest->put("/free");
  EXPECT_EQ(guest->call(UNLINKAT, HERE, mount, abi::AT_REMOVE_DIRECTORY), -EROFS);
  EXPECT_EQ(guest->call(RENAMEAT, HERE, mount, HERE, guest->put("/free/inside", GUEST_DATA + 0x1000)), -EROFS);
}

TEST_F(FileCalls, OpenNeitherDevicesNorPipesOfTheHost) {
  ASSERT_EQ(::mkfifo((folder / "free/pipe").c_str(), 0600), 0);
  EXPECT_EQ(open("pipe"), -EACCES);
  EXPECT_EQ(open("pipe", abi::O_WRITE_ONLY | abi::O_NON_BLOCKING), -EACCES);
}

TEST_F(FileCalls, DoNotLeaveTheFolderByLinksThatTheyMake) {
  ASSERT_EQ(guest->call(SYMLINKAT, guest->put("../outside/file"), HERE, guest->put("link", GUEST_DATA + 0x1000)), 0);
  EXPECT_EQ(open("link"), -ENOENT);
  EXPECT_EQ(open("link", abi::O_CREATE | abi::O_WRITE_ONLY), -ENOENT) << "the guest has no /outside";
  EXPECT_EQ(contents("outside/file"), "contents of outside");
  EXPECT_EQ(guest->call(READLINKAT, HERE, guest->put("link"), BUFFER, 100), 15);
  EXPECT_EQ(guest->get_text(BUFFER, 15), "../outside/file");
}

TEST_F(FileCalls, ListDirectoriesInOrder) {
  for (const char* name : {"b", "a", "c"}) std::ofstream(folder / "free" / name);
  const std::int64_t directory = open(".", abi::O_ONLY_DIRECTORY);
  std::string names;
  std::int64_t size = 0;
  // A small buffer, so that several calls are needed.
  while ((size = guest->call(GETDENTS64, directory, BUFFER, 64)) > 0) {
    for (std::int64_t at = 0; at < size;) {
      const std::uint64_t entry = BUFFER + static_cast<std::uint64_t>(at);
      names += guest->get_text(entry + abi::DIRECTORY_ENTRY_NAME_OFFSET, 8).c_str() + std::string(" ");
      at += guest->get<std::uint16_t>(entry + 16);
    }
  }
  EXPECT_EQ(size, 0);
  EXPECT_EQ(names, ". .. a b c file folder ");
  EXPECT_EQ(guest->call(GETDENTS64, directory, BUFFER, 64), 0);
  EXPECT_EQ(guest->call(LSEEK, directory, 0, 0), 0);
  EXPECT_EQ(guest->call(GETDENTS64, directory, BUFFER, 8), -EINVAL) << "no entry fits";
}

TEST_F(FileCalls, TellWhatAFileIs) {
  ASSERT_EQ(guest->call(NEWFSTATAT, HERE, guest->put("file"), BUFFER, 0), 0);
  const auto status = guest->get<abi::Stat>(BUFFER);
  EXPECT_EQ(status.mode, S_IFREG | 0644u);
  EXPECT_EQ(status.size, 16);
  EXPECT_EQ(status.user, 1000u) << "whoever runs the host program is the guest's user";
  EXPECT_EQ(guest->call(NEWFSTATAT, HERE, guest->put("missing"), BUFFER, 0), -ENOENT);
  EXPECT_EQ(guest->call(FSTAT, 1, BUFFER), 0);
  EXPECT_TRUE(S_ISFIFO(guest->get<abi::Stat>(BUFFER).mode));
  EXPECT_EQ(guest->call(FSTAT, 1, 8), -EFAULT);
}

TEST_F(FileCalls, ChangeTheWorkingDirectory) {
  EXPECT_EQ(guest->call(CHDIR, guest->put("folder")), 0);
  EXPECT_EQ(guest->call(GETCWD, BUFFER, 100), 13);
  EXPECT_EQ(guest->get_text(BUFFER, 12), "/free/folder");
  EXPECT_EQ(guest->call(GETCWD, BUFFER, 5), -ERANGE);
  EXPECT_EQ(read(open("../file")), "contents of free");
  EXPECT_EQ(guest->call(CHDIR, guest->put("../file")), -ENOTDIR);
}

TEST_F(FileCalls, MapFilesIntoMemory) {
  const std::int64_t file = open("file", abi::O_READ_WRITE);
  const auto shared = static_cast<std::uint64_t>(guest->call(MMAP, 0, 4096, 3, abi::MAP_SHARING, file, 0));
  const auto own = static_cast<std::uint64_t>(guest->call(MMAP, 0, 4096, 3, abi::MAP_PRIVATELY, file, 0));
  EXPECT_EQ(guest->get_text(shared, 8), "contents");
  guest->put("SHARED", shared);
  guest->put("PRIVATE", own);
  EXPECT_EQ(guest->call(MSYNC, shared, 4096, 4), 0);
  EXPECT_EQ(contents("free/file").substr(0, 6), "SHARED");
  guest->put("second", shared);
  EXPECT_EQ(guest->call(MUNMAP, shared, 4096), 0);
  EXPECT_EQ(contents("free/file").substr(0, 6), "second");
  EXPECT_EQ(contents("free/file").size(), 16u) << "a mapping does not make its file longer";
  EXPECT_EQ(guest->call(MMAP, 0, 4096, 3, abi::MAP_SHARING, open("/fixed/file"), 0), -EACCES);
}

// Calls that need no files.

TEST(Calls, MoveBytesOnlyWhereMemoryAllows) {
  GuestCaller guest;
  EXPECT_EQ(guest.call(READ, 0, BUFFER, 100), 11);
  EXPECT_EQ(guest.get_text(BUFFER, 11), "some input\n");
  EXPECT_EQ(guest.call(WRITE, 1, BUFFER, 4), 4);
  EXPECT_EQ(guest.call(WRITE, 1, 8, 4), -EFAULT);
  EXPECT_EQ(guest.call(WRITE, 1, GUEST_DATA + test::GUEST_DATA_BYTES - 2, 100), 2) << "as much as there is";
  EXPECT_EQ(guest.call(WRITE, 7, BUFFER, 4), -EBADF);
  EXPECT_EQ(guest.call(WRITE, 0, BUFFER, 4), -EBADF) << "standard input is not open for writing";
  EXPECT_EQ(guest.call(GETRANDOM, GUEST_CODE, 8, 0), -EFAULT) << "code is not writable";
  const abi::IoVector vectors[] = {{BUFFER, 4}, {0, 0}, {BUFFER + 5, 5}};
  EXPECT_EQ(guest.call(WRITEV, 1, guest.put_value(vectors), 3), 9);
  EXPECT_EQ(guest.call(WRITEV, 1, GUEST_DATA, 2000), -EINVAL);
  EXPECT_EQ(guest.call(PREAD64, 0, BUFFER, 4, 0), -ESPIPE);
  EXPECT_EQ(guest.process.captured_output().substr(0, 4), "some");
}

TEST(Calls, CaptureOutputApart) {
  GuestCaller guest;
  EXPECT_EQ(guest.call(WRITE, 1, guest.put("out"), 3), 3);
  EXPECT_EQ(guest.call(WRITE, 2, guest.put("err"), 3), 3);
  EXPECT_EQ(guest.process.captured_output(1), "out");
  EXPECT_EQ(guest.process.captured_output(2), "err");
}

TEST(Calls, KeepMemoryWithinTheLimit) {
  ProcessOptions options;
  options.memory_limit_bytes = 64 << 20;
  GuestCaller guest(std::move(options));
  const std::uint32_t flags = abi::MAP_PRIVATELY | abi::MAP_WITHOUT_FILE;
  EXPECT_EQ(guest.call(MMAP, 0, 1ull << 40, 3, flags, -1, 0), -ENOMEM);
  EXPECT_GT(guest.call(MMAP, 0, 1ull << 40, 0, flags, -1, 0), 0) << "without permissions it costs nothing";
  EXPECT_EQ(guest.call(MMAP, 0, ~0ull, 3, flags, -1, 0), -ENOMEM);
  EXPECT_EQ(guest.call(MMAP, 0, 0, 3, flags, -1, 0), -EINVAL);
  // Memory that was written and made read-only counts as well.
  std::int64_t address = 0;
  int mapped = 0;
  while (mapped < 100 && (address = guest.call(MMAP, 0, 4 << 20, 3, flags, -1, 0)) > 0) {
    ++mapped;
    EXPECT_EQ(guest.call(MPROTECT, address, 4 << 20, 1), 0);
  }
  EXPECT_EQ(address, -ENOMEM);
  EXPECT_EQ(mapped, 13) << "the stack takes 8 of the 64 MiB";
}

TEST(Calls, ReplaceNothingWhereToldNotTo) {
  GuestCaller guest;
  const std::uint32_t fixed = abi::MAP_PRIVATELY | abi::MAP_WITHOUT_FILE | abi::MAP_AT_FREE_ADDRESS;
  EXPECT_EQ(guest.call(MMAP, GUEST_DATA, 4096, 3, fixed, -1, 0), -EEXIST);
  EXPECT_EQ(guest.call(MMAP, 0x700'0000, 4096, 3, fixed, -1, 0), 0x700'0000);
  EXPECT_EQ(guest.call(MMAP, 0x1000, 4096, 3, fixed, -1, 0), -EPERM);
  EXPECT_EQ(guest.call(MUNMAP, 0x700'0001, 4096), -EINVAL);
  EXPECT_EQ(guest.call(MPROTECT, 0x900'0000, 4096, 1), -ENOMEM);
}

TEST(Calls, MoveTheBreak) {
  GuestCaller guest;
  const std::int64_t start = guest.call(BRK, 0);
  EXPECT_EQ(guest.call(BRK, start + 10'000), start + 10'000);
  guest.put("x", static_cast<std::uint64_t>(start) + 9'998);
  EXPECT_EQ(guest.call(BRK, start - 1), start + 10'000) << "not below its start";
  EXPECT_EQ(guest.call(BRK, start), start);
  EXPECT_EQ(guest.call(BRK, start + 10'000), start + 10'000);
  EXPECT_EQ(guest.get<char>(static_cast<std::uint64_t>(start) + 9'998), 0) << "fresh memory is zero";
}

TEST(Calls, TellVirtualTimeByInstructions) {
  GuestCaller guest;
  ASSERT_EQ(guest.call(CLOCK_GETTIME, 0, GUEST_DATA), 0);
  const auto first = guest.get<abi::Timespec>();
  EXPECT_EQ(first.seconds, 1'704'067'200);
  const abi::Timespec hour{3600, 500};
  EXPECT_EQ(guest.call(NANOSLEEP, guest.put_value(hour), 0), 0);
  ASSERT_EQ(guest.call(CLOCK_GETTIME, 0, GUEST_DATA), 0);
  const auto second = guest.get<abi::Timespec>();
  EXPECT_EQ(second.seconds - first.seconds, 3600) << "and it took no time of the host";
  EXPECT_LT(second.nanoseconds - first.nanoseconds, 600);
  EXPECT_EQ(guest.call(CLOCK_GETTIME, 99, GUEST_DATA), -EINVAL);
  EXPECT_EQ(guest.call(NANOSLEEP, guest.put_value(abi::Timespec{0, -1}), 0), -EINVAL);
}

TEST(Calls, ReportWhatIsUnsupportedOnce) {
  std::vector<std::string> reports;
  ProcessOptions options;
  options.on_unsupported_system_call = [&](unsigned number, std::string_view name) {
    reports.push_back(std::to_string(number) + " " + std::string(name));
  };
  GuestCaller guest(std::move(options));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(guest.call(SOCKET, 1, 1, 0), -ENOSYS);
    EXPECT_EQ(guest.call(RSEQ, 0, 0, 0), -ENOSYS);
    EXPECT_EQ(guest.call(5000), -ENOSYS);
    EXPECT_EQ(guest.call(CLONE, 17, 0, 0, 0, 0), -ENOSYS);
  }
  EXPECT_EQ(reports, (std::vector<std::string>{"198 socket", "5000 unknown", "220 clone (fork)"}));
}

TEST(Calls, AreDescribedForTheUser) {
  std::vector<std::string> lines;
  ProcessOptions options;
  options.on_system_call = [&](std::string_view line) { lines.emplace_back(line); };
  GuestCaller guest(std::move(options));
  guest.call(OPENAT, HERE, guest.put("/missing \"file\"\n"), abi::O_READ_WRITE | abi::O_CREATE | abi::O_CLOSE_ON_EXEC,
             0644);
  guest.call(WRITE, 1, guest.put("some text that is longer than what is shown"), 43);
  guest.call(KILL, 1000, 0);
  guest.call(KILL, 1, 11);
  guest.call(MMAP, 0, 4096, 1, 0x22, -1, 0);
  guest.call(CLOSE, 77);
  guest.call(5000, 1);
  guest.call(EXIT_GROUP, 3);
  EXPECT_EQ(lines[0],
            "openat(AT_FDCWD, \"/missing \\\"file\\\"\\n\", O_RDWR|O_CREAT|O_CLOEXEC, 0644) = -1 EROFS (Read-only file "
            "system)");
  EXPECT_EQ(lines[1], "write(1, \"some text that is longer than wh\"..., 43) = 43");
  EXPECT_EQ(lines[2], "kill(1000, 0) = 0");
  EXPECT_EQ(lines[3], "kill(1, SIGSEGV) = -1 ESRCH (No such process)");
  EXPECT_TRUE(lines[4].starts_with("mmap(NULL, 4096, PROT_READ, 0x22, -1, 0) = 0xffff")) << lines[4];
  EXPECT_EQ(lines[5], "close(77) = -1 EBADF (Bad file descriptor)");
  EXPECT_EQ(lines[6], "syscall_5000(0x1, ...) = -1 ENOSYS (Function not implemented)");
  EXPECT_EQ(lines[7], "exit_group(3) = ?");
}

TEST(Calls, ListThemselves) {
  const auto calls = system_calls();
  const auto write = std::ranges::find(calls, "write", &SystemCallInfo::name);
  ASSERT_NE(write, calls.end());
  EXPECT_EQ(write->number, WRITE);
  EXPECT_EQ(write->support, SystemCallInfo::Support::SUPPORTED);
  EXPECT_EQ(std::ranges::find(calls, "execve", &SystemCallInfo::name)->support, SystemCallInfo::Support::UNSUPPORTED);
  EXPECT_TRUE(std::ranges::is_sorted(calls, {}, &SystemCallInfo::number));
}

TEST(Calls, WaitForPipesAndPollThem) {
  GuestCaller guest;
  ASSERT_EQ(guest.call(PIPE2, BUFFER, 0), 0);
  const auto reader = guest.get<std::int32_t>(BUFFER);
  const auto writer = guest.get<std::int32_t>(BUFFER + 4);
  const abi::PollDescriptor requests[] = {{reader, 1, 0}, {writer, 4, 0}, {99, 1, 0}, {-1, 1, 0}};
  EXPECT_EQ(guest.call(PPOLL, guest.put_value(requests), 4, 0, 0, 8), 2);
  EXPECT_EQ(guest.get<abi::PollDescriptor>(GUEST_DATA).returned_events, 0);
  EXPECT_EQ(guest.get<abi::PollDescriptor>(GUEST_DATA + 8).returned_events, 4);
  EXPECT_EQ(guest.get<abi::PollDescriptor>(GUEST_DATA + 16).returned_events, 0x20);
  const std::uint64_t timeout = guest.put_value(abi::Timespec{5, 0}, GUEST_DATA + 0x100);
  EXPECT_EQ(guest.call(PPOLL, GUEST_DATA, 1, timeout, 0, 8), 0) << "five virtual seconds later";
  EXPECT_EQ(guest.call(WRITE, writer, GUEST_DATA, 10), 10);
  EXPECT_EQ(guest.call(READ, reader, BUFFER, 100), 10);
  EXPECT_EQ(guest.call(READ, reader, BUFFER, 100), static_cast<std::int64_t>(reader)) << "the call has not returned";
  EXPECT_EQ(guest.last.stop_reason, StopReason::DEADLOCK) << "only this thread could write";
}

TEST(Calls, GuardPipesAgainstWritersWithoutReader) {
  GuestCaller guest;
  ASSERT_EQ(guest.call(PIPE2, BUFFER, 0), 0);
  guest.call(CLOSE, guest.get<std::int32_t>(BUFFER));
  guest.call(WRITE, guest.get<std::int32_t>(BUFFER + 4), BUFFER, 1);
  EXPECT_EQ(guest.process.run().stop_reason, StopReason::EXITED);
  EXPECT_EQ(guest.process.run().signal, 13);
  EXPECT_EQ(guest.process.run().exit_code, 141);
}

TEST(Calls, RestrictDescriptors) {
  GuestCaller guest;
  EXPECT_EQ(guest.call(DUP3, 1, 1, 0), -EINVAL);
  EXPECT_EQ(guest.call(DUP3, 1, 5000, 0), -EBADF);
  EXPECT_EQ(guest.call(DUP3, 1, 100, 0), 100);
  const abi::ResourceLimit limit{50, 50};
  EXPECT_EQ(guest.call(PRLIMIT64, 0, abi::LIMIT_OPEN_FILES, guest.put_value(limit), 0), 0);
  EXPECT_EQ(guest.call(DUP3, 1, 60, 0), -EBADF);
  EXPECT_EQ(guest.call(FCNTL, 1, 0, 50), -EINVAL);
  EXPECT_EQ(guest.call(WRITE, 100, BUFFER, 1), 1) << "what is open stays so";
  EXPECT_EQ(guest.call(IOCTL, 1, 0x5401, BUFFER), -ENOTTY);
}

TEST(Calls, IntroduceTheSystem) {
  GuestCaller guest;
  ASSERT_EQ(guest.call(UNAME, BUFFER), 0);
  EXPECT_STREQ(guest.get<abi::SystemNames>(BUFFER).machine, "aarch64");
  EXPECT_EQ(guest.call(GETPID), 1000);
}

TEST(Calls, GiveTheSameRandomnessForTheSameSeed) {
  GuestCaller first;
  GuestCaller second;
  for (GuestCaller* guest : {&first, &second}) EXPECT_EQ(guest->call(GETRANDOM, BUFFER, 32, 0), 32);
  EXPECT_EQ(first.get_text(BUFFER, 32), second.get_text(BUFFER, 32));
  EXPECT_NE(first.get<std::uint64_t>(BUFFER), 0u);
}

}  // namespace
}  // namespace armillion::guest::kernel
