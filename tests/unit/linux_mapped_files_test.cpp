// Files that are mapped into memory: what stores do to the file, and what calls on the file do to the mapping.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "armillion/fleet.hpp"
#include "guest/linux/abi.hpp"
#include "guest/linux/file_mapping.hpp"
#include "support/guest_caller.hpp"

namespace armillion::guest::kernel {
namespace {

namespace fs = std::filesystem;
using test::GUEST_DATA;
using test::GuestCaller;

// Numbers of system calls (system_calls.inc).
enum Number : std::uint64_t {
  TRUNCATE = 45,
  FTRUNCATE = 46,
  OPENAT = 56,
  CLOSE = 57,
  READ = 63,
  WRITE = 64,
  PREAD64 = 67,
  PWRITE64 = 68,
  SENDFILE = 71,
  EXIT_GROUP = 94,
  MUNMAP = 215,
  MREMAP = 216,
  MMAP = 222,
  MPROTECT = 226,
  MSYNC = 227,
  MADVISE = 233,
  MEMFD_CREATE = 279,
};
constexpr std::uint64_t BUFFER = GUEST_DATA + 0x2000;
constexpr std::uint64_t PAGE = PAGE_SIZE;
constexpr std::uint64_t READING = 1;
constexpr std::uint64_t WRITING = 3;
constexpr int DONT_NEED = 4;
constexpr int MAY_MOVE = 1;
constexpr int FIXED = 2;

class MappedFiles : public ::testing::Test {
 protected:
  MappedFiles() {
    std::string name = ::testing::TempDir() + "armillion_mapped_XXXXXX";
    folder = ::mkdtemp(name.data());
    // Three pages and a half: of 'a', 'b', 'c' and 'd'.
    std::ofstream file(folder / "file", std::ios::binary);
    for (const char letter : {'a', 'b', 'c'}) file << std::string(PAGE, letter);
    file << std::string(PAGE / 2, 'd');
    file.close();
    ProcessOptions options;
    options.directories = {{folder, "/files", DirectoryAccess::READ_WRITE}};
    options.working_directory = "/files";
    guest.emplace(std::move(options));
  }
  ~MappedFiles() override { fs::remove_all(folder); }

  std::int64_t open(std::uint32_t flags = abi::O_READ_WRITE) {
    return guest->call(OPENAT, abi::AT_WORKING_DIRECTORY, guest->put("file"), flags, 0644);
  }
  std::uint64_t map(std::int64_t file, std::uint64_t size, std::uint32_t flags = abi::MAP_SHARING,
                    std::uint64_t protection = WRITING, std::uint64_t offset = 0) {
    const std::int64_t address = guest->call(MMAP, 0, size, protection, flags, file, offset);
    EXPECT_GT(address, 0);
    return static_cast<std::uint64_t>(address);
  }
  void store(std::string_view text, std::uint64_t address) {
    guest->process.machine().write_memory(address, std::as_bytes(std::span(text)));
  }
  std::int64_t write_at(std::int64_t file, std::string_view text, std::int64_t offset) {
    return guest->call(PWRITE64, file, guest->put(text), text.size(), offset);
  }
  std::string read_at(std::int64_t file, std::size_t size, std::uint64_t offset) {
    guest->call(PREAD64, file, BUFFER, size, offset);
    return guest->get_text(BUFFER, size);
  }
  std::string contents() {
    std::ifstream file(folder / "file", std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string contents(std::size_t offset, std::size_t size) { return contents().substr(offset, size); }
  // What another program of the host does.
  void write_on_host(std::string_view text, std::streamoff offset) {
    std::fstream file(folder / "file", std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(offset);
    file << text;
  }

  fs::path folder;
  std::optional<GuestCaller> guest;
};

TEST_F(MappedFiles, OnlyWhatWasStoredIsWrittenBack) {
  const std::int64_t file = open();
  const std::uint64_t reading = map(file, PAGE, abi::MAP_SHARING, READING);
  const std::uint64_t writing = map(file, 2 * PAGE);
  store("stored", writing + 8);
  write_on_host("written", 16);
  EXPECT_EQ(guest->call(MUNMAP, reading, PAGE), 0);
  EXPECT_EQ(guest->call(MSYNC, writing, PAGE, 4), 0);
  EXPECT_EQ(contents(0, 26), "aaaaaaaastoredaawrittenaaa");
  write_on_host("again", 8);
  EXPECT_EQ(guest->call(MUNMAP, writing, 2 * PAGE), 0);
  EXPECT_EQ(contents(0, 26), "aaaaaaaaagaindaawrittenaaa") << "what was stored was written already";
}

TEST_F(MappedFiles, StoresArriveWhenTheProcessEnds) {
  const std::uint64_t mapping = map(open(), 4 * PAGE);
  store("first", mapping + PAGE);
  store("last", mapping + 3 * PAGE + PAGE / 2 - 2);
  guest->call(EXIT_GROUP, 0);
  EXPECT_EQ(contents(PAGE, 6), "firstb");
  EXPECT_EQ(contents(3 * PAGE + PAGE / 2 - 3, 10), "dla") << "a mapping does not make its file longer";
}

TEST_F(MappedFiles, ShowWhatIsWrittenToTheFile) {
  const std::int64_t file = open();
  const std::uint64_t reading = map(open(abi::O_READ_ONLY), PAGE, abi::MAP_SHARING, READING);
  const std::uint64_t writing = map(file, 2 * PAGE, abi::MAP_SHARING, WRITING, PAGE);
  store("stored", writing);
  EXPECT_EQ(write_at(file, "over both", PAGE - 4), 9);
  EXPECT_EQ(guest->get_text(reading + PAGE - 5, 5), "aover");
  EXPECT_EQ(guest->get_text(writing, 7), " bothdb");
  EXPECT_EQ(guest->call(WRITE, file, guest->put("start"), 5), 5);
  EXPECT_EQ(guest->get_text(reading, 6), "starta");
  EXPECT_EQ(guest->call(MUNMAP, writing, 2 * PAGE), 0);
  EXPECT_EQ(contents(PAGE - 5, 12), "aover bothdb");
}

TEST_F(MappedFiles, CallsReadWhatWasStored) {
  const std::int64_t file = open();
  const std::uint64_t mapping = map(file, 2 * PAGE);
  store("stored", mapping + PAGE - 3);
  EXPECT_EQ(read_at(file, 8, PAGE - 4), "astoredb");
  store("START", mapping);
  EXPECT_EQ(guest->call(READ, file, BUFFER, 6), 6);
  EXPECT_EQ(guest->get_text(BUFFER, 6), "STARTa");
  store("NEXT", mapping + 6);
  EXPECT_EQ(guest->call(SENDFILE, 1, file, 0, 5), 5);
  EXPECT_EQ(guest->process.captured_output(), "NEXTa");
  store("seen", mapping);
  EXPECT_EQ(guest->get_text(map(file, PAGE, abi::MAP_PRIVATELY), 5), "seenT") << "so do new mappings";
}

TEST_F(MappedFiles, MappingsOfOneFileAgreeOnceOneIsWrittenBack) {
  const std::int64_t file = open();
  const std::uint64_t first = map(file, PAGE);
  const std::uint64_t second = map(file, PAGE);
  store("one", first);
  store("two", second + 3);
  EXPECT_EQ(guest->call(MSYNC, second, PAGE, 4), 0);
  EXPECT_EQ(guest->get_text(first, 7), "onetwoa");
  EXPECT_EQ(guest->get_text(second, 7), "onetwoa");
  EXPECT_EQ(contents(0, 7), "onetwoa");
}

TEST_F(MappedFiles, ShowWhatIsCutOff) {
  const std::int64_t file = open();
  const std::uint64_t mapping = map(file, 2 * PAGE);
  store("kept", mapping);
  store("lost", mapping + PAGE);
  EXPECT_EQ(guest->call(FTRUNCATE, file, 6), 0);
  EXPECT_EQ(guest->call(FTRUNCATE, file, 2 * PAGE), 0);
  EXPECT_EQ(guest->get_text(mapping, 7), std::string("keptaa\0", 7));
  EXPECT_EQ(guest->get_text(mapping + PAGE, 4), std::string(4, '\0'));
  EXPECT_EQ(guest->call(TRUNCATE, guest->put("file"), 2), 0);
  EXPECT_EQ(guest->get_text(mapping, 4), std::string("ke\0\0", 4));
  store("lost", mapping + 2);
  EXPECT_EQ(guest->call(FTRUNCATE, file, 6), 0);
  EXPECT_EQ(guest->get_text(mapping, 6), std::string("ke\0\0\0\0", 6)) << "it was behind the end";
  open(abi::O_READ_WRITE | abi::O_TRUNCATE);
  EXPECT_EQ(guest->get_text(mapping, 2), std::string(2, '\0'));
  EXPECT_EQ(guest->call(MUNMAP, mapping, 2 * PAGE), 0);
  EXPECT_EQ(contents(), "");
}

TEST_F(MappedFiles, MemoryFilesAreToldApart) {
  const std::int64_t first = guest->call(MEMFD_CREATE, guest->put("first"), 0);
  const std::int64_t second = guest->call(MEMFD_CREATE, guest->put("second"), 0);
  for (const std::int64_t file : {first, second}) EXPECT_EQ(guest->call(FTRUNCATE, file, PAGE), 0);
  const std::uint64_t mapping = map(first, PAGE);
  store("stored", mapping);
  EXPECT_EQ(write_at(second, "written", 0), 7);
  EXPECT_EQ(guest->get_text(mapping, 6), "stored");
  EXPECT_EQ(read_at(first, 6, 0), "stored");
}

TEST_F(MappedFiles, SnapshotsHoldWhatWasStored) {
  const std::int64_t file = open();
  const std::uint64_t mapping = map(file, PAGE);
  store("stored", mapping);
  const ProcessSnapshot snapshot = guest->process.snapshot();
  for (int i = 0; i < 2; ++i) {
    store("other", mapping + 16);
    EXPECT_EQ(read_at(file, 22, 0), "storedaaaaaaaaaaothera");
    write_on_host(std::string(32, 'a'), 0);
    guest->process.restore(snapshot);
    EXPECT_EQ(guest->get_text(mapping, 22), "storedaaaaaaaaaaaaaaaa");
  }
  EXPECT_EQ(guest->call(MUNMAP, mapping, PAGE), 0);
  EXPECT_EQ(contents(0, 22), "storedaaaaaaaaaaaaaaaa");
}

TEST_F(MappedFiles, LanesOfAFleetWriteBack) {
  const std::uint64_t mapping = map(open(), PAGE);
  store("stored", mapping);
  State& state = guest->process.machine().state();
  state.pc = test::GUEST_CODE;
  state.x[8] = EXIT_GROUP;
  state.x[0] = 3;
  Fleet fleet(guest->process, {.lanes = 20});
  fleet.run();
  EXPECT_EQ(fleet.result(19).exit_code, 3);
  EXPECT_EQ(contents(0, 7), "storeda");
}

TEST_F(MappedFiles, GrowByTheFilesFurtherBytes) {
  constexpr std::uint64_t ELSEWHERE = 0x700'0000;
  const std::int64_t file = open();
  for (const std::uint32_t kind : {abi::MAP_PRIVATELY, abi::MAP_SHARING}) {
    const std::uint64_t mapping = map(file, 3 * PAGE, kind, WRITING, PAGE);
    EXPECT_EQ(guest->call(MUNMAP, mapping + PAGE, 2 * PAGE), 0);
    EXPECT_EQ(guest->call(MREMAP, mapping, PAGE, 2 * PAGE, 0), static_cast<std::int64_t>(mapping));
    EXPECT_EQ(guest->get_text(mapping + PAGE, 5), "ccccc");
    store("grown", mapping + PAGE);
    EXPECT_EQ(guest->call(MREMAP, mapping, 2 * PAGE, 3 * PAGE, MAY_MOVE | FIXED, ELSEWHERE), ELSEWHERE);
    EXPECT_EQ(guest->get_text(ELSEWHERE, 5), "bbbbb");
    EXPECT_EQ(guest->get_text(ELSEWHERE + PAGE, 6), "grownc");
    EXPECT_EQ(guest->get_text(ELSEWHERE + 2 * PAGE, 5), "ddddd");
    store("moved", ELSEWHERE + 2 * PAGE);
    EXPECT_EQ(guest->call(MUNMAP, ELSEWHERE, 3 * PAGE), 0);
  }
  EXPECT_EQ(contents(2 * PAGE, 6), "grownc");
  EXPECT_EQ(contents(3 * PAGE, 6), "movedd");
}

TEST_F(MappedFiles, CannotBecomeWritableWhereTheFileIsNot) {
  const std::int64_t file = open(abi::O_READ_ONLY);
  const std::uint64_t shared = map(file, PAGE, abi::MAP_SHARING, READING);
  const std::uint64_t own = map(file, PAGE, abi::MAP_PRIVATELY, READING);
  EXPECT_EQ(guest->call(MPROTECT, shared, PAGE, WRITING), -EACCES);
  EXPECT_EQ(guest->call(MPROTECT, shared, PAGE, 0), 0);
  EXPECT_EQ(guest->call(MPROTECT, own, PAGE, WRITING), 0);
  EXPECT_EQ(guest->call(MPROTECT, map(open(), PAGE, abi::MAP_SHARING, READING), PAGE, WRITING), 0);
}

TEST_F(MappedFiles, HaveTheFilesBytesAgainWhenDiscarded) {
  const std::int64_t file = open();
  const std::uint32_t fixed = abi::MAP_AT_ADDRESS;
  // Pages of a private mapping, a shared one, and no file, one behind the other.
  const std::uint64_t area = map(-1, 4 * PAGE, abi::MAP_PRIVATELY | abi::MAP_WITHOUT_FILE);
  guest->call(MMAP, area, 2 * PAGE, WRITING, abi::MAP_PRIVATELY | fixed, file, PAGE);
  guest->call(MMAP, area + 2 * PAGE, PAGE, WRITING, abi::MAP_SHARING | fixed, file, 0);
  for (std::uint64_t page = 0; page < 4; ++page) store("stored", area + page * PAGE);
  EXPECT_EQ(guest->call(MADVISE, area + PAGE, 3 * PAGE, DONT_NEED), 0);
  EXPECT_EQ(guest->get_text(area, 7), "storedb") << "outside the range";
  EXPECT_EQ(guest->get_text(area + PAGE, 7), "ccccccc");
  EXPECT_EQ(guest->get_text(area + 2 * PAGE, 7), "storeda") << "it is the file's";
  EXPECT_EQ(guest->get_text(area + 3 * PAGE, 7), std::string(7, '\0'));
}

TEST_F(MappedFiles, TakeOneDescriptorOfTheHostForAllWhoOnlyRead) {
  const auto descriptors = [] {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  };
  const auto before = descriptors();
  std::uint64_t mapping = 0;
  for (int i = 0; i < 10; ++i) {
    const std::int64_t file = open(abi::O_READ_ONLY);
    mapping = map(file, PAGE, i % 2 == 0 ? abi::MAP_SHARING : abi::MAP_PRIVATELY, READING);
    EXPECT_EQ(guest->call(CLOSE, file), 0);
  }
  EXPECT_EQ(descriptors(), before + 1);
  EXPECT_EQ(guest->call(MADVISE, mapping, PAGE, DONT_NEED), 0);
  EXPECT_EQ(guest->get_text(mapping, 1), "a");
}

TEST(FileMappings, KeepWhatLiesOutsideOfWhatIsRemoved) {
  AddressSpace memory(1 << 20);
  memory.map(0x10000, 4 * PAGE, Permissions::READ_WRITE);
  FileMapping mapping{0x10000, 0x14000, nullptr, 8 * PAGE, {1, 2}, {}};
  for (std::uint64_t address = mapping.start; address < mapping.end; address += PAGE) {
    memory.write_value(address, address);
    mapping.pages_in_file.push_back(memory.keep_frame(address));
  }
  FileMappings mappings;
  mappings.add(std::move(mapping));
  mappings.remove(0x11000, 0x12000);
  EXPECT_EQ(mappings.find(0x11000), nullptr);
  EXPECT_EQ(mappings.find(0x10fff)->end, 0x11000u);
  mappings.move(0x13000, 0x20000, PAGE);
  EXPECT_EQ(mappings.find(0x13000), nullptr);
  ASSERT_NE(mappings.find(0x20000), nullptr);
  FileMapping& moved = *mappings.overlapping(0x20000, 0x21000).front();
  EXPECT_EQ(moved.offset, 11 * PAGE);
  EXPECT_EQ(&*moved.page_in_file(0x20000), &memory.frame_at(0x13000));
  EXPECT_EQ(mappings.overlapping(0x10fff, 0x20001).size(), 3u);
  EXPECT_EQ(mappings.overlapping(0x11000, 0x12000).size(), 0u);
}

TEST(FileMappings, FindThePagesOfAPartOfTheFile) {
  const FileMapping mapping{0x10000, 0x13000, nullptr, 4 * PAGE, {}, {}};
  const auto pages = [&](std::uint64_t low, std::uint64_t high) {
    const FileMapping::Range range = mapping.pages_of(low, high);
    return std::pair((range.start - 0x10000) / PAGE, (range.end - 0x10000) / PAGE);
  };
  using Pages = std::pair<std::uint64_t, std::uint64_t>;
  EXPECT_EQ(pages(0, FILE_END), Pages(0, 3));
  EXPECT_EQ(pages(5 * PAGE + 7, 5 * PAGE + 8), Pages(1, 2));
  EXPECT_EQ(pages(5 * PAGE - 1, 5 * PAGE + 1), Pages(0, 2));
  EXPECT_EQ(pages(0, 4 * PAGE), Pages(0, 0));
  EXPECT_EQ(pages(7 * PAGE, FILE_END), Pages(0, 0));
  EXPECT_EQ(pages(5 * PAGE, 5 * PAGE), Pages(0, 0));
}

}  // namespace
}  // namespace armillion::guest::kernel
