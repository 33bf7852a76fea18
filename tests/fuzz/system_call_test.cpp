// Random arguments to every system call: a guest that does nothing but `SVC`, whose registers and memory the host
// fills. The process may end by it; the host may not, and nothing outside of the granted folders may be read or
// changed.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "armillion/error.hpp"
#include "armillion/process.hpp"
#include "conformance/random_source.hpp"
#include "fuzz/small_program.hpp"

namespace armillion {
namespace {

namespace fs = std::filesystem;
using conformance::RandomSource;

constexpr int CALLS_OF_SUPPORTED = 5'000;
constexpr int CALLS_OF_UNSUPPORTED = 20;
/// So many calls share a process's life, so that one meets what others left behind.
constexpr int CALLS_OF_A_LIFE = 250;

constexpr std::string_view SECRET = "nobody inside the sandbox may read this";

constexpr std::uint32_t SETITIMER = 103;

// The guest's memory: code, paths, structures, buffers.
constexpr std::uint64_t MEMORY_BYTES = 0x20000;
constexpr std::uint64_t PATHS = test::SMALL_PROGRAM_CODE + 0x1000;
constexpr std::uint64_t PATH_BYTES = 128;
constexpr std::uint64_t STRUCTURES = PATHS + 0x2000;
constexpr std::uint64_t STRUCTURE_WORDS = 64;
constexpr std::uint64_t BUFFERS = STRUCTURES + 0x1000;
constexpr std::uint64_t MEMORY_END = test::SMALL_PROGRAM_CODE + MEMORY_BYTES;

void write_file(const fs::path& path, std::string_view text) { std::ofstream(path, std::ios::binary) << text; }

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A folder with what the guest may see and change, what it may only see, and what it may not know of.
class Sandbox {
 public:
  Sandbox() {
    std::string name = ::testing::TempDir() + "armillion_fuzz_XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), name);
    root_ = name;
    for (const fs::path& folder : {outside() / "folder", granted(), fixed()}) fs::create_directories(folder);
    for (const char* const name : {"outside/secret", "outside/folder/secret"}) write_file(root_ / name, SECRET);
    fill(granted());
    fill(fixed());
  }
  ~Sandbox() {
    std::error_code ignored;
    empty(granted());
    fs::remove_all(root_, ignored);
  }
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  /// Puts the granted folder's contents back after the guest had its way with them.
  void restore_granted() const {
    empty(granted());
    fill(granted());
  }

  fs::path granted() const { return root_ / "granted"; }
  fs::path fixed() const { return root_ / "fixed"; }
  fs::path outside() const { return root_ / "outside"; }

  /// Everything that must stay as it is: names, kinds, sizes, owners, modes, times and contents of all that is not
  /// granted for writing. Times of access do not count: the host may read.
  std::map<std::string, std::string> fingerprint() const {
    std::map<std::string, std::string> result;
    add_to_fingerprint(root_, result);
    for (const fs::path& folder : {fixed(), outside()}) {
      add_to_fingerprint(folder, result);
      for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
        add_to_fingerprint(entry.path(), result);
      }
    }
    for (const fs::directory_entry& entry : fs::directory_iterator(root_))
      result["entry " + entry.path().string()] = "";
    return result;
  }

 private:
  static void fill(const fs::path& folder) {
    fs::create_directory(folder / "folder");
    write_file(folder / "file", "contents of a file\n");
    write_file(folder / "folder/inner", std::string(10'000, 'i'));
    fs::create_symlink("file", folder / "link");
    fs::create_symlink("loop", folder / "loop");
    fs::create_symlink("../outside/secret", folder / "escape");
    fs::create_symlink("../outside", folder / "escape_folder");
    fs::create_symlink("../../../../../../../../../../../etc/passwd", folder / "escape_far");
    fs::create_symlink(folder.parent_path() / "outside/secret", folder / "escape_absolute");
  }

  static void empty(const fs::path& folder) {
    // The guest may have taken permissions away.
    fs::permissions(folder, fs::perms::owner_all);
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
      if (!entry.is_symlink() && entry.is_directory()) empty(entry.path());
      fs::remove(entry.path());
    }
  }

  static void add_to_fingerprint(const fs::path& path, std::map<std::string, std::string>& result) {
    struct stat status{};
    ASSERT_EQ(::lstat(path.c_str(), &status), 0) << path;
    std::string text;
    for (const auto number :
         {std::uint64_t{status.st_mode}, std::uint64_t{status.st_uid}, std::uint64_t{status.st_gid},
          std::uint64_t{status.st_nlink}, static_cast<std::uint64_t>(status.st_size),
          static_cast<std::uint64_t>(status.st_mtim.tv_sec), static_cast<std::uint64_t>(status.st_mtim.tv_nsec)}) {
      text += std::to_string(number) + ' ';
    }
    if (S_ISREG(status.st_mode)) text += read_file(path);
    if (S_ISLNK(status.st_mode)) text += fs::read_symlink(path).string();
    result[path.string()] = text;
  }

  fs::path root_;
};

/// What the host process has that a guest must not change.
struct HostState {
  std::size_t open_files = 0;
  mode_t file_mode_mask = 0;
  std::string working_directory;
  std::array<rlim_t, 2 * RLIM_NLIMITS> limits{};
  sigset_t signal_mask{};

  static HostState now() {
    HostState state;
    state.open_files = static_cast<std::size_t>(std::distance(fs::directory_iterator("/proc/self/fd"), {}));
    state.file_mode_mask = ::umask(0);
    ::umask(state.file_mode_mask);
    state.working_directory = fs::current_path().string();
    for (int i = 0; i < RLIM_NLIMITS; ++i) {
      rlimit limit{};
      ::getrlimit(static_cast<__rlimit_resource>(i), &limit);
      state.limits[static_cast<std::size_t>(2 * i)] = limit.rlim_cur;
      state.limits[static_cast<std::size_t>(2 * i + 1)] = limit.rlim_max;
    }
    return state;
  }

  friend bool operator==(const HostState& a, const HostState& b) {
    return a.open_files == b.open_files && a.file_mode_mask == b.file_mode_mask &&
           a.working_directory == b.working_directory && a.limits == b.limits;
  }
};

/// What calls with several arguments that must fit take, so that random ones come to something: d for a descriptor, p
/// for a path, b for a buffer, s for a structure, n for a small number, f for one flag or none, i for the process.
const std::map<std::string_view, std::string_view> SHAPES = {
    {"openat", "dpfn"},
    {"linkat", "dpdpf"},
    {"renameat", "dpdp"},
    {"renameat2", "dpdpf"},
    {"symlinkat", "pdp"},
    {"unlinkat", "dpf"},
    {"mkdirat", "dpn"},
    {"readlinkat", "dpbn"},
    {"fchownat", "dpnnf"},
    {"fchmodat", "dpn"},
    {"faccessat", "dpf"},
    {"faccessat2", "dpff"},
    {"newfstatat", "dpbf"},
    {"statx", "dpfnb"},
    {"utimensat", "dpsf"},
    {"truncate", "pn"},
    {"copy_file_range", "dsdsnf"},
    {"sendfile", "ddsn"},
    {"epoll_ctl", "dnds"},
    {"ioctl", "dnb"},
    {"epoll_pwait", "dbnnsn"},
    {"fallocate", "dfnn"},
    {"pwritev", "dsnn"},
    {"preadv", "dsnn"},
    {"writev", "dsn"},
    {"readv", "dsn"},
    {"ppoll", "snssn"},
    {"pselect6", "nsssss"},
    {"mmap", "bnnfdn"},
    {"mremap", "bnnfb"},
    {"rt_sigaction", "nsbn"},
    {"rt_sigtimedwait", "sbsn"},
    {"rt_sigsuspend", "sn"},
    {"rt_sigqueueinfo", "ins"},
    {"rt_tgsigqueueinfo", "iins"},
    {"tgkill", "iin"},
    {"wait4", "nbfb"},
    {"waitid", "nnbfb"},
    {"prlimit64", "nnsb"},
    {"set_robust_list", "sn"},
    {"clone", "fbbbb"},
    {"futex", "bnnssn"},
    {"setitimer", "nsb"},
    {"clock_nanosleep", "nnsb"},
};

/// A guest that makes one system call at a time.
class Caller {
 public:
  using Arguments = std::array<std::uint64_t, 6>;

  Caller(const Sandbox& sandbox, RandomSource& random, bool prints_calls)
      : random_(random), process_(options_for(sandbox, prints_calls)) {
    machine().set_pc(test::SMALL_PROGRAM_CODE);
    paths_ = {"file",
              "folder",
              "folder/inner",
              "link",
              "loop",
              "escape",
              "escape_folder/secret",
              "escape_far",
              "escape_absolute",
              "new",
              "new/deeper",
              "folder/new",
              ".",
              "..",
              "/",
              "",
              "../outside/secret",
              "/data",
              "/data/file",
              "/data/folder/../../../outside/secret",
              "/data/../outside",
              "/fixed/file",
              "/fixed/new",
              "/fixed/folder",
              "/dev/null",
              "/dev/zero",
              "/dev/urandom",
              "/dev/stdin",
              "/dev/stdout",
              "/proc/self/exe",
              "/proc/self/maps",
              "/proc/self/mem",
              "/proc/self/fd/3",
              "/proc/self/root/etc/passwd",
              "/etc/passwd",
              "file/",
              "folder//inner",
              "./folder/./inner",
              "\xff\xfe\x01",
              std::string(PATH_BYTES - 1, 'n'),
              (sandbox.outside() / "secret").string(),
              "/data" + (sandbox.outside() / "secret").string()};
    for (std::size_t i = 0; i < paths_.size(); ++i) write_text(PATHS + i * PATH_BYTES, paths_[i]);
    open_some_files();
    start_ = process_.snapshot();
  }

  /// Makes the call with random arguments. Starts the process's life again where it ended by it.
  void call(const SystemCallInfo& info) {
    const std::uint32_t number = info.number;
    State& state = machine().state();
    state.pc = test::SMALL_PROGRAM_CODE;
    state.x[8] = number;
    const Arguments arguments = random_arguments(info);
    std::ranges::copy(arguments, state.x);
    if (random_.one_in(64)) state.sp = random_pointer();
    try {
      fill_structures();
    } catch (const Error&) {  // the guest unmapped them
      return start_again();
    }
    // A call that waits for ever while a timer ticks is no hang, as each tick might have ended it.
    timer_may_tick_ = timer_may_tick_ || number == SETITIMER;
    const double timeout_seconds = timer_may_tick_ ? 0.1 : 20;
    const ProcessResult result = process_.run(RunOptions{.instruction_limit = 2, .timeout_seconds = timeout_seconds});
    ASSERT_TRUE(result.stop_reason != StopReason::TIMEOUT || timer_may_tick_)
        << info.name << " with " << ::testing::PrintToString(arguments) << " goes on for ever";
    ASSERT_STRNE(name_of(result.stop_reason), "unknown");
    if (result.stop_reason == StopReason::INSTRUCTION_LIMIT) learn(number, arguments);
    if (result.stop_reason != StopReason::INSTRUCTION_LIMIT || ++calls_ == CALLS_OF_A_LIFE) start_again();
  }

  /// Makes one call with these arguments.
  void call_with(std::uint32_t number, Arguments arguments) {
    State& state = machine().state();
    state.pc = test::SMALL_PROGRAM_CODE;
    state.x[8] = number;
    std::ranges::copy(arguments, state.x);
    process_.run(RunOptions{.instruction_limit = 2});
  }

  void start_again() {
    expect_that_the_secret_is_not_known();
    process_.restore(start_);
    calls_ = 0;
    timer_may_tick_ = false;
  }

  void expect_that_the_secret_is_not_known() {
    std::vector<std::byte> memory(MEMORY_BYTES);
    try {
      machine().read_memory(test::SMALL_PROGRAM_CODE, memory);
    } catch (const Error&) {
      return;  // part of it is not mapped any more
    }
    const std::string_view text(reinterpret_cast<const char*>(memory.data()), memory.size());
    ASSERT_EQ(text.find(SECRET), std::string_view::npos) << "the guest read what lies outside of its folders";
    for (const int descriptor : {1, 2}) {
      ASSERT_EQ(process_.captured_output(descriptor).find(SECRET), std::string::npos);
    }
  }

 private:
  static ProcessOptions options_for(const Sandbox& sandbox, bool prints_calls) {
    ProcessOptions options = test::isolated_options(test::small_program("again: svc #0\n b again", MEMORY_BYTES));
    options.directories = {{sandbox.granted().string(), "/data", DirectoryAccess::READ_WRITE},
                           {sandbox.fixed().string(), "/fixed", DirectoryAccess::READ_ONLY}};
    options.working_directory = "/data";
    options.standard_output.capture_limit_bytes = 64 * 1024;
    options.on_unsupported_system_call = [](unsigned, std::string_view) {};
    if (prints_calls) {
      options.on_system_call = [](std::string_view line) {
        ASSERT_NE(line.find(" = "), std::string_view::npos) << line;
      };
    }
    return options;
  }

  Machine& machine() { return process_.machine(); }

  void write_text(std::uint64_t address, const std::string& text) {
    machine().write_memory(address, std::as_bytes(std::span(text.c_str(), text.size() + 1)));
  }

  std::uint64_t path_address(std::string_view path) const {
    const auto found = std::ranges::find(paths_, path);
    return PATHS + static_cast<std::uint64_t>(found - paths_.begin()) * PATH_BYTES;
  }

  // Descriptors 3 and up: a file, folders, devices, and whatever exists only inside.
  void open_some_files() {
    constexpr std::uint64_t HERE = static_cast<std::uint64_t>(AT_FDCWD);
    call_with(56, {HERE, path_address("file"), O_RDWR});  // openat
    call_with(56, {HERE, path_address("folder"), 0});
    call_with(56, {HERE, path_address("/fixed/folder"), 0});
    call_with(56, {HERE, path_address("/fixed/file"), 0});
    call_with(56, {HERE, path_address("/dev/zero"), O_RDWR});
    call_with(56, {HERE, path_address("/dev/urandom"), 0});
    call_with(59, {BUFFERS, 0});  // pipe2
    call_with(59, {BUFFERS, O_NONBLOCK});
    call_with(19, {3, 0});                      // eventfd2
    call_with(20, {0});                         // epoll_create1
    call_with(279, {path_address("file"), 0});  // memfd_create
    call_with(222, {0, 0x4000, 3, 1, 3, 0});    // mmap, shared with the file
  }

  std::uint64_t random_pointer() {
    switch (random_.below(8)) {
      case 0: return PATHS + random_.below(static_cast<std::uint32_t>(paths_.size())) * PATH_BYTES;
      case 1:
      case 2: return STRUCTURES + random_.below(STRUCTURE_WORDS) * 8;
      case 3: return BUFFERS + random_.below(MEMORY_END - BUFFERS);
      case 4: return MEMORY_END - random_.below(64);
      case 5:
        return random_.pick<std::uint64_t>({0, 1, 0x1000, MEMORY_END, test::SMALL_PROGRAM_ADDRESS, 0xffff'ffff'f000,
                                            0x1'0000'0000'0000, 0xff00'0000'0000'0000 | BUFFERS, ~0ull - 4095});
      case 6: return machine().state().sp - random_.below(4096);
      default: return BUFFERS + random_.below(8) * 4096;
    }
  }

  std::uint64_t random_argument() {
    switch (random_.below(8)) {
      case 0: return random_.below(20);  // a descriptor, a small number
      case 1: return PATHS + random_.below(static_cast<std::uint32_t>(paths_.size())) * PATH_BYTES;
      case 2:
      case 3: return random_pointer();
      case 4: return random_.pick<std::uint64_t>({0, static_cast<std::uint64_t>(AT_FDCWD), ~0ull, 1000, 8, 16, 4096});
      case 5: return std::uint64_t{1} << random_.below(64) | std::uint64_t{1} << random_.below(16);  // flags
      case 6: return random_.below(0x10000);
      default: return random_.integer(64);
    }
  }

  std::uint64_t argument_of_kind(char kind) {
    switch (kind) {
      case 'd': return random_.one_in(4) ? static_cast<std::uint64_t>(AT_FDCWD) : random_.below(16);
      case 'p': return PATHS + random_.below(static_cast<std::uint32_t>(paths_.size())) * PATH_BYTES;
      case 'b': return BUFFERS + random_.below(8) * 4096;
      case 's': return random_.one_in(3) ? 0 : STRUCTURES + random_.below(STRUCTURE_WORDS) * 8;
      case 'n': return random_.one_in(3) ? 8 : random_.below(1u << random_.below(13));
      case 'f': return random_.one_in(2) ? 0 : 1u << random_.below(16);
      case 'i': return 1000;
      default: return 0;
    }
  }

  // Half of the time not quite what this call took before: most arguments fail at once, so what got further is worth
  // more.
  Arguments random_arguments(const SystemCallInfo& info) {
    const auto known = known_.find(info.number);
    if (known == known_.end() || random_.one_in(2)) {
      const auto shape = SHAPES.find(info.name);
      const std::string_view kinds = shape != SHAPES.end() && random_.one_in(2) ? shape->second : "";
      Arguments arguments;
      for (std::size_t i = 0; i < arguments.size(); ++i) {
        arguments[i] = i < kinds.size() ? argument_of_kind(kinds[i]) : random_argument();
      }
      return arguments;
    }
    Arguments arguments = known->second[random_.below(static_cast<std::uint32_t>(known->second.size()))];
    for (std::uint32_t left = random_.below(3); left > 0; --left) arguments[random_.below(6)] = random_argument();
    return arguments;
  }

  // Keeps arguments that the call failed for in a new way, or that it succeeded with.
  void learn(std::uint32_t number, const Arguments& arguments) {
    constexpr std::uint64_t LARGEST_ERROR = 4095;
    constexpr int MOST_OF_A_KIND = 8;
    const std::uint64_t result = machine().x(0);
    const int error = result > ~LARGEST_ERROR ? static_cast<int>(~result + 1) : 0;
    if (error != ENOSYS && counts_[{number, error}]++ < MOST_OF_A_KIND) known_[number].push_back(arguments);
  }

  // Vectors, times, signal masks, events: whatever a pointer to here is taken for.
  void fill_structures() {
    for (int i = 0; i < 8; ++i) {
      const std::uint64_t word = random_.below(STRUCTURE_WORDS);
      machine().write<std::uint64_t>(STRUCTURES + word * 8, random_.one_in(3) ? random_pointer() : random_argument());
    }
  }

  RandomSource& random_;
  Process process_;
  std::vector<std::string> paths_;
  std::map<std::uint32_t, std::vector<Arguments>> known_;
  std::map<std::pair<std::uint32_t, int>, int> counts_;
  ProcessSnapshot start_;
  int calls_ = 0;
  bool timer_may_tick_ = false;
};

class RandomSystemCalls : public ::testing::TestWithParam<bool> {
 protected:
  // A call with a size from nowhere shall not fill the host's disk; where the limit is met, writing fails.
  void SetUp() override {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &old_limit_);
    rlimit limit = old_limit_;
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_cur, 1 << 20);
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  void TearDown() override {
    ::setrlimit(RLIMIT_FSIZE, &old_limit_);
    ::signal(SIGXFSZ, SIG_DFL);
  }

 private:
  rlimit old_limit_{};
};

TEST_P(RandomSystemCalls, HarmNeitherTheHostNorWhatIsNotGranted) {
  const Sandbox sandbox;
  const auto before = sandbox.fingerprint();
  const HostState host_before = HostState::now();
  RandomSource random(GetParam() ? 1 : 0);
  {
    Caller caller(sandbox, random, GetParam());
    std::vector<SystemCallInfo> supported;
    for (const SystemCallInfo& info : system_calls()) {
      if (info.support == SystemCallInfo::Support::SUPPORTED) supported.push_back(info);
    }
    for (const SystemCallInfo& info : system_calls()) {
      SCOPED_TRACE(std::string(info.name));
      const bool is_supported = info.support == SystemCallInfo::Support::SUPPORTED;
      for (int i = 0; i < (is_supported ? CALLS_OF_SUPPORTED : CALLS_OF_UNSUPPORTED); ++i) {
        // Now and then another call, so that this one finds things changed.
        const bool is_other = random.one_in(4);
        caller.call(is_other ? supported[random.below(static_cast<std::uint32_t>(supported.size()))] : info);
        if (HasFatalFailure()) return;
      }
      caller.start_again();
      ASSERT_EQ(sandbox.fingerprint(), before);
      sandbox.restore_granted();
    }
    for (int i = 0; i < 1'000; ++i) {
      caller.call({.number = static_cast<std::uint32_t>(random.integer(32)), .name = "any number"});
    }
  }
  EXPECT_EQ(sandbox.fingerprint(), before);
  EXPECT_EQ(HostState::now(), host_before);
}

INSTANTIATE_TEST_SUITE_P(Calls, RandomSystemCalls, ::testing::Bool(),
                         [](const auto& info) { return std::string(info.param ? "Printed" : "Silent"); });

}  // namespace
}  // namespace armillion
