#pragma once

#include <cstdint>

#include "guest/linux/arguments.hpp"
#include "guest/linux/result.hpp"

// The system calls, each a function with the name and the arguments that the manual pages (section 2) give it. They act
// on the kernel's current thread. The file of a section is named beside it.
namespace armillion::guest::kernel {

class Kernel;

namespace calls {

// transfer.cpp: moving bytes.
CallResult read(Kernel&, Descriptor, Address buffer, std::uint64_t size);
CallResult write(Kernel&, Descriptor, Text buffer, std::uint64_t size);
CallResult readv(Kernel&, Descriptor, Address vectors, std::int32_t count);
CallResult writev(Kernel&, Descriptor, Address vectors, std::int32_t count);
CallResult pread64(Kernel&, Descriptor, Address buffer, std::uint64_t size, std::int64_t offset);
CallResult pwrite64(Kernel&, Descriptor, Text buffer, std::uint64_t size, std::int64_t offset);
CallResult preadv(Kernel&, Descriptor, Address vectors, std::int32_t count, std::int64_t offset);
CallResult pwritev(Kernel&, Descriptor, Address vectors, std::int32_t count, std::int64_t offset);
CallResult sendfile(Kernel&, Descriptor output, Descriptor input, Address offset, std::uint64_t size);
CallResult copy_file_range(Kernel&, Descriptor input, Address input_offset, Descriptor output, Address output_offset,
                           std::uint64_t size, Flags);

// descriptors.cpp: open files.
CallResult openat(Kernel&, Descriptor directory, Path, OpenFlags, FileMode);
CallResult close(Kernel&, Descriptor);
CallResult close_range(Kernel&, std::uint32_t first, std::uint32_t last, Flags);
CallResult dup(Kernel&, Descriptor);
CallResult dup3(Kernel&, Descriptor from, Descriptor to, OpenFlags);
CallResult fcntl(Kernel&, Descriptor, std::int32_t command, std::uint64_t argument);
CallResult flock(Kernel&, Descriptor, std::int32_t operation);
CallResult ioctl(Kernel&, Descriptor, Flags request, Address argument);
CallResult lseek(Kernel&, Descriptor, std::int64_t offset, std::uint32_t origin);
CallResult ftruncate(Kernel&, Descriptor, std::int64_t size);
CallResult fallocate(Kernel&, Descriptor, Flags mode, std::int64_t offset, std::int64_t size);
CallResult fsync(Kernel&, Descriptor);
CallResult fdatasync(Kernel&, Descriptor);
CallResult sync(Kernel&);
CallResult fadvise64(Kernel&, Descriptor, std::int64_t offset, std::int64_t size, std::int32_t advice);
CallResult pipe2(Kernel&, Address descriptors, OpenFlags);
CallResult eventfd2(Kernel&, std::uint32_t count, Flags);
CallResult memfd_create(Kernel&, Path name, Flags);

// polling.cpp: waiting for files.
CallResult ppoll(Kernel&, Address requests, std::uint32_t count, Address timeout, Address mask,
                 std::uint64_t mask_size);
CallResult pselect6(Kernel&, std::int32_t count, Address read_set, Address write_set, Address exception_set,
                    Address timeout, Address mask);
CallResult epoll_create1(Kernel&, Flags);
CallResult epoll_ctl(Kernel&, Descriptor, std::int32_t operation, Descriptor target, Address event);
CallResult epoll_pwait(Kernel&, Descriptor, Address events, std::int32_t count, std::int32_t timeout_milliseconds,
                       Address mask, std::uint64_t mask_size);

// file_status.cpp: what is said about files, and changed of it.
CallResult newfstatat(Kernel&, Descriptor directory, Path, Address status, Flags);
CallResult fstat(Kernel&, Descriptor, Address status);
CallResult statx(Kernel&, Descriptor directory, Path, Flags, Flags mask, Address status);
CallResult statfs(Kernel&, Path, Address status);
CallResult fstatfs(Kernel&, Descriptor, Address status);
CallResult faccessat(Kernel&, Descriptor directory, Path, std::uint32_t mode);
CallResult faccessat2(Kernel&, Descriptor directory, Path, std::uint32_t mode, Flags);
CallResult readlinkat(Kernel&, Descriptor directory, Path, Address buffer, std::int32_t size);
CallResult truncate(Kernel&, Path, std::int64_t size);
CallResult fchmod(Kernel&, Descriptor, FileMode);
CallResult fchmodat(Kernel&, Descriptor directory, Path, FileMode);
CallResult fchown(Kernel&, Descriptor, std::uint32_t user, std::uint32_t group);
CallResult fchownat(Kernel&, Descriptor directory, Path, std::uint32_t user, std::uint32_t group, Flags);
CallResult utimensat(Kernel&, Descriptor directory, Path, Address times, Flags);
CallResult umask(Kernel&, FileMode);

// directories.cpp: names.
CallResult getdents64(Kernel&, Descriptor, Address buffer, std::uint32_t size);
CallResult getcwd(Kernel&, Address buffer, std::uint64_t size);
CallResult chdir(Kernel&, Path);
CallResult fchdir(Kernel&, Descriptor);
CallResult mkdirat(Kernel&, Descriptor directory, Path, FileMode);
CallResult unlinkat(Kernel&, Descriptor directory, Path, Flags);
CallResult renameat(Kernel&, Descriptor old_directory, Path old_path, Descriptor new_directory, Path new_path);
CallResult renameat2(Kernel&, Descriptor old_directory, Path old_path, Descriptor new_directory, Path new_path, Flags);
CallResult linkat(Kernel&, Descriptor old_directory, Path old_path, Descriptor new_directory, Path new_path, Flags);
CallResult symlinkat(Kernel&, Path target, Descriptor directory, Path);

// memory.cpp.
CallResult brk(Kernel&, Address end);
CallResult mmap(Kernel&, Address, std::uint64_t size, Protection, Flags, Descriptor, std::uint64_t offset);
CallResult munmap(Kernel&, Address, std::uint64_t size);
CallResult mprotect(Kernel&, Address, std::uint64_t size, Protection);
CallResult mremap(Kernel&, Address, std::uint64_t old_size, std::uint64_t new_size, Flags, Address target);
CallResult madvise(Kernel&, Address, std::uint64_t size, std::int32_t advice);
CallResult mincore(Kernel&, Address, std::uint64_t size, Address result);
CallResult msync(Kernel&, Address, std::uint64_t size, Flags);
CallResult mlock(Kernel&, Address, std::uint64_t size);
CallResult munlock(Kernel&, Address, std::uint64_t size);

// time.cpp.
CallResult clock_gettime(Kernel&, std::int32_t clock, Address time);
CallResult clock_getres(Kernel&, std::int32_t clock, Address resolution);
CallResult gettimeofday(Kernel&, Address time, Address zone);
CallResult nanosleep(Kernel&, Address duration, Address remaining);
CallResult clock_nanosleep(Kernel&, std::int32_t clock, std::int32_t flags, Address duration, Address remaining);
CallResult times(Kernel&, Address buffer);
CallResult getitimer(Kernel&, std::int32_t timer, Address value);
CallResult setitimer(Kernel&, std::int32_t timer, Address value, Address old_value);

// signal_calls.cpp.
CallResult rt_sigaction(Kernel&, SignalNumber, Address action, Address old_action, std::uint64_t mask_size);
CallResult rt_sigprocmask(Kernel&, std::int32_t how, Address mask, Address old_mask, std::uint64_t mask_size);
CallResult rt_sigreturn(Kernel&);
CallResult rt_sigpending(Kernel&, Address mask, std::uint64_t mask_size);
CallResult rt_sigsuspend(Kernel&, Address mask, std::uint64_t mask_size);
CallResult rt_sigtimedwait(Kernel&, Address set, Address info, Address timeout, std::uint64_t mask_size);
CallResult rt_sigqueueinfo(Kernel&, std::int32_t process, SignalNumber, Address info);
CallResult rt_tgsigqueueinfo(Kernel&, std::int32_t process, std::int32_t thread, SignalNumber, Address info);
CallResult sigaltstack(Kernel&, Address stack, Address old_stack);
CallResult kill(Kernel&, std::int32_t process, SignalNumber);
CallResult tkill(Kernel&, std::int32_t thread, SignalNumber);
CallResult tgkill(Kernel&, std::int32_t process, std::int32_t thread, SignalNumber);

// threads.cpp.
CallResult clone(Kernel&, WideFlags, Address stack, Address parent_id, Address tls, Address child_id);
CallResult exit(Kernel&, std::int32_t code);
CallResult exit_group(Kernel&, std::int32_t code);
CallResult set_tid_address(Kernel&, Address);
CallResult set_robust_list(Kernel&, Address head, std::uint64_t size);
CallResult get_robust_list(Kernel&, std::int32_t thread, Address head, Address size);
CallResult sched_yield(Kernel&);
CallResult sched_getaffinity(Kernel&, std::int32_t thread, std::uint64_t size, Address mask);
CallResult sched_setaffinity(Kernel&, std::int32_t thread, std::uint64_t size, Address mask);
CallResult sched_getscheduler(Kernel&, std::int32_t thread);
CallResult sched_getparam(Kernel&, std::int32_t thread, Address parameters);
CallResult sched_get_priority_max(Kernel&, std::int32_t policy);
CallResult sched_get_priority_min(Kernel&, std::int32_t policy);
CallResult getcpu(Kernel&, Address cpu, Address node);
CallResult membarrier(Kernel&, std::int32_t command, Flags, std::int32_t cpu);
CallResult wait4(Kernel&, std::int32_t process, Address status, Flags, Address usage);
CallResult waitid(Kernel&, std::int32_t kind, std::int32_t process, Address info, Flags, Address usage);

// futex.cpp.
CallResult futex(Kernel&, Address word, Flags operation, std::uint32_t value, std::uint64_t timeout, Address other_word,
                 std::uint32_t value_3);

// identity.cpp: who and where the process is, and what it may use.
CallResult getpid(Kernel&);
CallResult gettid(Kernel&);
CallResult getppid(Kernel&);
CallResult getuid(Kernel&);
CallResult geteuid(Kernel&);
CallResult getgid(Kernel&);
CallResult getegid(Kernel&);
CallResult getresuid(Kernel&, Address real, Address effective, Address saved);
CallResult getresgid(Kernel&, Address real, Address effective, Address saved);
CallResult setuid(Kernel&, std::uint32_t user);
CallResult setgid(Kernel&, std::uint32_t group);
CallResult setresuid(Kernel&, std::uint32_t real, std::uint32_t effective, std::uint32_t saved);
CallResult setresgid(Kernel&, std::uint32_t real, std::uint32_t effective, std::uint32_t saved);
CallResult getgroups(Kernel&, std::int32_t size, Address list);
CallResult getpgid(Kernel&, std::int32_t process);
CallResult setpgid(Kernel&, std::int32_t process, std::int32_t group);
CallResult getsid(Kernel&, std::int32_t process);
CallResult setsid(Kernel&);
CallResult uname(Kernel&, Address names);
CallResult sysinfo(Kernel&, Address info);
CallResult getrandom(Kernel&, Address buffer, std::uint64_t size, Flags);
CallResult getrlimit(Kernel&, std::uint32_t resource, Address limit);
CallResult setrlimit(Kernel&, std::uint32_t resource, Address limit);
CallResult prlimit64(Kernel&, std::int32_t process, std::uint32_t resource, Address new_limit, Address old_limit);
CallResult getrusage(Kernel&, std::int32_t who, Address usage);
CallResult getpriority(Kernel&, std::int32_t kind, std::int32_t who);
CallResult setpriority(Kernel&, std::int32_t kind, std::int32_t who, std::int32_t priority);
CallResult prctl(Kernel&, std::int32_t operation, std::uint64_t argument_2, std::uint64_t argument_3,
                 std::uint64_t argument_4, std::uint64_t argument_5);
CallResult personality(Kernel&, Flags);

}  // namespace calls
}  // namespace armillion::guest::kernel
