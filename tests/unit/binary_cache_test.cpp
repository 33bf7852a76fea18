#include "engine/gpu/binary_cache.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace armillion::engine::gpu {
namespace {

namespace fs = std::filesystem;

std::vector<std::byte> binary_of(std::size_t size, unsigned char first) {
  std::vector<std::byte> binary(size);
  for (std::size_t i = 0; i < size; ++i) binary[i] = static_cast<std::byte>(first + i * 7);
  return binary;
}

class BinaryCacheTest : public ::testing::Test {
 protected:
  ~BinaryCacheTest() override { fs::remove_all(folder_); }

  void change_byte(std::uint64_t offset) const {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    const char old = static_cast<char>(file.get());
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(static_cast<char>(old ^ 1));
  }

  static fs::path make_folder() {
    std::string name = ::testing::TempDir() + "armillion_cache_XXXXXX";
    return ::mkdtemp(name.data());
  }

  fs::path folder_ = make_folder();
  fs::path path_ = folder_ / "inner/key.bin";
  // In a folder that is not there yet.
  BinaryCache cache_{folder_ / "inner"};
};

TEST_F(BinaryCacheTest, GivesBackWhatWasStored) {
  const auto binary = binary_of(100'000, 1);
  EXPECT_FALSE(cache_.find("key").has_value());
  EXPECT_TRUE(cache_.store("key", binary));
  EXPECT_EQ(cache_.find("key"), binary);
  EXPECT_EQ(BinaryCache(folder_ / "inner").find("key"), binary);
}

TEST_F(BinaryCacheTest, KeepsAnEmptyBinary) {
  EXPECT_TRUE(cache_.store("key", {}));
  ASSERT_TRUE(cache_.find("key").has_value());
  EXPECT_TRUE(cache_.find("key")->empty());
}

TEST_F(BinaryCacheTest, TellsKeysApart) {
  EXPECT_TRUE(cache_.store("key", binary_of(10, 1)));
  EXPECT_TRUE(cache_.store("other", binary_of(20, 2)));
  EXPECT_EQ(cache_.find("key"), binary_of(10, 1));
  EXPECT_EQ(cache_.find("other"), binary_of(20, 2));
  EXPECT_FALSE(cache_.find("third").has_value());
}

TEST_F(BinaryCacheTest, ReplacesWhatWasThereAndLeavesNothingBehind) {
  EXPECT_TRUE(cache_.store("key", binary_of(10, 1)));
  EXPECT_TRUE(cache_.store("key", binary_of(20, 2)));
  EXPECT_EQ(cache_.find("key"), binary_of(20, 2));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "inner"), fs::directory_iterator()), 1);
}

TEST_F(BinaryCacheTest, IgnoresADamagedFileAndWritesItAnew) {
  const auto binary = binary_of(1000, 1);
  EXPECT_TRUE(cache_.store("key", binary));
  const std::uint64_t file_bytes = fs::file_size(path_);
  // Every byte of the header (magic, length, checksum), and bytes of the binary.
  for (const std::uint64_t offset : {0, 7, 8, 15, 16, 31, 32, 500}) {
    change_byte(offset);
    EXPECT_FALSE(cache_.find("key").has_value()) << offset;
    EXPECT_TRUE(cache_.store("key", binary));
    EXPECT_EQ(cache_.find("key"), binary);
  }
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{5}, std::uint64_t{32}, file_bytes - 1}) {
    fs::resize_file(path_, size);
    EXPECT_FALSE(cache_.find("key").has_value()) << size;
    EXPECT_TRUE(cache_.store("key", binary));
  }
  fs::resize_file(path_, file_bytes + 1);
  EXPECT_FALSE(cache_.find("key").has_value());
}

TEST_F(BinaryCacheTest, KeepsNothingWhereItCannotWrite) {
  // A file where the folder should be: what stops even root.
  std::ofstream(folder_ / "file") << "in the way";
  for (const fs::path& folder :
       {folder_ / "file", folder_ / "file/inner", fs::path("/proc/no-such-folder"), fs::path()}) {
    const BinaryCache cache(folder);
    EXPECT_FALSE(cache.store("key", binary_of(10, 1))) << folder;
    EXPECT_FALSE(cache.find("key").has_value()) << folder;
  }
  // A folder where the file should be.
  fs::create_directories(path_);
  EXPECT_FALSE(cache_.store("key", binary_of(10, 1)));
  EXPECT_FALSE(cache_.find("key").has_value());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "inner"), fs::directory_iterator()), 1);
}

TEST_F(BinaryCacheTest, KeysDifferWithSourceTargetAndCompiler) {
  const std::string source = "source";
  const std::string other = "sourcf";
  const std::string key = BinaryCache::key(source, "target", "compiler");
  EXPECT_EQ(key, BinaryCache::key(source, "target", "compiler"));
  EXPECT_EQ(key.size(), 32u);
  EXPECT_EQ(key.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(key, BinaryCache::key(other, "target", "compiler"));
  EXPECT_NE(key, BinaryCache::key(source, "target2", "compiler"));
  EXPECT_NE(key, BinaryCache::key(source, "target", "compiler2"));
}

class BinaryCacheFolderTest : public ::testing::Test {
 protected:
  struct Variable {
    explicit Variable(const char* variable) : name(variable) {
      if (const char* old = std::getenv(variable)) value = old;
      ::unsetenv(variable);
    }
    ~Variable() { value ? ::setenv(name, value->c_str(), 1) : ::unsetenv(name); }
    const char* name;
    std::optional<std::string> value;
  };
  Variable own_{"ARMILLION_CACHE_DIR"};
  Variable caches_{"XDG_CACHE_HOME"};
  Variable home_{"HOME"};
};

TEST_F(BinaryCacheFolderTest, IsTheFirstThatTheEnvironmentNames) {
  EXPECT_EQ(BinaryCache::default_folder(), "");
  ::setenv("HOME", "/somebody", 1);
  EXPECT_EQ(BinaryCache::default_folder(), "/somebody/.cache/armillion");
  ::setenv("XDG_CACHE_HOME", "relative", 1);
  EXPECT_EQ(BinaryCache::default_folder(), "/somebody/.cache/armillion");
  ::setenv("XDG_CACHE_HOME", "/caches", 1);
  EXPECT_EQ(BinaryCache::default_folder(), "/caches/armillion");
  ::setenv("ARMILLION_CACHE_DIR", "/own", 1);
  EXPECT_EQ(BinaryCache::default_folder(), "/own");
  ::setenv("ARMILLION_CACHE_DIR", "", 1);
  EXPECT_EQ(BinaryCache::default_folder(), "/caches/armillion");
}

}  // namespace
}  // namespace armillion::engine::gpu
