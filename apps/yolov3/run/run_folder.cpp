// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/run/run_folder.h"

#include <fcntl.h>

#include <cerrno>
#include <ctime>

#include "apps/yolov3/run/build_commit.h"
#include "core/base/check.h"
#include "core/io/atomic_file.h"
#include "core/io/untrusted_text.h"

namespace lamina::yolov3 {
namespace {

namespace fs = std::filesystem;

constexpr const char* kInfo = "run.json";
constexpr const char* kLog = "log.jsonl";
constexpr int kMostRuns = 10'000;       // of one name
constexpr size_t kMostNameBytes = 200;  // leaves room for the number within the 255 of a file name

// Bytes that are no UTF-8 (of a command line) become U+FFFD.
std::string json_text(const nlohmann::ordered_json& json, int indent) {
  return json.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char shown[32];
  return {shown, std::strftime(shown, sizeof(shown), "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

void make_folders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw io_error("make the folder", folder, error.value());
}

void check_name(const std::string& name) {
  const bool plain = !name.empty() && name.size() <= kMostNameBytes && name != "." && name != ".." &&
                     name.find('/') == std::string::npos && name.find('\0') == std::string::npos;
  if (plain) return;
  throw Error(ErrorKind::usage,
              text("a run cannot be named ", in_quotes(name), "; give 1 to ", kMostNameBytes, " bytes without '/'"));
}

void write_all(FileOps& files, int file, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = files.write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) throw io_error("write", path, written < 0 ? errno : ENOSPC);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void append(FileOps& files, const fs::path& path, std::string_view bytes) {
  const int file = files.open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC, 0);
  if (file < 0) throw io_error("open", path, errno);
  try {
    write_all(files, file, bytes, path);
  } catch (...) {
    files.close(file);
    throw;
  }
  if (files.close(file) != 0) throw io_error("close", path, errno);
}

}  // namespace

RunFolder::RunFolder(fs::path path, FileOps& files) : path_(std::move(path)), files_(&files) {
  // Whoever makes the log owns the folder: O_EXCL lets one process through.
  const fs::path log = path_ / kLog;
  const int file = files.open(log.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0 && errno == EEXIST) {
    throw Error(ErrorKind::usage, text("another run has just begun in ", in_quotes(path_.native()), "; choose another folder"));
  }
  if (file < 0) throw io_error("create", log, errno);
  files.close(file);  // nothing was written
  info_ = {{"lamina", LAMINA_VERSION}, {"compiler", __VERSION__}, {"started", utc_now()}};
  if (*build_commit() != '\0') info_["commit"] = build_commit();
  save();
}

RunFolder RunFolder::fresh(const fs::path& parent, const std::string& name, FileOps& files) {
  check_name(name);
  make_folders(parent);
  for (int number = 1; number <= kMostRuns; ++number) {
    const fs::path path = parent / (number == 1 ? name : text(name, "-", number));
    std::error_code error;
    if (fs::create_directory(path, error)) return {path, files};
    if (error && error.value() != EEXIST) throw io_error("make the folder", path, error.value());
  }
  throw Error(ErrorKind::usage, text("there are ", kMostRuns, " runs named ", in_quotes(name), " in ", in_quotes(parent.native()),
                                     "; choose another name"));
}

RunFolder RunFolder::at(const fs::path& folder, FileOps& files) {
  check_path(folder);
  make_folders(folder);
  std::error_code error;
  const fs::directory_iterator first(folder, error);
  if (error) throw io_error("read the folder", folder, error.value());
  if (first == fs::directory_iterator()) return {folder, files};
  throw Error(ErrorKind::usage, text("the folder ", in_quotes(folder.native()), " of a run is not empty, it has ",
                                     in_quotes(first->path().filename().native()), "; choose a new or empty one"));
}

void RunFolder::record(const std::string& key, nlohmann::ordered_json value) {
  info_[key] = std::move(value);
  info_saved_ = false;
  save();
}

void RunFolder::save() {
  write_file_atomically(
      path_ / kInfo, [&](ByteSink& sink) { sink.write(json_text(info_, 2)); }, *files_);
  info_saved_ = true;
}

void RunFolder::log(const nlohmann::ordered_json& line) {
  pending_ += json_text(line, -1);
  append_pending();
}

void RunFolder::append_pending() {
  const fs::path path = path_ / kLog;
  // Half a line of a write that failed is cut off, now or, where the disk refuses that as well, before the next write.
  const auto cut_back = [&] {
    std::error_code error;
    if (fs::file_size(path, error) != log_bytes_ && !error) fs::resize_file(path, log_bytes_, error);
    return error;
  };
  if (const std::error_code error = cut_back()) throw io_error("cut back", path, error.value());
  try {
    append(*files_, path, pending_);
  } catch (...) {
    cut_back();
    throw;
  }
  log_bytes_ += pending_.size();
  pending_.clear();
}

void RunFolder::flush() {
  if (!pending_.empty()) append_pending();
  if (!info_saved_) save();
}

}  // namespace lamina::yolov3
