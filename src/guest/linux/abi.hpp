#pragma once

#include <cstddef>
#include <cstdint>

// Numbers and layouts of the AArch64 Linux interface, as `include/uapi` of the kernel defines them. They stand here and
// are not taken from the host's headers because some differ there (x86-64 has other `O_` flags and another `stat`).
namespace armillion::guest::kernel::abi {

// Flags of openat and fcntl (asm-generic/fcntl.h, with AArch64's own four).
inline constexpr std::uint32_t O_ACCESS_MODE = 3;
inline constexpr std::uint32_t O_READ_ONLY = 0;
inline constexpr std::uint32_t O_WRITE_ONLY = 1;
inline constexpr std::uint32_t O_READ_WRITE = 2;
inline constexpr std::uint32_t O_CREATE = 0100;
inline constexpr std::uint32_t O_EXCLUSIVE = 0200;
inline constexpr std::uint32_t O_NO_TERMINAL = 0400;
inline constexpr std::uint32_t O_TRUNCATE = 01000;
inline constexpr std::uint32_t O_APPENDING = 02000;
inline constexpr std::uint32_t O_NON_BLOCKING = 04000;
inline constexpr std::uint32_t O_DATA_SYNC = 010000;
inline constexpr std::uint32_t O_ONLY_DIRECTORY = 040000;
inline constexpr std::uint32_t O_NO_FOLLOW = 0100000;
inline constexpr std::uint32_t O_DIRECT_IO = 0200000;
inline constexpr std::uint32_t O_LARGE_FILE = 0400000;
inline constexpr std::uint32_t O_NO_ACCESS_TIME = 01000000;
inline constexpr std::uint32_t O_CLOSE_ON_EXEC = 02000000;
inline constexpr std::uint32_t O_PATH_ONLY = 010000000;
inline constexpr std::uint32_t O_TEMPORARY_FILE = 020000000 | O_ONLY_DIRECTORY;

// Flags of the *at calls.
inline constexpr std::int32_t AT_WORKING_DIRECTORY = -100;
inline constexpr std::uint32_t AT_NO_FOLLOW = 0x100;
inline constexpr std::uint32_t AT_REMOVE_DIRECTORY = 0x200;
inline constexpr std::uint32_t AT_EFFECTIVE_ACCESS = 0x200;
inline constexpr std::uint32_t AT_FOLLOW = 0x400;
inline constexpr std::uint32_t AT_NO_MOUNT = 0x800;
inline constexpr std::uint32_t AT_EMPTY = 0x1000;
inline constexpr std::uint32_t AT_SYNC_BITS = 0x6000;

/// `struct stat`.
struct Stat {
  std::uint64_t device;
  std::uint64_t inode;
  std::uint32_t mode;
  std::uint32_t links;
  std::uint32_t user;
  std::uint32_t group;
  std::uint64_t special_device;
  std::uint64_t padding_1;
  std::int64_t size;
  std::int32_t block_size;
  std::int32_t padding_2;
  std::int64_t blocks;
  std::int64_t access_seconds;
  std::int64_t access_nanoseconds;
  std::int64_t modification_seconds;
  std::int64_t modification_nanoseconds;
  std::int64_t change_seconds;
  std::int64_t change_nanoseconds;
  std::uint32_t unused[2];
};
static_assert(sizeof(Stat) == 128 && offsetof(Stat, size) == 48 && offsetof(Stat, access_seconds) == 72);

/// `struct statx_timestamp`.
struct StatxTime {
  std::int64_t seconds;
  std::uint32_t nanoseconds;
  std::int32_t reserved;
};

/// `struct statx`.
struct Statx {
  std::uint32_t mask;
  std::uint32_t block_size;
  std::uint64_t attributes;
  std::uint32_t links;
  std::uint32_t user;
  std::uint32_t group;
  std::uint16_t mode;
  std::uint16_t padding;
  std::uint64_t inode;
  std::uint64_t size;
  std::uint64_t blocks;
  std::uint64_t attributes_mask;
  StatxTime access;
  StatxTime birth;
  StatxTime change;
  StatxTime modification;
  std::uint32_t special_device_major;
  std::uint32_t special_device_minor;
  std::uint32_t device_major;
  std::uint32_t device_minor;
  std::uint64_t mount;
  std::uint64_t reserved[13];
};
static_assert(sizeof(Statx) == 256 && offsetof(Statx, access) == 64 && offsetof(Statx, mount) == 144);
inline constexpr std::uint32_t STATX_BASIC = 0x7ff;

/// `struct statfs`.
struct Statfs {
  std::int64_t type;
  std::int64_t block_size;
  std::int64_t blocks;
  std::int64_t free_blocks;
  std::int64_t available_blocks;
  std::int64_t files;
  std::int64_t free_files;
  std::int32_t identifier[2];
  std::int64_t longest_name;
  std::int64_t fragment_size;
  std::int64_t flags;
  std::int64_t spare[4];
};
static_assert(sizeof(Statfs) == 120);

/// Start of a `struct linux_dirent64`; the name and a zero byte follow at once.
struct DirectoryEntry {
  std::uint64_t inode;
  std::int64_t next_offset;
  std::uint16_t record_bytes;
  std::uint8_t type;
};
inline constexpr std::size_t DIRECTORY_ENTRY_NAME_OFFSET = 19;
static_assert(offsetof(DirectoryEntry, type) == 18);

struct IoVector {
  std::uint64_t address;
  std::uint64_t size;
};

struct Timespec {
  std::int64_t seconds;
  std::int64_t nanoseconds;
};

struct Timeval {
  std::int64_t seconds;
  std::int64_t microseconds;
};

/// `struct itimerval`.
struct IntervalTimer {
  Timeval interval;
  Timeval value;
};

struct PollDescriptor {
  std::int32_t descriptor;
  std::int16_t events;
  std::int16_t returned_events;
};

// Events of poll and epoll; both share these bits.
inline constexpr std::uint32_t EVENT_IN = 0x1;
inline constexpr std::uint32_t EVENT_OUT = 0x4;
inline constexpr std::uint32_t EVENT_ERROR = 0x8;
inline constexpr std::uint32_t EVENT_HANG_UP = 0x10;
inline constexpr std::uint32_t EVENT_INVALID = 0x20;
inline constexpr std::uint32_t EVENT_READ_NORMAL = 0x40;
inline constexpr std::uint32_t EVENT_WRITE_NORMAL = 0x100;
/// Not Linux's: an eventfd is at 0, so that a number fits for which there was no room though EVENT_OUT held.
inline constexpr std::uint32_t EVENT_DRAINED = 0x10000;
inline constexpr std::uint32_t EPOLL_ONE_SHOT = 1u << 30;

/// `struct epoll_event`; packed only on x86-64.
struct EpollEvent {
  std::uint32_t events;
  std::uint32_t padding;
  std::uint64_t data;
};
static_assert(sizeof(EpollEvent) == 16);

/// `struct sigaction` as the kernel takes it.
struct SignalAction {
  std::uint64_t handler;
  std::uint64_t flags;
  std::uint64_t restorer;
  std::uint64_t mask;
};
inline constexpr std::uint64_t HANDLER_DEFAULT = 0;
inline constexpr std::uint64_t HANDLER_IGNORE = 1;
inline constexpr std::uint64_t SA_WITH_INFO = 0x4;
inline constexpr std::uint64_t SA_WITH_RESTORER = 0x04000000;
inline constexpr std::uint64_t SA_ON_STACK = 0x08000000;
inline constexpr std::uint64_t SA_RESTARTING = 0x10000000;
inline constexpr std::uint64_t SA_NO_DEFER = 0x40000000;
inline constexpr std::uint64_t SA_RESET_HANDLER = 0x80000000;

/// `stack_t`.
struct SignalStack {
  std::uint64_t address;
  std::int32_t flags;
  std::int32_t padding;
  std::uint64_t size;
};
inline constexpr std::int32_t SS_ON_STACK = 1;
inline constexpr std::int32_t SS_DISABLED = 2;
inline constexpr std::int32_t SS_AUTO_DISARM = static_cast<std::int32_t>(0x80000000);
inline constexpr std::uint64_t SMALLEST_SIGNAL_STACK = 5120;

/// `siginfo_t`: the fields that this kernel fills in share the 16 bytes at offset 16.
struct SignalInfo {
  std::int32_t signal;
  std::int32_t error_number;
  std::int32_t code;
  std::int32_t padding;
  /// The sender's process (low half) and user (high half), or the faulting address.
  std::uint64_t detail;
  /// `si_value` of queued signals.
  std::uint64_t value;
  std::uint64_t unused[12];
};
static_assert(sizeof(SignalInfo) == 128);

// `si_code`.
inline constexpr std::int32_t CODE_USER = 0;
inline constexpr std::int32_t CODE_KERNEL = 0x80;
inline constexpr std::int32_t CODE_THREAD_KILL = -6;
inline constexpr std::int32_t CODE_ILLEGAL_OPCODE = 1;
inline constexpr std::int32_t CODE_SEGMENT_UNMAPPED = 1;
inline constexpr std::int32_t CODE_SEGMENT_ACCESS = 2;
inline constexpr std::int32_t CODE_BUS_ALIGNMENT = 1;
inline constexpr std::int32_t CODE_TRAP_BREAKPOINT = 1;

/// The `fpsimd_context` record of a signal frame.
struct FloatingPointContext {
  static constexpr std::uint32_t MAGIC = 0x46508001;
  std::uint32_t magic;
  std::uint32_t size;
  std::uint32_t fpsr;
  std::uint32_t fpcr;
  std::uint64_t vectors[64];
};
static_assert(sizeof(FloatingPointContext) == 528);

/// The `esr_context` record: the exception syndrome of a fault.
struct SyndromeContext {
  static constexpr std::uint32_t MAGIC = 0x45535201;
  std::uint32_t magic;
  std::uint32_t size;
  std::uint64_t syndrome;
};

/// `struct sigcontext`.
struct alignas(16) MachineContext {
  std::uint64_t fault_address;
  std::uint64_t x[31];
  std::uint64_t sp;
  std::uint64_t pc;
  std::uint64_t pstate;
  std::uint64_t padding;
  std::byte records[4096];
};
static_assert(sizeof(MachineContext) == 4384 && offsetof(MachineContext, records) == 288);

/// `struct ucontext`.
struct UserContext {
  std::uint64_t flags;
  std::uint64_t link;
  SignalStack stack;
  std::uint64_t signal_mask;
  std::byte unused[120];
  MachineContext machine;
};
static_assert(offsetof(UserContext, machine) == 176 && sizeof(UserContext) == 4560);

/// `struct rt_sigframe`.
struct SignalFrame {
  SignalInfo info;
  UserContext context;
};
static_assert(sizeof(SignalFrame) == 4688);

/// What unwinders follow: the caller's frame pointer and return address.
struct FrameRecord {
  std::uint64_t frame_pointer;
  std::uint64_t link_register;
};

/// `struct rlimit64`.
struct ResourceLimit {
  std::uint64_t current;
  std::uint64_t maximum;
};
inline constexpr std::uint64_t LIMIT_INFINITY = ~std::uint64_t{0};
inline constexpr unsigned LIMIT_DATA = 2;
inline constexpr unsigned LIMIT_STACK = 3;
inline constexpr unsigned LIMIT_CORE = 4;
inline constexpr unsigned LIMIT_PROCESSES = 6;
inline constexpr unsigned LIMIT_OPEN_FILES = 7;
inline constexpr unsigned LIMIT_LOCKED_MEMORY = 8;
inline constexpr unsigned LIMIT_ADDRESS_SPACE = 9;
inline constexpr unsigned LIMIT_COUNT = 16;

/// `struct rusage`.
struct ResourceUsage {
  Timeval user_time;
  Timeval system_time;
  std::int64_t largest_resident_kilobytes;
  std::int64_t others[13];
};
static_assert(sizeof(ResourceUsage) == 144);

/// `struct sysinfo`.
struct SystemInfo {
  std::int64_t uptime_seconds;
  std::uint64_t loads[3];
  std::uint64_t total_memory;
  std::uint64_t free_memory;
  std::uint64_t shared_memory;
  std::uint64_t buffers;
  std::uint64_t total_swap;
  std::uint64_t free_swap;
  std::uint16_t processes;
  std::uint16_t padding_1;
  std::uint32_t padding_2;
  std::uint64_t total_high_memory;
  std::uint64_t free_high_memory;
  std::uint32_t unit_bytes;
  std::uint32_t padding_3;
};
static_assert(sizeof(SystemInfo) == 112);

/// `struct new_utsname`.
struct SystemNames {
  char system[65];
  char node[65];
  char release[65];
  char version[65];
  char machine[65];
  char domain[65];
};
static_assert(sizeof(SystemNames) == 390);

/// `struct tms`, in ticks of `CLOCK_TICKS` a second.
struct Times {
  std::int64_t user;
  std::int64_t system;
  std::int64_t children_user;
  std::int64_t children_system;
};
inline constexpr std::int64_t CLOCK_TICKS = 100;

// Protection and flags of mmap.
inline constexpr std::uint32_t PROTECTION_READ = 1;
inline constexpr std::uint32_t PROTECTION_WRITE = 2;
inline constexpr std::uint32_t PROTECTION_EXECUTE = 4;
inline constexpr std::uint32_t PROTECTION_BTI = 0x10;
inline constexpr std::uint32_t MAP_SHARING = 0x01;
inline constexpr std::uint32_t MAP_PRIVATELY = 0x02;
inline constexpr std::uint32_t MAP_KIND_BITS = 0x0f;
inline constexpr std::uint32_t MAP_SHARING_VALIDATED = 0x03;
inline constexpr std::uint32_t MAP_AT_ADDRESS = 0x10;
inline constexpr std::uint32_t MAP_WITHOUT_FILE = 0x20;
inline constexpr std::uint32_t MAP_AT_FREE_ADDRESS = 0x100000;

// Flags of clone.
inline constexpr std::uint64_t CLONE_SHARE_MEMORY = 0x100;
inline constexpr std::uint64_t CLONE_SHARE_FILE_SYSTEM = 0x200;
inline constexpr std::uint64_t CLONE_SHARE_FILES = 0x400;
inline constexpr std::uint64_t CLONE_SHARE_SIGNALS = 0x800;
inline constexpr std::uint64_t CLONE_AS_THREAD = 0x10000;
inline constexpr std::uint64_t CLONE_SET_TLS = 0x80000;
inline constexpr std::uint64_t CLONE_SET_PARENT_ID = 0x100000;
inline constexpr std::uint64_t CLONE_CLEAR_CHILD_ID = 0x200000;
inline constexpr std::uint64_t CLONE_SET_CHILD_ID = 0x1000000;

}  // namespace armillion::guest::kernel::abi
