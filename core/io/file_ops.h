// SPDX-License-Identifier: Apache-2.0
// The system calls that our readers and writers make, each with the meaning and the errno of POSIX. Virtual so that a
// test can fail the n-th write, fsync, close or rename.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <string_view>

#include "core/base/error.h"

namespace lamina {

class FileOps {
 public:
  virtual ~FileOps() = default;

  virtual int stat(const char* path, struct stat* status);  // follows links
  virtual int open(const char* path, int flags, mode_t mode);
  virtual int fstat(int file, struct stat* status);
  virtual ssize_t read(int file, void* data, size_t bytes);
  virtual ssize_t write(int file, const void* data, size_t bytes);
  virtual int fsync(int file);
  virtual int close(int file);
  virtual int rename(const char* from, const char* to);
  virtual int unlink(const char* path);

  static FileOps& system();
};

// ErrorKind::io: `cannot <action> "<path>": <text of error_number>; <remedy>`, the remedy by the kind of error.
Error io_error(std::string_view action, const std::filesystem::path& path, int error_number);

// Throws ErrorKind::io if the path is empty or holds a NUL byte, where the system would see another, shorter path.
void check_path(const std::filesystem::path& path);

}  // namespace lamina
