// Runs a static AArch64 Linux program on Unicorn, to compare with: unicorn_runner PROGRAM [ARGUMENTS...]
//
// Nothing is hooked but the exception that SVC raises, so that Unicorn is at its best. It serves the system calls that
// the benchmark programs make; any other gets ENOSYS.
#include <elf.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unicorn/unicorn.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

namespace {

constexpr std::uint64_t PAGE_BYTES = 4096;
constexpr std::uint64_t STACK_BYTES = std::uint64_t{8} << 20;
// Where the break, anonymous mappings and the stack are: above any program that the cross compiler links.
constexpr std::uint64_t BREAK_START = 0x10000000;
constexpr std::uint64_t BREAK_BYTES = std::uint64_t{256} << 20;
constexpr std::uint64_t MAPPINGS_START = 0x40000000;
constexpr std::uint64_t STACK_END = 0xf0000000;

// The kernel's numbers of system calls (asm-generic/unistd.h).
enum SystemCall : std::uint64_t {
  IOCTL = 29,
  WRITE = 64,
  WRITEV = 66,
  READLINKAT = 78,
  NEWFSTATAT = 79,
  FSTAT = 80,
  EXIT = 93,
  EXIT_GROUP = 94,
  SET_TID_ADDRESS = 96,
  FUTEX = 98,
  SET_ROBUST_LIST = 99,
  CLOCK_GETTIME = 113,
  BRK = 214,
  MUNMAP = 215,
  MMAP = 222,
  MPROTECT = 226,
  MADVISE = 233,
  PRLIMIT64 = 261,
  GETRANDOM = 278,
};

[[noreturn]] void fail(const std::string& message) {
  std::fprintf(stderr, "unicorn_runner: %s\n", message.c_str());
  std::exit(125);
}

void check(uc_err error, const char* what) {
  if (error != UC_ERR_OK) fail(std::string(what) + ": " + uc_strerror(error));
}

constexpr std::uint64_t page_align_up(std::uint64_t value) { return (value + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1); }

class Runner {
 public:
  explicit Runner(const std::vector<std::string>& arguments) {
    check(uc_open(UC_ARCH_ARM64, UC_MODE_ARM, &engine_), "uc_open");
    check(uc_ctl_set_cpu_model(engine_, UC_CPU_ARM64_MAX), "uc_ctl_set_cpu_model");
    // CPACR_EL1.FPEN: floating point and SIMD do not trap.
    write_register(UC_ARM64_REG_CPACR_EL1, std::uint64_t{3} << 20);
    load(arguments[0]);
    map(BREAK_START, BREAK_BYTES);
    map(STACK_END - STACK_BYTES, STACK_BYTES);
    write_register(UC_ARM64_REG_SP, make_stack(arguments));
  }
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;
  ~Runner() { uc_close(engine_); }

  /// Runs until the program exits; returns its exit code.
  int run() {
    uc_hook hook;
    const auto callback = +[](uc_engine*, std::uint32_t exception, void* self) {
      static_cast<Runner*>(self)->handle_exception(exception);
    };
    check(uc_hook_add(engine_, &hook, UC_HOOK_INTR, reinterpret_cast<void*>(callback), this, 1, 0), "uc_hook_add");
    const uc_err error = uc_emu_start(engine_, header_.e_entry, ~std::uint64_t{0}, 0, 0);
    if (exit_code_ < 0) {
      char place[32];
      std::snprintf(place, sizeof place, "0x%llx", static_cast<unsigned long long>(read_register(UC_ARM64_REG_PC)));
      fail(std::string("stopped at pc ") + place + ": " + uc_strerror(error));
    }
    return exit_code_;
  }

 private:
  std::uint64_t read_register(int id) const {
    std::uint64_t value = 0;
    check(uc_reg_read(engine_, id, &value), "uc_reg_read");
    return value;
  }

  void write_register(int id, std::uint64_t value) { check(uc_reg_write(engine_, id, &value), "uc_reg_write"); }

  void map(std::uint64_t address, std::uint64_t size_bytes) {
    check(uc_mem_map(engine_, address, size_bytes, UC_PROT_ALL), "uc_mem_map");
  }

  void write_memory(std::uint64_t address, const void* source, std::size_t size) {
    check(uc_mem_write(engine_, address, source, size), "uc_mem_write");
  }

  bool read_memory(std::uint64_t address, void* destination, std::size_t size) const {
    return uc_mem_read(engine_, address, destination, size) == UC_ERR_OK;
  }

  // Maps the program's segments, which are assumed to lie near each other, as one range.
  void load(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) fail(path + " cannot be opened");
    const std::string image{std::istreambuf_iterator<char>(file), {}};
    if (image.size() < sizeof header_) fail(path + " is too short for an ELF file");
    std::memcpy(&header_, image.data(), sizeof header_);
    const bool is_static_aarch64 = std::memcmp(header_.e_ident, ELFMAG, SELFMAG) == 0 &&
                                   header_.e_machine == EM_AARCH64 && header_.e_type == ET_EXEC;
    if (!is_static_aarch64) fail(path + " is not a static AArch64 program");
    std::vector<Elf64_Phdr> segments(header_.e_phnum);
    if (header_.e_phoff + segments.size() * sizeof(Elf64_Phdr) > image.size()) fail(path + " is truncated");
    std::memcpy(segments.data(), image.data() + header_.e_phoff, segments.size() * sizeof(Elf64_Phdr));
    std::erase_if(segments, [](const Elf64_Phdr& segment) { return segment.p_type != PT_LOAD; });

    std::uint64_t start = ~std::uint64_t{0}, end = 0;
    for (const Elf64_Phdr& segment : segments) {
      if (segment.p_offset + segment.p_filesz > image.size()) fail(path + " is truncated");
      start = std::min(start, segment.p_vaddr & ~(PAGE_BYTES - 1));
      end = std::max(end, page_align_up(segment.p_vaddr + segment.p_memsz));
    }
    if (end <= start || end > BREAK_START) fail(path + " does not lie below the break");
    map(start, end - start);
    for (const Elf64_Phdr& segment : segments) {
      write_memory(segment.p_vaddr, image.data() + segment.p_offset, segment.p_filesz);
      if (segment.p_offset == 0) program_headers_ = segment.p_vaddr + header_.e_phoff;
    }
  }

  // Writes what a program finds on its stack when it starts: argc, argv, an empty environment, the auxiliary vector.
  std::uint64_t make_stack(const std::vector<std::string>& arguments) {
    std::uint64_t text = STACK_END - 16;
    const std::array<std::uint8_t, 16> random = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    text -= random.size();
    const std::uint64_t random_address = text;
    write_memory(text, random.data(), random.size());

    std::vector<std::uint64_t> words = {arguments.size()};
    for (const std::string& argument : arguments) {
      text -= argument.size() + 1;
      write_memory(text, argument.c_str(), argument.size() + 1);
      words.push_back(text);
    }
    words.insert(words.end(), {0, 0});
    // HWCAP: FP and ASIMD, so that the C library's start does not look for more than the benchmark needs.
    const std::uint64_t auxiliary[] = {AT_PHDR,   program_headers_,
                                       AT_PHENT,  sizeof(Elf64_Phdr),
                                       AT_PHNUM,  header_.e_phnum,
                                       AT_PAGESZ, PAGE_BYTES,
                                       AT_ENTRY,  header_.e_entry,
                                       AT_UID,    1000,
                                       AT_EUID,   1000,
                                       AT_GID,    1000,
                                       AT_EGID,   1000,
                                       AT_SECURE, 0,
                                       AT_HWCAP,  3,
                                       AT_RANDOM, random_address,
                                       AT_NULL,   0};
    words.insert(words.end(), std::begin(auxiliary), std::end(auxiliary));
    const std::uint64_t pointer = (text - words.size() * sizeof(std::uint64_t)) & ~std::uint64_t{15};
    write_memory(pointer, words.data(), words.size() * sizeof(std::uint64_t));
    return pointer;
  }

  void handle_exception(std::uint32_t exception) {
    // QEMU's EXCP_SWI: an SVC.
    if (exception != 2) {
      uc_emu_stop(engine_);
      return;
    }
    std::uint64_t argument[6];
    for (int i = 0; i < 6; ++i) argument[i] = read_register(UC_ARM64_REG_X0 + i);
    const std::uint64_t number = read_register(UC_ARM64_REG_X8);
    write_register(UC_ARM64_REG_X0, static_cast<std::uint64_t>(serve(number, argument)));
  }

  // Does one system call; the result is what the kernel leaves in X0.
  std::int64_t serve(std::uint64_t number, std::span<const std::uint64_t, 6> argument) {
    switch (number) {
      case WRITE: return write_out(argument[0], argument[1], argument[2]);
      case WRITEV: return write_vectors(argument[0], argument[1], argument[2]);
      case IOCTL: return -ENOTTY;
      case READLINKAT: return -ENOENT;
      case FSTAT: return status(argument[0], argument[1]);
      case NEWFSTATAT: return argument[3] & AT_EMPTY_PATH ? status(argument[0], argument[2]) : -ENOENT;
      case SET_TID_ADDRESS: return 1;
      case FUTEX:
      case SET_ROBUST_LIST:
      case MPROTECT:
      case MADVISE:
      case PRLIMIT64: return 0;
      case CLOCK_GETTIME: return clock_time(argument[0], argument[1]);
      case GETRANDOM: return random_bytes(argument[0], argument[1]);
      case BRK:
        if (argument[0] >= BREAK_START && argument[0] <= BREAK_START + BREAK_BYTES) break_ = argument[0];
        return static_cast<std::int64_t>(break_);
      case MMAP: return map_anonymous(argument[1], argument[4]);
      case MUNMAP: return uc_mem_unmap(engine_, argument[0], page_align_up(argument[1])) == UC_ERR_OK ? 0 : -EINVAL;
      case EXIT:
      case EXIT_GROUP:
        exit_code_ = static_cast<int>(argument[0] & 0xff);
        uc_emu_stop(engine_);
        return 0;
      default: return -ENOSYS;
    }
  }

  std::int64_t write_out(std::uint64_t descriptor, std::uint64_t address, std::uint64_t size) const {
    if (descriptor != 1 && descriptor != 2) return -EBADF;
    std::vector<char> bytes(std::min<std::uint64_t>(size, std::uint64_t{1} << 20));
    if (!read_memory(address, bytes.data(), bytes.size())) return -EFAULT;
    const ssize_t written = ::write(static_cast<int>(descriptor), bytes.data(), bytes.size());
    return written < 0 ? -errno : written;
  }

  std::int64_t write_vectors(std::uint64_t descriptor, std::uint64_t vectors, std::uint64_t count) const {
    std::int64_t total = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      std::uint64_t address_and_size[2];
      if (!read_memory(vectors + i * sizeof address_and_size, address_and_size, sizeof address_and_size))
        return -EFAULT;
      const std::int64_t written = write_out(descriptor, address_and_size[0], address_and_size[1]);
      if (written < 0) return total > 0 ? total : written;
      total += written;
    }
    return total;
  }

  // Every standard stream is a pipe to the program. The layout is asm-generic/stat.h's: st_mode is at 16, st_blksize at
  // 56, 128 bytes in all.
  std::int64_t status(std::uint64_t descriptor, std::uint64_t address) {
    if (descriptor > 2) return -EBADF;
    std::array<std::uint8_t, 128> status{};
    const std::uint32_t mode = S_IFIFO | 0600, block_bytes = PAGE_BYTES;
    std::memcpy(status.data() + 16, &mode, sizeof mode);
    std::memcpy(status.data() + 56, &block_bytes, sizeof block_bytes);
    write_memory(address, status.data(), status.size());
    return 0;
  }

  std::int64_t clock_time(std::uint64_t clock, std::uint64_t address) {
    timespec time;
    if (clock_gettime(static_cast<clockid_t>(clock), &time) != 0) return -errno;
    const std::int64_t words[2] = {time.tv_sec, time.tv_nsec};
    write_memory(address, words, sizeof words);
    return 0;
  }

  std::int64_t random_bytes(std::uint64_t address, std::uint64_t size) {
    std::array<std::uint8_t, 256> bytes;
    const ssize_t made = getrandom(bytes.data(), std::min<std::uint64_t>(size, bytes.size()), 0);
    if (made < 0) return -errno;
    write_memory(address, bytes.data(), static_cast<std::size_t>(made));
    return made;
  }

  std::int64_t map_anonymous(std::uint64_t size_bytes, std::uint64_t descriptor) {
    if (static_cast<std::int32_t>(descriptor) != -1) return -ENODEV;
    const std::uint64_t address = next_mapping_;
    const std::uint64_t size = page_align_up(size_bytes);
    if (size == 0 || size > STACK_END - STACK_BYTES - address) return -ENOMEM;
    if (uc_mem_map(engine_, address, size, UC_PROT_ALL) != UC_ERR_OK) return -ENOMEM;
    next_mapping_ += size;
    return static_cast<std::int64_t>(address);
  }

  uc_engine* engine_ = nullptr;
  Elf64_Ehdr header_{};
  std::uint64_t program_headers_ = 0;
  std::uint64_t break_ = BREAK_START;
  std::uint64_t next_mapping_ = MAPPINGS_START;
  int exit_code_ = -1;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) fail("usage: unicorn_runner PROGRAM [ARGUMENTS...]");
  Runner runner(std::vector<std::string>(argv + 1, argv + argc));
  return runner.run();
}
