// SPDX-License-Identifier: Apache-2.0
#include "core/io/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/io/untrusted_text.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBufferBytes = 256 << 10;  // small pieces are gathered: a system call costs about 1 us
constexpr int kNameAttempts = 100;

struct Target {
  fs::path path;  // links resolved
  mode_t mode = 0666;
};

Target resolve(const fs::path& path, FileOps& files) {
  check_path(path);
  std::error_code error;
  Target target{path};
  if (fs::is_symlink(path, error)) {
    target.path = fs::canonical(path, error);
    if (error) throw io_error("follow the symbolic link", path, error.value());
  }
  if (!target.path.has_filename()) {
    throw Error(ErrorKind::io, text("cannot write ", in_quotes(path.native()), ": it names a folder; add a file name"));
  }
  struct stat status {};
  if (files.stat(target.path.c_str(), &status) != 0) {
    if (errno != ENOENT) throw io_error("write", path, errno);
    return target;
  }
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::io,
                text("cannot write ", in_quotes(path.native()), ": there is a ",
                     S_ISDIR(status.st_mode) ? "folder" : "device or pipe", " of that name; choose another name"));
  }
  target.mode = status.st_mode & 0777;
  return target;
}

// The temporary file: made in the constructor, removed by the destructor unless it was renamed.
class TemporaryFile final : public ByteSink {
 public:
  TemporaryFile(FileOps& files, const Target& target) : files_(files), target_(target.path) {
    const fs::path base = target_.parent_path() / text(".", target_.filename().native(), ".tmp-", ::getpid());
    for (int attempt = 1; attempt <= kNameAttempts; ++attempt) {
      // A name that is taken belongs to another thread, to a container with the same pid, or to a process that was
      // killed; which of them cannot be told, so it is left alone. O_EXCL also refuses a link planted there.
      path_ = attempt == 1 ? base : fs::path(text(base.native(), "-", attempt));
      file_ = files_.open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, target.mode);
      if (file_ >= 0) break;
      if (errno != EEXIST || attempt == kNameAttempts) throw io_error("create", path_, errno);
    }
    buffer_.reserve(kBufferBytes);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() override {
    if (file_ >= 0) files_.close(file_);
    if (!renamed_) files_.unlink(path_.c_str());
  }

  using ByteSink::write;
  void write(const void* data, size_t bytes) override {
    const auto* from = static_cast<const std::byte*>(data);
    if (buffer_.size() + bytes > kBufferBytes) flush();
    if (bytes >= kBufferBytes) return write_through(from, bytes);
    buffer_.insert(buffer_.end(), from, from + bytes);
  }

  // From memory through the system's cache to the disk, then to the name of the target.
  void commit() {
    flush();
    if (files_.fsync(file_) != 0) throw io_error("flush to disk", target_, errno);
    // After close() the number may belong to another file, even where close() reports a failure: never twice.
    if (files_.close(std::exchange(file_, -1)) != 0) throw io_error("close", target_, errno);
    if (files_.rename(path_.c_str(), target_.c_str()) != 0) throw io_error("rename the new file to", target_, errno);
    renamed_ = true;
  }

 private:
  void flush() {
    write_through(buffer_.data(), buffer_.size());
    buffer_.clear();
  }

  void write_through(const std::byte* from, size_t bytes) {
    while (bytes > 0) {
      const ssize_t written = files_.write(file_, from, bytes);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) throw io_error("write", target_, written < 0 ? errno : ENOSPC);
      from += written;
      bytes -= static_cast<size_t>(written);
    }
  }

  FileOps& files_;
  fs::path target_;
  fs::path path_;
  int file_ = -1;
  bool renamed_ = false;
  std::vector<std::byte> buffer_;
};

// The folder is opened before the rename, so that only its flush can fail after it.
class Folder {
 public:
  Folder(FileOps& files, const fs::path& target) : files_(files), target_(target) {
    const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
    file_ = files_.open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (file_ < 0) throw io_error("open the folder of", target, errno);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { files_.close(file_); }

  void flush() {
    // EINVAL: a file system that has no flush for folders (some network and FUSE mounts); nothing more can be done.
    if (files_.fsync(file_) == 0 || errno == EINVAL) return;
    const Error cause = io_error("flush the folder of", target_, errno);
    throw Error(ErrorKind::io, text(cause.what(), " (the new file is in place, but may not survive a power cut)"));
  }

 private:
  FileOps& files_;
  fs::path target_;
  int file_ = -1;
};

}  // namespace

void write_file_atomically(const fs::path& path, const std::function<void(ByteSink&)>& writer, FileOps& files) {
  const Target target = resolve(path, files);
  Folder folder(files, target.path);
  TemporaryFile temporary(files, target);
  writer(temporary);
  temporary.commit();
  folder.flush();
}

}  // namespace lamina
