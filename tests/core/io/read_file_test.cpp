// SPDX-License-Identifier: Apache-2.0
#include "core/io/read_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/core/io/faulty_file_ops.h"
#include "tests/core/io/io_testing.h"

namespace lamina {
namespace {

using testing::expect_error;
using testing::FaultyFileOps;
using testing::ScratchFolder;

namespace fs = std::filesystem;

void put(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

std::function<void()> reading(const fs::path& path, const Limits& limits = {}) {
  return [=] { read_file(path, limits); };
}

TEST(ReadFile, ReturnsAllBytes) {
  ScratchFolder folder;
  const std::string text("a\0b\nc", 5);
  put(folder / "x", text);
  put(folder / "empty", "");
  EXPECT_EQ(testing::to_text(read_file(folder / "x")), text);
  EXPECT_TRUE(read_file(folder / "empty").empty());
}

TEST(ReadFile, GoesOnAfterShortAndInterruptedReads) {
  ScratchFolder folder;
  put(folder / "x", std::string(5000, 'x'));
  FaultyFileOps files;
  files.largest_write = 999;
  files.fail("read", 2, EINTR);
  EXPECT_EQ(read_file(folder / "x", {}, files).size(), 5000u);
  EXPECT_EQ(files.open_files(), 0);
}

TEST(ReadFile, NamesTheNearestFileWhereOneIsMissing) {
  ScratchFolder folder;
  put(folder / "yolov3.safetensors", "");
  expect_error(ErrorKind::io, {"no file", "yolov3.safetensor\"", "(did you mean 'yolov3.safetensors'?)"},
               reading(folder / "yolov3.safetensor"));
}

TEST(ReadFile, SaysThatTheFolderIsMissing) {
  ScratchFolder folder;
  expect_error(ErrorKind::io, {"no file", "its folder", "runs\" is missing or empty"},
               reading(folder / "runs" / "w.bin"));
}

TEST(ReadFile, RefusesWhatIsNoRegularFile) {
  ScratchFolder folder;
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  expect_error(ErrorKind::io, {"is a folder; name a file in it"}, reading(folder.path()));
  expect_error(ErrorKind::io, {"pipe\" is not a regular file; copy its contents"}, reading(folder / "pipe"));
  expect_error(ErrorKind::io, {"/dev/zero\" is not a regular file"}, reading("/dev/zero"));
}

TEST(ReadFile, RefusesAPipePutInThePlaceOfTheFile) {
  ScratchFolder folder;
  put(folder / "x", "abc");
  FaultyFileOps files;
  files.before("open", 1, [&] {
    fs::remove(folder / "x");
    return mkfifo((folder / "x").c_str(), 0600) == 0;
  });
  expect_error(ErrorKind::io, {"is not a regular file"}, [&] { read_file(folder / "x", {}, files); });
  EXPECT_EQ(files.open_files(), 0);
}

TEST(ReadFile, RefusesAFileAboveTheLimit) {
  ScratchFolder folder;
  put(folder / "x", "12345");
  const Limits limits{.file_bytes = 4};
  expect_error(ErrorKind::io, {"x\" has 5 bytes, the limit is 4"}, reading(folder / "x", limits));
  EXPECT_EQ(read_file(folder / "x", Limits{.file_bytes = 5}).size(), 5u);
}

TEST(ReadFile, PassesOnWhyTheSystemRefuses) {
  ScratchFolder folder;
  put(folder / "x", "12345");
  fs::create_symlink(folder / "b", folder / "a");
  fs::create_symlink(folder / "a", folder / "b");
  const auto failing = [&](const char* call, int error) {
    return [=, &folder] {
      FaultyFileOps files;
      files.fail(call, 1, error);
      read_file(folder / "x", {}, files);
    };
  };
  expect_error(ErrorKind::io, {"cannot open", "x\": Permission denied; check the permissions"},
               failing("open", EACCES));
  expect_error(ErrorKind::io, {"cannot read", "x\": Input/output error; the disk"}, failing("read", EIO));
  expect_error(ErrorKind::io, {"cannot read", "x\": Input/output error"}, failing("fstat", EIO));
  expect_error(ErrorKind::io, {"Too many levels of symbolic links; a symbolic link leads back"}, reading(folder / "a"));
  expect_error(ErrorKind::io, {"Not a directory; a part of the path is a file"}, reading(folder / "x" / "y"));
  expect_error(ErrorKind::io, {"File name too long", "(5000 bytes)"}, reading(std::string(5000, 'x')));
}

TEST(ReadFile, NoticesAFileThatChangesItsSize) {
  ScratchFolder folder;
  for (const auto size : {2u, 9u}) {
    put(folder / "x", "12345");
    FaultyFileOps files;
    files.before("read", 1, [&] {
      fs::resize_file(folder / "x", size);
      return true;
    });
    expect_error(ErrorKind::io, {"changed its size while it was read; wait"},
                 [&] { read_file(folder / "x", {}, files); });
  }
}

TEST(ReadFile, RefusesPathsThatTheSystemWouldReadDifferently) {
  expect_error(ErrorKind::io, {"the path of a file is empty"}, reading(""));
  expect_error(ErrorKind::io, {"the path \"a\\x00b\" holds a NUL byte"}, reading(std::string("a\0b", 3)));
}

}  // namespace
}  // namespace lamina
