#include "guest/linux/name_space.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "armillion/error.hpp"

namespace armillion::guest::kernel {
namespace {

namespace fs = std::filesystem;

class NameSpaceTest : public ::testing::Test {
 protected:
  NameSpaceTest() {
    std::string name = ::testing::TempDir() + "armillion_names_XXXXXX";
    folder_ = ::mkdtemp(name.data());
    fs::create_directories(folder_ / "granted/inner/deep");
    fs::create_directories(folder_ / "other");
    std::ofstream(folder_ / "granted/file") << "inside";
    std::ofstream(folder_ / "other/file") << "another";
    std::ofstream(folder_ / "secret") << "outside";
    names_ = std::make_unique<NameSpace>(
        "", std::vector<GrantedDirectory>{{folder_ / "granted", "/data", DirectoryAccess::READ_WRITE},
                                          {folder_ / "other", "/data/inner/mounted", DirectoryAccess::READ_ONLY}});
  }
  ~NameSpaceTest() override { fs::remove_all(folder_); }

  void link(const std::string& target, const std::string& name) {
    fs::create_symlink(target, folder_ / "granted" / name);
  }

  Result<Location> resolve(std::string_view path, FinalLink final_link = FinalLink::FOLLOW) {
    return names_->resolve(names_->root(), path, final_link);
  }
  // The error number, 0 for something that exists, ENOENT also where only the folder for it exists.
  int error_of(std::string_view path, FinalLink final_link = FinalLink::FOLLOW) {
    const auto location = resolve(path, final_link);
    if (!location) return location.error().value;
    return location->exists() ? 0 : ENOENT;
  }
  std::string path_of(std::string_view path) {
    const auto location = resolve(path);
    return location && location->exists() ? location->path() : "nothing";
  }

  fs::path folder_;
  std::unique_ptr<NameSpace> names_;
};

TEST_F(NameSpaceTest, LeadsToWhatWasGranted) {
  EXPECT_EQ(path_of("/data/file"), "/data/file");
  EXPECT_EQ(path_of("//data/./inner//deep/../.././file"), "/data/file");
  EXPECT_EQ(path_of("/data/inner/mounted/file"), "/data/inner/mounted/file");
  EXPECT_EQ(path_of("/data/inner/mounted/.."), "/data/inner");
  EXPECT_TRUE(resolve("/data/inner/")->is_directory());
}

TEST_F(NameSpaceTest, EndsAtTheGuestsRoot) {
  EXPECT_EQ(path_of("/.."), "/");
  EXPECT_EQ(path_of("/data/../../../.."), "/");
  EXPECT_EQ(error_of("/etc/passwd"), ENOENT);
  EXPECT_EQ(error_of("/data/../etc/passwd"), ENOENT);
  EXPECT_EQ(error_of("/data/../secret"), ENOENT);
  EXPECT_EQ(error_of((folder_ / "secret").string()), ENOENT);
}

TEST_F(NameSpaceTest, FollowsLinksInTheGuestsNameSpace) {
  link("file", "relative");
  link("/data/inner/../file", "absolute");
  link("inner", "folder");
  link("relative", "chain");
  EXPECT_EQ(path_of("/data/relative"), "/data/file");
  EXPECT_EQ(path_of("/data/absolute"), "/data/file");
  EXPECT_EQ(path_of("/data/chain"), "/data/file");
  EXPECT_EQ(path_of("/data/folder/deep"), "/data/inner/deep");
  EXPECT_EQ(path_of("/data/folder/mounted/file"), "/data/inner/mounted/file");
  EXPECT_TRUE(S_ISLNK(resolve("/data/relative", FinalLink::KEEP)->status->st_mode));
}

TEST_F(NameSpaceTest, DoesNotFollowLinksOutOfTheGrant) {
  link("../secret", "up");
  link("../../../../../../../../etc/passwd", "far");
  link((folder_ / "secret").string(), "host_path");
  link("/proc/self/cwd", "magic");
  link("..", "parent");
  for (const char* path : {"/data/up", "/data/far", "/data/host_path", "/data/magic", "/data/parent/secret"}) {
    EXPECT_EQ(error_of(path), ENOENT) << path;
  }
  EXPECT_EQ(path_of("/data/parent"), "/");
}

TEST_F(NameSpaceTest, KeepsToThePathItCameByWhenFoldersMove) {
  const auto inner = resolve("/data/inner/deep");
  ASSERT_TRUE(inner);
  fs::rename(folder_ / "granted/inner", folder_ / "moved_out");
  // The host's ".." of the folder leads out of the grant now; the guest's does not.
  const auto above = names_->resolve(inner->directory, "../..", FinalLink::FOLLOW);
  ASSERT_TRUE(above);
  EXPECT_EQ(above->path(), "/data");
  const auto outside = names_->resolve(inner->directory, "../../secret", FinalLink::FOLLOW);
  EXPECT_FALSE(outside && outside->exists());
}

TEST_F(NameSpaceTest, FailsAsTheKernelDoes) {
  link("loop", "loop");
  EXPECT_EQ(error_of(""), ENOENT);
  EXPECT_EQ(error_of("/data/missing/file"), ENOENT);
  EXPECT_EQ(error_of("/data/file/more"), ENOTDIR);
  EXPECT_EQ(error_of("/data/file/"), ENOTDIR);
  EXPECT_EQ(error_of("/data/loop"), ELOOP);
  EXPECT_EQ(error_of("/data/loop/more"), ELOOP);
  EXPECT_EQ(error_of("/data/" + std::string(256, 'n')), ENAMETOOLONG);
  EXPECT_EQ(error_of("/" + std::string(5000, '/')), ENAMETOOLONG);
}

TEST_F(NameSpaceTest, HasNoLongerPathsByStepsThanAtOnce) {
  const std::string name(240, 'n');
  fs::path deep = folder_ / "granted";
  for (int level = 0; level < 16; ++level) deep /= name;
  fs::create_directories(deep);
  DirectoryReference directory = resolve("/data")->directory;
  for (int level = 0; level < 16; ++level) directory = names_->resolve(directory, name, FinalLink::FOLLOW)->directory;
  ASSERT_NE(directory, nullptr);
  EXPECT_FALSE(names_->resolve(directory, std::string(200, 'n'), FinalLink::FOLLOW)->exists());
  const auto location = names_->resolve(directory, std::string(250, 'n'), FinalLink::FOLLOW);
  ASSERT_FALSE(location);
  EXPECT_EQ(location.error().value, ENAMETOOLONG);
}

TEST_F(NameSpaceTest, SaysWhereSomethingNewWouldBe) {
  const auto location = resolve("/data/inner/new");
  ASSERT_TRUE(location);
  EXPECT_FALSE(location->exists());
  EXPECT_EQ(location->name, "new");
  EXPECT_EQ(location->parent->path, "/data/inner");
  EXPECT_FALSE(location->parent->is_read_only());
  EXPECT_TRUE(resolve("/data/inner/mounted/new")->parent->is_read_only());
  EXPECT_TRUE(resolve("/new")->parent->is_read_only());
}

TEST_F(NameSpaceTest, HasSpecialFiles) {
  EXPECT_EQ(resolve("/dev/null")->special, SpecialFile::DEVICE_NULL);
  EXPECT_EQ(resolve("/proc/self/exe")->special, SpecialFile::PROCESS_EXECUTABLE);
  EXPECT_TRUE(resolve("/proc/self")->is_directory());
  EXPECT_EQ(error_of("/dev/null/more"), ENOTDIR);
  EXPECT_EQ(error_of("/dev/sda"), ENOENT);
}

TEST_F(NameSpaceTest, ListsHostsNamesAndItsOwn) {
  const auto names_in = [&](std::string_view path) {
    std::vector<std::string> result;
    const auto entries = names_->list(resolve(path)->directory);
    for (const NamedEntry& entry : *entries) result.push_back(entry.name);
    return result;
  };
  EXPECT_EQ(names_in("/"), (std::vector<std::string>{".", "..", "data", "dev", "proc"}));
  EXPECT_EQ(names_in("/data"), (std::vector<std::string>{".", "..", "file", "inner"}));
  EXPECT_EQ(names_in("/data/inner"), (std::vector<std::string>{".", "..", "deep", "mounted"}));
}

TEST_F(NameSpaceTest, RefusesGrantsThatMakeNoSense) {
  const auto grant = [&](const std::string& host, const std::string& guest) {
    return NameSpace("", {{host, guest, DirectoryAccess::READ_ONLY}});
  };
  EXPECT_THROW(grant(folder_ / "missing", "/data"), Error);
  EXPECT_THROW(grant(folder_ / "secret", "/data"), Error) << "not a folder";
  EXPECT_THROW(grant(folder_, "relative"), Error);
  EXPECT_THROW(grant(folder_, "/data/../.."), Error);
}

TEST_F(NameSpaceTest, ShowsASysrootAsItsRoot) {
  const NameSpace names((folder_ / "granted").string(), {});
  const auto file = names.resolve(names.root(), "/file", FinalLink::FOLLOW);
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->exists());
  EXPECT_TRUE(file->parent->is_read_only());
  EXPECT_TRUE(names.resolve(names.root(), "/dev/null", FinalLink::FOLLOW)->exists());
}

}  // namespace
}  // namespace armillion::guest::kernel
