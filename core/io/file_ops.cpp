// SPDX-License-Identifier: Apache-2.0
#include "core/io/file_ops.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "core/base/text.h"
#include "core/io/untrusted_text.h"

namespace lamina {
namespace {

std::string_view remedy_for(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT: return "; free space there or choose a folder on another disk";
    case EFBIG: return "; raise the limit on file sizes (ulimit -f) or choose another disk";
    case EACCES:
    case EPERM: return "; check the permissions of the file and of its folder";
    case EROFS: return "; choose a folder on a disk that can be written";
    case ENOENT: return "; make the folder first or correct the path";
    case ENOTDIR: return "; a part of the path is a file and not a folder";
    case ELOOP: return "; a symbolic link leads back to itself";
    case ENAMETOOLONG: return "; choose a shorter name";
    case EMFILE:
    case ENFILE: return "; close files or raise the limit on open files (ulimit -n)";
    case EIO: return "; the disk or the network storage reports a fault";
    default: return "";
  }
}

}  // namespace

int FileOps::stat(const char* path, struct stat* status) { return ::stat(path, status); }
int FileOps::open(const char* path, int flags, mode_t mode) { return ::open(path, flags, mode); }
int FileOps::fstat(int file, struct stat* status) { return ::fstat(file, status); }
ssize_t FileOps::read(int file, void* data, size_t bytes) { return ::read(file, data, bytes); }
ssize_t FileOps::write(int file, const void* data, size_t bytes) { return ::write(file, data, bytes); }
int FileOps::fsync(int file) { return ::fsync(file); }
int FileOps::close(int file) { return ::close(file); }
int FileOps::rename(const char* from, const char* to) { return ::rename(from, to); }
int FileOps::unlink(const char* path) { return ::unlink(path); }

FileOps& FileOps::system() {
  static FileOps ops;
  return ops;
}

Error io_error(std::string_view action, const std::filesystem::path& path, int error_number) {
  return Error(ErrorKind::io, text("cannot ", action, " ", in_quotes(path.native()), ": ",
                                   std::generic_category().message(error_number), remedy_for(error_number)));
}

void check_path(const std::filesystem::path& path) {
  if (path.empty()) throw Error(ErrorKind::io, "the path of a file is empty");
  if (path.native().find('\0') != std::string::npos) {
    throw Error(ErrorKind::io, text("the path ", in_quotes(path.native()), " holds a NUL byte"));
  }
}

}  // namespace lamina
