// SPDX-License-Identifier: Apache-2.0
#include "core/io/read_file.h"

#include <fcntl.h>

#include <cerrno>
#include <new>
#include <string>

#include "core/base/text.h"
#include "core/io/untrusted_text.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;

class OpenFile {
 public:
  OpenFile(FileOps& files, const fs::path& path) : files_(files) {
    // O_NONBLOCK: a pipe put in the file's place after stat() must not hang the process.
    handle_ = files.open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
    if (handle_ < 0) throw io_error("open", path, errno);
  }
  ~OpenFile() { files_.close(handle_); }  // nothing was written, so nothing can be lost
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  int handle() const { return handle_; }

 private:
  FileOps& files_;
  int handle_ = -1;
};

std::string nearest_in_folder(const fs::path& path) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    names.push_back(entry->path().filename().native());
  }
  if (names.empty()) return text("; its folder ", in_quotes(folder.native()), " is missing or empty");
  return printable(did_you_mean(path.filename().native(), names), 400);
}

void check_readable(const fs::path& path, const struct stat& status, const Limits& limits) {
  const std::string name = in_quotes(path.native());
  if (S_ISDIR(status.st_mode)) throw Error(ErrorKind::io, text(name, " is a folder; name a file in it"));
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::io, text(name, " is not a regular file; copy its contents into one first"));
  }
  if (status.st_size > limits.file_bytes) {
    throw Error(ErrorKind::io, text(name, " has ", status.st_size, " bytes, the limit is ", limits.file_bytes));
  }
}

size_t read_some(FileOps& files, int handle, const fs::path& path, std::byte* to, size_t bytes) {
  while (true) {
    const ssize_t got = files.read(handle, to, bytes);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno != EINTR) throw io_error("read", path, errno);
  }
}

std::vector<std::byte> allocate(const fs::path& path, size_t bytes) {
  try {
    return std::vector<std::byte>(bytes);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::device,
                text("not enough memory to read ", in_quotes(path.native()), " of ", bytes, " bytes"));
  }
}

}  // namespace

std::vector<std::byte> read_file(const fs::path& path, const Limits& limits, FileOps& files) {
  check_path(path);
  struct stat status {};
  if (files.stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) throw io_error("read", path, errno);
    throw Error(ErrorKind::io, text("no file ", in_quotes(path.native()), nearest_in_folder(path)));
  }
  check_readable(path, status, limits);
  const OpenFile file(files, path);
  if (files.fstat(file.handle(), &status) != 0) throw io_error("read", path, errno);
  check_readable(path, status, limits);

  const auto size = static_cast<size_t>(status.st_size);
  std::vector<std::byte> bytes = allocate(path, size);
  size_t filled = 0;
  while (filled < size) {
    const size_t got = read_some(files, file.handle(), path, bytes.data() + filled, size - filled);
    if (got == 0) break;
    filled += got;
  }
  std::byte beyond{};
  if (filled != size || read_some(files, file.handle(), path, &beyond, 1) != 0) {
    throw Error(ErrorKind::io, text(in_quotes(path.native()), " changed its size while it was read; ",
                                    "wait until its writer is done and try again"));
  }
  return bytes;
}

}  // namespace lamina
