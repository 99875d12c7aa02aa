// SPDX-License-Identifier: Apache-2.0
#include "core/io/atomic_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "tests/core/io/faulty_file_ops.h"
#include "tests/core/io/io_testing.h"

namespace lamina {
namespace {

using testing::expect_error;
using testing::FaultyFileOps;
using testing::ScratchFolder;

namespace fs = std::filesystem;

// Larger than the buffer and in pieces, so that a save takes several writes.
std::string new_contents() { return std::string(700'000, 'n'); }

void write_in_pieces(ByteSink& sink) {
  const std::string all = new_contents();
  for (size_t at = 0; at < all.size(); at += 100'000) sink.write(std::string_view(all).substr(at, 100'000));
}

std::string contents(const fs::path& path) { return testing::to_text(read_file(path)); }

void put(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

TEST(AtomicFile, WritesANewFileAndLeavesNothingElse) {
  ScratchFolder folder;
  write_file_atomically(folder / "w.bin", write_in_pieces);
  EXPECT_EQ(contents(folder / "w.bin"), new_contents());
  EXPECT_EQ(folder.names(), std::vector<std::string>{"w.bin"});
}

TEST(AtomicFile, KeepsTheOrderOfSmallAndLargePieces) {
  ScratchFolder folder;
  std::string wanted;
  write_file_atomically(folder / "w.bin", [&](ByteSink& sink) {
    for (const size_t size : {1u, 0u, 300'000u, 5u, 262'144u, 262'143u, 1u, 1u, 262'145u}) {
      const std::string piece(size, static_cast<char>('a' + wanted.size() % 26));
      sink.write(piece);
      wanted += piece;
    }
  });
  EXPECT_EQ(contents(folder / "w.bin"), wanted);
}

TEST(AtomicFile, WritesAnEmptyFile) {
  ScratchFolder folder;
  write_file_atomically(folder / "w.bin", [](ByteSink&) {});
  EXPECT_EQ(contents(folder / "w.bin"), "");
}

TEST(AtomicFile, WritesBesideTheTargetUnderANameWithThePid) {
  ScratchFolder folder;
  FaultyFileOps files;
  write_file_atomically(folder / "w.bin", write_in_pieces, files);
  EXPECT_EQ(files.last_created, (folder / (".w.bin.tmp-" + std::to_string(getpid()))).string());
}

TEST(AtomicFile, FlushesTheFileBeforeTheRenameAndTheFolderAfterIt) {
  ScratchFolder folder;
  FaultyFileOps files;
  int flushes_before_rename = 0;
  files.before("rename", 1, [&] {
    flushes_before_rename = files.count("fsync");
    return true;
  });
  write_file_atomically(folder / "w.bin", write_in_pieces, files);
  EXPECT_EQ(flushes_before_rename, 1);
  EXPECT_EQ(files.count("fsync"), 2);
}

// Case 42: each call of a save fails once. Where the rename did not happen the old file is bit-identical.
TEST(AtomicFile, KeepsTheOldFileWhereverASaveFails) {
  ScratchFolder folder;
  const fs::path path = folder / "w.bin";
  int points = 0;
  for (int nth = 1;; ++nth) {
    put(path, "old");
    FaultyFileOps files;
    files.fail("any", nth, ENOSPC);
    try {
      write_file_atomically(path, write_in_pieces, files);
      if (!files.acted()) break;                  // all points are passed
      EXPECT_EQ(contents(path), new_contents());  // a failure without consequence: close() of the folder
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::io);
      EXPECT_NE(std::string(error.what()).find("w.bin"), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("No space left on device; free space there"), std::string::npos)
          << error.what();
      const bool in_place = std::string(error.what()).find("is in place") != std::string::npos;
      EXPECT_EQ(contents(path), in_place ? new_contents() : "old") << error.what();
    }
    EXPECT_EQ(folder.names(), std::vector<std::string>{"w.bin"}) << "failing call " << nth;
    EXPECT_EQ(files.open_files(), 0) << "failing call " << nth;
    ++points;
  }
  EXPECT_GE(points, 10);  // stat, 2 opens, 3 writes, 2 fsyncs, 2 closes, rename
}

TEST(AtomicFile, NamesEachFailingStep) {
  ScratchFolder folder;
  const std::string name = (folder / "w.bin").string();
  const auto save_failing = [&](const char* call, int nth, int error) {
    return [=] {
      FaultyFileOps files;
      files.fail(call, nth, error);
      write_file_atomically(name, write_in_pieces, files);
    };
  };
  expect_error(ErrorKind::io, {"cannot write", name, "Permission denied; check the permissions"},
               save_failing("stat", 1, EACCES));
  expect_error(ErrorKind::io, {"cannot open the folder of", name, "Too many open files; close files"},
               save_failing("open", 1, EMFILE));
  expect_error(ErrorKind::io, {"cannot create", ".w.bin.tmp-", "Read-only file system; choose a folder"},
               save_failing("open", 2, EROFS));
  expect_error(ErrorKind::io, {"cannot write", name, "Disk quota exceeded; free space"},
               save_failing("write", 2, EDQUOT));
  expect_error(ErrorKind::io, {"cannot flush to disk", name, "Input/output error; the disk"},
               save_failing("fsync", 1, EIO));
  expect_error(ErrorKind::io, {"cannot close", name, "Input/output error"}, save_failing("close", 1, EIO));
  expect_error(ErrorKind::io, {"cannot rename the new file to", name, "Operation not permitted"},
               save_failing("rename", 1, EPERM));
  expect_error(ErrorKind::io, {"cannot flush the folder of", name, "the new file is in place"},
               save_failing("fsync", 2, EIO));
}

TEST(AtomicFile, AcceptsAFolderThatCannotBeFlushed) {
  ScratchFolder folder;
  FaultyFileOps files;
  files.fail("fsync", 2, EINVAL);
  write_file_atomically(folder / "w.bin", write_in_pieces, files);
  EXPECT_TRUE(files.acted());
}

TEST(AtomicFile, GoesOnAfterShortAndInterruptedWrites) {
  ScratchFolder folder;
  FaultyFileOps files;
  files.largest_write = 1000;
  files.fail("write", 5, EINTR);
  write_file_atomically(folder / "w.bin", write_in_pieces, files);
  EXPECT_EQ(contents(folder / "w.bin"), new_contents());
  EXPECT_GE(files.count("write"), 700);
}

TEST(AtomicFile, TakesAWriteOfNothingForAFullDisk) {
  ScratchFolder folder;
  FaultyFileOps files;
  files.largest_write = 0;
  expect_error(ErrorKind::io, {"No space left on device"},
               [&] { write_file_atomically(folder / "w.bin", write_in_pieces, files); });
}

TEST(AtomicFile, RemovesTheTemporaryFileWhenTheWriterThrows) {
  ScratchFolder folder;
  put(folder / "w.bin", "old");
  EXPECT_THROW(write_file_atomically(folder / "w.bin",
                                     [](ByteSink& sink) {
                                       write_in_pieces(sink);
                                       throw std::runtime_error("no more");
                                     }),
               std::runtime_error);
  EXPECT_EQ(contents(folder / "w.bin"), "old");
  EXPECT_EQ(folder.names(), std::vector<std::string>{"w.bin"});
}

// Case 46 for one file: killed just before each system call of a save.
TEST(AtomicFile, HoldsOldOrNewBytesAfterAKillAtEachCall) {
  ScratchFolder folder;
  const fs::path path = folder / "w.bin";
  bool all_passed = false;
  for (int nth = 1; !all_passed; ++nth) {
    put(path, "old");
    const pid_t child = fork();
    if (child == 0) {
      FaultyFileOps files;
      files.before("any", nth, [] { return ::kill(::getpid(), SIGKILL) == 0; });
      write_file_atomically(path, write_in_pieces, files);
      _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    all_passed = WIFEXITED(status);
    const std::string found = contents(path);
    EXPECT_TRUE(found == "old" || found == new_contents()) << "killed at call " << nth;
    write_file_atomically(path, write_in_pieces);  // what the killed one left does not hinder the next save
    EXPECT_EQ(contents(path), new_contents());
  }
}

TEST(AtomicFile, StopsAtTheLimitOnFileSizes) {
  ScratchFolder folder;
  put(folder / "w.bin", "old");
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = signal(SIGXFSZ, SIG_IGN);
  const rlimit small{500'000, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  expect_error(ErrorKind::io, {"w.bin", "File too large; raise the limit on file sizes"},
               [&] { write_file_atomically(folder / "w.bin", write_in_pieces); });
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, handler);
  EXPECT_EQ(contents(folder / "w.bin"), "old");
  EXPECT_EQ(folder.names(), std::vector<std::string>{"w.bin"});
}

TEST(AtomicFile, TwoThreadsThatSaveOneFileLeaveOneOfTheTwo) {
  ScratchFolder folder;
  const fs::path path = folder / "w.bin";
  const auto save_all = [&](char letter) {
    for (int i = 0; i < 20; ++i) {
      write_file_atomically(path, [&](ByteSink& sink) { sink.write(std::string(400'000, letter)); });
    }
  };
  std::thread other(save_all, 'a');
  save_all('b');
  other.join();
  const std::string found = contents(path);
  EXPECT_EQ(found, std::string(400'000, found[0]));
  EXPECT_EQ(folder.names(), std::vector<std::string>{"w.bin"});
}

TEST(AtomicFile, LeavesTheTemporaryFileOfAnotherProcessAlone) {
  ScratchFolder folder;
  const fs::path other = folder / (".w.bin.tmp-" + std::to_string(getpid()));
  put(other, "somebody else's");
  write_file_atomically(folder / "w.bin", write_in_pieces);
  EXPECT_EQ(contents(other), "somebody else's");
  EXPECT_EQ(contents(folder / "w.bin"), new_contents());
}

TEST(AtomicFile, KeepsThePermissionsOfTheOldFile) {
  ScratchFolder folder;
  put(folder / "w.bin", "old");
  fs::permissions(folder / "w.bin", fs::perms::owner_read | fs::perms::owner_write);
  write_file_atomically(folder / "w.bin", write_in_pieces);
  EXPECT_EQ(fs::status(folder / "w.bin").permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST(AtomicFile, FollowsASymbolicLink) {
  ScratchFolder folder;
  fs::create_directory(folder / "disk");
  put(folder / "disk" / "w.bin", "old");
  fs::create_symlink(folder / "disk" / "w.bin", folder / "link");
  write_file_atomically(folder / "link", write_in_pieces);
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(contents(folder / "disk" / "w.bin"), new_contents());
}

TEST(AtomicFile, RefusesTargetsThatAreNoFile) {
  ScratchFolder folder;
  fs::create_directory(folder / "sub");
  fs::create_symlink(folder / "gone", folder / "dangling");
  const auto save = [](const fs::path& path) { return [path] { write_file_atomically(path, write_in_pieces); }; };
  expect_error(ErrorKind::io, {"sub\": there is a folder of that name; choose another name"}, save(folder / "sub"));
  expect_error(ErrorKind::io, {"it names a folder; add a file name"}, save(folder / "sub/"));
  // A pipe and never a real device: were the check missing, root would replace the device.
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  expect_error(ErrorKind::io, {"pipe\": there is a device or pipe of that name"}, save(folder / "pipe"));
  expect_error(ErrorKind::io, {"cannot follow the symbolic link", "dangling"}, save(folder / "dangling"));
  expect_error(ErrorKind::io, {"cannot open the folder of", "No such file or directory; make the folder first"},
               save(folder / "missing" / "w.bin"));
  expect_error(ErrorKind::io, {"the path of a file is empty"}, save(""));
  expect_error(ErrorKind::io, {"holds a NUL byte"}, save(std::string("a\0b", 3)));
  expect_error(ErrorKind::io, {"File name too long; choose a shorter name"}, save(folder / std::string(300, 'x')));
}

TEST(AtomicFile, WritesIntoTheWorkingFolder) {
  ScratchFolder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  write_file_atomically("w.bin", write_in_pieces);
  fs::current_path(before);
  EXPECT_EQ(contents(folder / "w.bin"), new_contents());
}

}  // namespace
}  // namespace lamina
