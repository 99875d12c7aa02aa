// SPDX-License-Identifier: Apache-2.0
// The folder that holds all that one run leaves: run.json (what was run and what came out), log.jsonl (an object per line)
// and whatever the app adds. It is made fresh, so that no run writes over another.
//
// A full disk must not end a training: where a write fails, the call throws, and what it was to write is kept and written by
// the next call. The files stay whole: run.json is replaced atomically, log.jsonl is cut back to its last whole line.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "core/io/file_ops.h"

namespace lamina::yolov3 {

class RunFolder {
 public:
  // Makes `parent`/`name` or, where that is taken, `parent`/`name`-2, -3, ... Two processes never get the same. Throws
  // ErrorKind::usage for a name that is no plain file name, ErrorKind::io where a folder cannot be made.
  static RunFolder fresh(const std::filesystem::path& parent, const std::string& name, FileOps& files = FileOps::system());

  // `folder` itself, which is new or empty; throws ErrorKind::usage otherwise.
  static RunFolder at(const std::filesystem::path& folder, FileOps& files = FileOps::system());

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  // Sets one entry of run.json and replaces the file. Version, commit, compiler and start of the run stand there already.
  // Throws ErrorKind::io with the path.
  void record(const std::string& key, nlohmann::ordered_json value);

  // Appends a line to log.jsonl and hands it to the system. A number that is not finite is null. Throws ErrorKind::io with the
  // path.
  void log(const nlohmann::ordered_json& line);

  // Writes what failed writes left behind, if anything.
  void flush();

 private:
  RunFolder(std::filesystem::path path, FileOps& files);

  void save();
  void append_pending();

  std::filesystem::path path_;
  FileOps* files_;
  nlohmann::ordered_json info_;
  bool info_saved_ = false;
  std::string pending_;     // lines that the log does not have yet
  uint64_t log_bytes_ = 0;  // of whole lines in the log
};

}  // namespace lamina::yolov3
