#include "guest/linux/memory_files.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "guest/linux/file_table.hpp"
#include "guest/linux/standard_streams.hpp"

namespace armillion::guest::kernel {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

int error_of(const Result<std::uint64_t>& result) { return result ? 0 : result.error().value; }

std::string read_text(OpenFile& file, std::size_t size) {
  std::string text(size, '\0');
  const auto count = file.read(std::as_writable_bytes(std::span(text)));
  return count ? text.substr(0, *count) : "error " + std::to_string(count.error().value);
}

struct Pipe {
  std::shared_ptr<PipeBuffer> buffer = std::make_shared<PipeBuffer>();
  FileReference reader = std::make_shared<PipeEnd>(abi::O_READ_ONLY, buffer, 5);
  FileReference writer = std::make_shared<PipeEnd>(abi::O_WRITE_ONLY, buffer, 5);
};

TEST(PipeEnd, CarriesBytesInOrder) {
  Pipe pipe;
  EXPECT_EQ(error_of(pipe.reader->read({})), 0);
  EXPECT_EQ(read_text(*pipe.reader, 4), "error 11") << "EAGAIN: nothing there yet";
  EXPECT_EQ(pipe.writer->write(bytes_of("hello")), 5u);
  EXPECT_EQ(pipe.reader->readable_bytes(), 5u);
  EXPECT_EQ(read_text(*pipe.reader, 3), "hel");
  EXPECT_EQ(read_text(*pipe.reader, 30), "lo");
}

TEST(PipeEnd, KnowsWhetherTheOtherEndIsOpen) {
  Pipe pipe;
  EXPECT_EQ(pipe.reader->ready_events(), 0u);
  EXPECT_EQ(pipe.writer->ready_events(), abi::EVENT_OUT);
  pipe.writer = nullptr;
  EXPECT_EQ(pipe.reader->ready_events(), abi::EVENT_HANG_UP);
  EXPECT_EQ(read_text(*pipe.reader, 3), "") << "the end";

  Pipe other;
  other.reader = nullptr;
  EXPECT_EQ(error_of(other.writer->write(bytes_of("x"))), EPIPE);
  EXPECT_EQ(other.writer->ready_events(), abi::EVENT_OUT | abi::EVENT_ERROR);
}

TEST(PipeEnd, NeverSplitsSmallWrites) {
  Pipe pipe;
  const std::string block(PipeBuffer::CAPACITY - 100, 'b');
  EXPECT_EQ(pipe.writer->write(bytes_of(block)), block.size());
  EXPECT_EQ(error_of(pipe.writer->write(bytes_of(std::string(200, 's')))), EAGAIN);
  EXPECT_EQ(pipe.writer->write(bytes_of(std::string(5000, 'l'))), 100u) << "a large write may be split";
  EXPECT_EQ(error_of(pipe.writer->write(bytes_of("x"))), EAGAIN);
}

TEST(PipeEnd, StaysSharedAmongCopies) {
  Pipe pipe;
  ASSERT_TRUE(pipe.writer->write(bytes_of("one")));
  FileCopier copier;
  const FileReference reader = copier.copy(pipe.reader);
  const FileReference writer = copier.copy(pipe.writer);
  EXPECT_EQ(copier.copy(pipe.reader), reader);
  ASSERT_TRUE(writer->write(bytes_of("two")));
  EXPECT_EQ(read_text(*reader, 9), "onetwo");
  EXPECT_EQ(read_text(*pipe.reader, 9), "one") << "the original has its own bytes";
}

TEST(EventCounter, CountsWholeOrOneByOne) {
  const auto read_value = [](EventCounter& counter) {
    std::uint64_t value = 0;
    EXPECT_TRUE(counter.read(std::as_writable_bytes(std::span(&value, 1))));
    return value;
  };
  EventCounter whole(0, 3, EventCounter::Mode::WHOLE);
  EXPECT_EQ(read_value(whole), 3u);
  EXPECT_EQ(whole.ready_events() & (abi::EVENT_IN | abi::EVENT_OUT), abi::EVENT_OUT);
  EventCounter semaphore(0, 3, EventCounter::Mode::SEMAPHORE);
  EXPECT_EQ(read_value(semaphore), 1u);
  EXPECT_EQ(read_value(semaphore), 1u);
  const std::uint64_t too_large = ~0ull;
  EXPECT_EQ(error_of(semaphore.write(std::as_bytes(std::span(&too_large, 1)))), EINVAL);
  const std::uint64_t large = ~0ull - 1;
  EXPECT_EQ(error_of(semaphore.write(std::as_bytes(std::span(&large, 1)))), EAGAIN);
  EXPECT_EQ(error_of(semaphore.write(bytes_of("short"))), EINVAL);
}

TEST(MemoryFile, IsBoundedByTheBudget) {
  auto budget = std::make_shared<MemoryFileBudget>();
  budget->limit_bytes = 1000;
  {
    MemoryFile file(abi::O_READ_WRITE, "test", std::make_shared<MemoryFileContents>(budget), 2);
    EXPECT_EQ(file.write(bytes_of("0123456789")), 10u);
    EXPECT_EQ(file.seek(500, SeekOrigin::CURRENT), 510u);
    EXPECT_EQ(file.write(bytes_of("x")), 1u);
    EXPECT_EQ(budget->used_bytes, 511u);
    EXPECT_EQ(error_of(file.write_at(bytes_of("x"), 1000)), ENOSPC);
    EXPECT_EQ(error_of(file.write_at(bytes_of("x"), ~0ull)), EFBIG);
    EXPECT_FALSE(file.truncate(1ull << 60));
    EXPECT_EQ(file.seek(-1, SeekOrigin::END), 510u);
    EXPECT_EQ(error_of(file.seek(-1, SeekOrigin::START)), EINVAL);
    EXPECT_EQ(read_text(file, 10), "x");
  }
  EXPECT_EQ(budget->used_bytes, 0u);
}

TEST(RandomGenerator, RepeatsItselfFromTheSameSeed) {
  std::array<std::byte, 100> first;
  std::array<std::byte, 100> second;
  RandomGenerator(RandomSource::SEEDED, 7).fill(first);
  RandomGenerator(RandomSource::SEEDED, 7).fill(second);
  EXPECT_EQ(first, second);
  RandomGenerator(RandomSource::SEEDED, 8).fill(second);
  EXPECT_NE(first, second);
}

TEST(CapturedStream, StopsAtItsLimit) {
  auto output = std::make_shared<CapturedOutput>();
  output->limit_bytes = 8;
  CapturedStream stream(output, 2);
  EXPECT_EQ(stream.write(bytes_of("hello ")), 6u);
  EXPECT_EQ(stream.write(bytes_of("world")), 2u);
  EXPECT_EQ(error_of(stream.write(bytes_of("!"))), ENOSPC);
  EXPECT_EQ(output->text, "hello wo");
}

TEST(FileTable, GivesOutTheLowestFreeNumber) {
  const auto file = std::make_shared<EventCounter>(0, 0, EventCounter::Mode::WHOLE);
  FileTable table;
  for (std::int32_t number = 0; number < 4; ++number) EXPECT_EQ(table.add(file, OnExec::KEEP), number);
  EXPECT_TRUE(table.close(1));
  EXPECT_FALSE(table.close(1));
  EXPECT_EQ(table.add(file, OnExec::KEEP), 1);
  EXPECT_EQ(table.add(file, OnExec::KEEP, 10), 10);
  table.set_limit(11);
  EXPECT_EQ(table.add(file, OnExec::KEEP, 10).error().value, EMFILE);
  EXPECT_EQ(table.add(file, OnExec::KEEP, 11).error().value, EINVAL);
  EXPECT_EQ(table.set(11, file, OnExec::KEEP).error().value, EBADF);
  for (const std::int32_t number : {-1, 5, 1'000'000}) EXPECT_EQ(table.get(number).error().value, EBADF);
}

}  // namespace
}  // namespace armillion::guest::kernel
