// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/run/run_folder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <set>
#include <thread>

#include "core/io/read_file.h"
#include "tests/core/io/faulty_file_ops.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/scratch_folder.h"

namespace lamina::yolov3 {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using testing::FaultyFileOps;
using testing::ScratchFolder;

std::string contents(const fs::path& path) {
  const auto bytes = read_file(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

nlohmann::json info_of(const RunFolder& run) { return nlohmann::json::parse(contents(run / "run.json")); }

TEST(RunFolder, IsMadeFreshAndNumbered) {
  ScratchFolder scratch;
  EXPECT_EQ(RunFolder::fresh(scratch / "runs", "cells").path(), scratch / "runs/cells");
  EXPECT_EQ(RunFolder::fresh(scratch / "runs", "cells").path(), scratch / "runs/cells-2");
  EXPECT_EQ(RunFolder::fresh(scratch / "runs", "cells").path(), scratch / "runs/cells-3");
  std::ofstream(scratch / "runs/other") << "a file of that name";
  EXPECT_EQ(RunFolder::fresh(scratch / "runs", "other").path(), scratch / "runs/other-2");
}

TEST(RunFolder, IsNeverSharedByTwo) {
  ScratchFolder scratch;
  std::vector<fs::path> made(8);
  std::vector<std::thread> threads;
  for (fs::path& path : made) threads.emplace_back([&] { path = RunFolder::fresh(scratch / "runs", "r").path(); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::set<fs::path>(made.begin(), made.end()).size(), 8u);
}

TEST(RunFolder, TakesANewOrAnEmptyFolder) {
  ScratchFolder scratch;
  EXPECT_EQ(RunFolder::at(scratch / "a/b").path(), scratch / "a/b");
  fs::create_directory(scratch / "empty");
  RunFolder::at(scratch / "empty");
  const std::string name = (scratch / "full").native();
  fs::create_directory(name);
  std::ofstream(name + "/weights") << "precious";
  expect_error(ErrorKind::usage,
               "the folder \"" + name + "\" of a run is not empty, it has \"weights\"; choose a new or empty one",
               [&] { RunFolder::at(name); });
  EXPECT_EQ(contents(name + "/weights"), "precious");
  expect_error(ErrorKind::io,
               "cannot make the folder \"" + name + "/weights\": Not a directory; a part of the path is a file and not a folder",
               [&] { RunFolder::at(name + "/weights"); });
  expect_error(ErrorKind::io, "the path of a file is empty", [] { RunFolder::at(""); });
}

TEST(RunFolder, LetsOneOfTwoRunsHaveAnEmptyFolder) {
  ScratchFolder scratch;
  FaultyFileOps files;
  files.before("open", 1, [&] {  // another process is faster, by the blink of an eye
    std::ofstream(scratch / "r/log.jsonl") << "theirs";
    return true;
  });
  expect_error(ErrorKind::usage, "another run has just begun in \"" + (scratch / "r").native() + "\"; choose another folder",
               [&] { RunFolder::at(scratch / "r", files); });
  EXPECT_EQ(contents(scratch / "r/log.jsonl"), "theirs");
}

TEST(RunFolder, RefusesNamesThatLeadElsewhere) {
  ScratchFolder scratch;
  const auto make = [&](const std::string& name) { return [&scratch, name] { RunFolder::fresh(scratch.path(), name); }; };
  const std::string remedy = "; give 1 to 200 bytes without '/'";
  expect_error(ErrorKind::usage, "a run cannot be named \"\"" + remedy, make(""));
  expect_error(ErrorKind::usage, "a run cannot be named \"..\"" + remedy, make(".."));
  expect_error(ErrorKind::usage, "a run cannot be named \"../x\"" + remedy, make("../x"));
  expect_error(ErrorKind::usage, "a run cannot be named \"a\\x00b\"" + remedy, make(std::string("a\0b", 3)));
  EXPECT_THROW(make(std::string(201, 'x'))(), Error);
  EXPECT_TRUE(scratch.names().empty());
}

TEST(RunFolder, RecordsWhatWasRun) {
  ScratchFolder scratch;
  RunFolder run = RunFolder::fresh(scratch.path(), "r");
  const nlohmann::json first = info_of(run);
  EXPECT_FALSE(first["lamina"].get<std::string>().empty());
  EXPECT_FALSE(first["compiler"].get<std::string>().empty());
  EXPECT_EQ(first["started"].get<std::string>().size(), std::string("2026-01-01T00:00:00Z").size());
  run.record("seed", 7);
  run.record("command", {"yolov3", "train", "bad \xff byte"});
  run.record("seed", 8);
  EXPECT_EQ(info_of(run)["seed"], 8);
  EXPECT_EQ(info_of(run)["command"][2], "bad \xef\xbf\xbd byte");
}

TEST(RunFolder, AppendsALinePerLog) {
  ScratchFolder scratch;
  RunFolder run = RunFolder::fresh(scratch.path(), "r");
  run.log({{"epoch", 0}, {"loss", 2.5}});
  run.log({{"epoch", 1}, {"loss", std::numeric_limits<double>::quiet_NaN()}});
  EXPECT_EQ(contents(run / "log.jsonl"), "{\"epoch\":0,\"loss\":2.5}\n{\"epoch\":1,\"loss\":null}\n");
}

// Each system call fails once, a write also after half a line: the log has whole lines, and the next call makes it good.
TEST(RunFolder, KeepsALogOfWholeLinesOnAFullDisk) {
  ScratchFolder scratch;
  for (const char* call : {"open", "write", "close"}) {
    for (const int nth : {1, 2}) {
      FaultyFileOps files;
      RunFolder run = RunFolder::fresh(scratch.path(), "r", files);
      run.log({{"epoch", 0}});
      files.largest_write = 5;
      files.fail(call, nth, ENOSPC);
      std::string reason;
      try {
        run.log({{"epoch", 1}});
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::io);
        reason = error.what();
      }
      if (!files.acted()) continue;
      EXPECT_NE(reason.find((run / "log.jsonl").native() + "\": No space left on device; free space there"), std::string::npos)
          << reason;
      EXPECT_EQ(contents(run / "log.jsonl"), "{\"epoch\":0}\n") << call << " " << nth;
      run.log({{"epoch", 2}});
      EXPECT_EQ(contents(run / "log.jsonl"), "{\"epoch\":0}\n{\"epoch\":1}\n{\"epoch\":2}\n") << call << " " << nth;
      EXPECT_EQ(files.open_files(), 0);
    }
  }
}

TEST(RunFolder, KeepsTheOldInfoOnAFullDiskAndWritesItLater) {
  ScratchFolder scratch;
  FaultyFileOps files;
  RunFolder run = RunFolder::fresh(scratch.path(), "r", files);
  run.record("seed", 7);
  const std::string before = contents(run / "run.json");
  files.fail("write", 1, ENOSPC);
  expect_error(ErrorKind::io,
               "cannot write \"" + (run / "run.json").native() +
                   "\": No space left on device; free space there or choose a folder on another disk",
               [&] { run.record("result", 0.5); });
  EXPECT_EQ(contents(run / "run.json"), before);
  run.flush();
  EXPECT_EQ(info_of(run)["result"], 0.5);
}

TEST(RunFolder, SaysThatItIsGone) {
  ScratchFolder scratch;
  RunFolder run = RunFolder::fresh(scratch.path(), "r");
  fs::remove_all(run.path());
  EXPECT_THROW(run.log({{"epoch", 0}}), Error);
  expect_error(ErrorKind::io,
               "cannot open the folder of \"" + (run / "run.json").native() +
                   "\": No such file or directory; make the folder first or correct the path",
               [&] { run.record("seed", 1); });
}

}  // namespace
}  // namespace lamina::yolov3
