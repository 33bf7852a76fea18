#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string_view>

#include "guest/linux/handlers.hpp"
#include "guest/linux/kernel.hpp"
#include "guest/linux/time_conversion.hpp"

// Who the process is, what it runs on, and what it may use.
namespace armillion::guest::kernel::calls {
namespace {

bool is_own_user(std::uint32_t id) { return id == USER_ID || id == ~0u; }

CallResult put_three(Kernel& kernel, Address first, Address second, Address third) {
  for (const Address address : {first, second, third}) {
    if (const auto stored = kernel.put(address.value, USER_ID); !stored) return stored;
  }
  return 0;
}

bool is_own_process(std::int32_t process) { return process == 0 || process == PROCESS_ID; }

}  // namespace

CallResult getpid(Kernel&) { return PROCESS_ID; }
CallResult gettid(Kernel& kernel) { return kernel.current_thread; }
CallResult getppid(Kernel&) { return PARENT_PROCESS_ID; }
CallResult getuid(Kernel&) { return USER_ID; }
CallResult geteuid(Kernel&) { return USER_ID; }
CallResult getgid(Kernel&) { return USER_ID; }
CallResult getegid(Kernel&) { return USER_ID; }

CallResult getresuid(Kernel& kernel, Address real, Address effective, Address saved) {
  return put_three(kernel, real, effective, saved);
}

CallResult getresgid(Kernel& kernel, Address real, Address effective, Address saved) {
  return put_three(kernel, real, effective, saved);
}

CallResult setuid(Kernel&, std::uint32_t user) { return user == USER_ID ? CallResult(0) : fail(EPERM); }
CallResult setgid(Kernel&, std::uint32_t group) { return group == USER_ID ? CallResult(0) : fail(EPERM); }

CallResult setresuid(Kernel&, std::uint32_t real, std::uint32_t effective, std::uint32_t saved) {
  return is_own_user(real) && is_own_user(effective) && is_own_user(saved) ? CallResult(0) : fail(EPERM);
}

CallResult setresgid(Kernel& kernel, std::uint32_t real, std::uint32_t effective, std::uint32_t saved) {
  return setresuid(kernel, real, effective, saved);
}

CallResult getgroups(Kernel& kernel, std::int32_t size, Address list) {
  if (size < 0) return fail(EINVAL);
  if (size > 0) {
    if (const auto stored = kernel.put(list.value, USER_ID); !stored) return stored;
  }
  return 1;
}

CallResult getpgid(Kernel&, std::int32_t process) {
  return is_own_process(process) ? CallResult(PROCESS_ID) : fail(ESRCH);
}

CallResult setpgid(Kernel&, std::int32_t process, std::int32_t group) {
  if (group < 0) return fail(EINVAL);
  return is_own_process(process) && is_own_process(group) ? CallResult(0) : fail(ESRCH);
}

CallResult getsid(Kernel&, std::int32_t process) {
  return is_own_process(process) ? CallResult(PROCESS_ID) : fail(ESRCH);
}

// The process leads its group already, and a leader cannot start a session.
CallResult setsid(Kernel&) { return fail(EPERM); }

CallResult uname(Kernel& kernel, Address address) {
  abi::SystemNames names{};
  const auto set = [](std::span<char> field, std::string_view text) { std::ranges::copy(text, field.begin()); };
  set(names.system, "Linux");
  set(names.node, "armillion");
  set(names.release, "6.1.0");
  set(names.version, "#1 SMP");
  set(names.machine, "aarch64");
  set(names.domain, "(none)");
  return kernel.put(address.value, names);
}

CallResult sysinfo(Kernel& kernel, Address address) {
  abi::SystemInfo info{};
  info.uptime_seconds = static_cast<std::int64_t>(kernel.now() / NANOSECONDS_PER_SECOND);
  info.total_memory = kernel.options.memory_limit_bytes;
  info.free_memory = info.total_memory - std::min(info.total_memory, kernel.mappings.charged.total());
  info.processes = static_cast<std::uint16_t>(kernel.threads.size());
  info.unit_bytes = 1;
  return kernel.put(address.value, info);
}

CallResult getrandom(Kernel& kernel, Address buffer, std::uint64_t size, Flags flags) {
  constexpr std::uint32_t KNOWN_FLAGS = 7;
  constexpr std::uint64_t MOST_BYTES = 0x1ff'ffff;
  if ((flags.bits & ~KNOWN_FLAGS) != 0) return fail(EINVAL);
  size = std::min(size, MOST_BYTES);
  std::uint64_t done = 0;
  while (done < size) {
    const auto bytes =
        std::span(kernel.transfer_buffer).first(std::min<std::uint64_t>(size - done, kernel.transfer_buffer.size()));
    kernel.random.fill(bytes);
    if (!kernel.memory.write(buffer.value + done, bytes, Permissions::WRITE)) {
      return done > 0 ? CallResult(static_cast<std::int64_t>(done)) : fail(EFAULT);
    }
    done += bytes.size();
  }
  return static_cast<std::int64_t>(done);
}

CallResult getrlimit(Kernel& kernel, std::uint32_t resource, Address limit) {
  if (resource >= abi::LIMIT_COUNT) return fail(EINVAL);
  return kernel.put(limit.value, kernel.limits[resource]);
}

CallResult setrlimit(Kernel& kernel, std::uint32_t resource, Address limit) {
  return prlimit64(kernel, 0, resource, limit, Address{0});
}

CallResult prlimit64(Kernel& kernel, std::int32_t process, std::uint32_t resource, Address new_limit,
                     Address old_limit) {
  if (!is_own_process(process)) return fail(ESRCH);
  if (resource >= abi::LIMIT_COUNT) return fail(EINVAL);
  abi::ResourceLimit& current = kernel.limits[resource];
  const abi::ResourceLimit old = current;
  if (new_limit.value != 0) {
    const auto wanted = kernel.get<abi::ResourceLimit>(new_limit.value);
    if (!wanted) return fail(wanted.error());
    if (wanted->current > wanted->maximum) return fail(EINVAL);
    if (wanted->maximum > current.maximum) return fail(EPERM);
    current = *wanted;
    if (resource == abi::LIMIT_OPEN_FILES) kernel.files.set_limit(current.current);
  }
  return old_limit.value != 0 ? CallResult(kernel.put(old_limit.value, old)) : CallResult(0);
}

CallResult getrusage(Kernel& kernel, std::int32_t who, Address address) {
  constexpr std::int32_t SELF = 0;
  constexpr std::int32_t CHILDREN = -1;
  constexpr std::int32_t THREAD = 1;
  if (who != SELF && who != CHILDREN && who != THREAD) return fail(EINVAL);
  abi::ResourceUsage usage{};
  if (who != CHILDREN) {
    usage.user_time = to_timeval(kernel.processor_time());
    usage.largest_resident_kilobytes = static_cast<std::int64_t>(kernel.mappings.charged.total() / 1024);
  }
  return kernel.put(address.value, usage);
}

// The call answers 20 minus the nice value.
CallResult getpriority(Kernel&, std::int32_t kind, std::int32_t) {
  return kind >= 0 && kind <= 2 ? CallResult(20) : fail(EINVAL);
}

CallResult setpriority(Kernel&, std::int32_t kind, std::int32_t, std::int32_t) {
  return kind >= 0 && kind <= 2 ? CallResult(0) : fail(EINVAL);
}

CallResult prctl(Kernel& kernel, std::int32_t operation, std::uint64_t argument_2, std::uint64_t, std::uint64_t,
                 std::uint64_t) {
  enum PrctlOperation : std::int32_t {
    SET_DEATH_SIGNAL = 1,
    GET_DUMPABLE = 3,
    SET_DUMPABLE = 4,
    SET_NAME = 15,
    GET_NAME = 16,
    SET_TIMER_SLACK = 29,
    GET_TIMER_SLACK = 30,
    SET_NO_NEW_PRIVILEGES = 38,
    GET_NO_NEW_PRIVILEGES = 39,
  };
  switch (operation) {
    case SET_DEATH_SIGNAL:
    case SET_DUMPABLE:
    case SET_TIMER_SLACK:
    case SET_NO_NEW_PRIVILEGES: return 0;
    case GET_DUMPABLE:
    case GET_NO_NEW_PRIVILEGES: return 1;
    case GET_TIMER_SLACK: return 50'000;
    case SET_NAME: {
      // Up to 15 characters count; the string may end before them at the end of its memory.
      std::array<char, 16> name{};
      const auto readable = kernel.accessible_bytes(argument_2, name.size() - 1, Permissions::READ);
      if (readable == 0) return fail(EFAULT);
      kernel.memory.read(argument_2, std::as_writable_bytes(std::span(name).first(readable)));
      std::fill(std::ranges::find(name, '\0'), name.end(), '\0');
      kernel.thread_name = name;
      return 0;
    }
    case GET_NAME: return kernel.put(argument_2, kernel.thread_name);
    default: return fail(EINVAL);
  }
}

CallResult personality(Kernel&, Flags) { return 0; }

}  // namespace armillion::guest::kernel::calls
