// SPDX-License-Identifier: Apache-2.0
// A FileOps that fails one chosen call, or does something else just before it, and counts all calls. With it a test
// walks through every system call of a save.
#pragma once

#include <cerrno>
#include <functional>
#include <map>
#include <string>

#include "core/io/file_ops.h"

namespace lamina::testing {

class FaultyFileOps : public FileOps {
 public:
  // Fails the `nth` (from 1) call of `name` with `error`; name "any" counts all calls together.
  void fail(const std::string& name, int nth, int error) {
    before(name, nth, [error] {
      errno = error;
      return false;
    });
  }

  // Runs `act` just before that call; the call itself fails with the errno that `act` left if `act` returns false.
  void before(const std::string& name, int nth, std::function<bool()> act) {
    name_ = name;
    nth_ = nth;
    act_ = std::move(act);
    counts_.clear();
    acted_ = false;
  }

  bool acted() const { return acted_; }
  int count(const std::string& name) const { return counts_.contains(name) ? counts_.at(name) : 0; }
  size_t largest_write = SIZE_MAX;  // longer writes and reads are cut, as a signal or a pipe would do
  std::string last_created;

  int stat(const char* path, struct stat* status) override { return goes("stat") ? FileOps::stat(path, status) : -1; }
  int open(const char* path, int flags, mode_t mode) override {
    if (!goes("open")) return -1;
    const int file = FileOps::open(path, flags, mode);
    if (file >= 0) ++open_files_;
    if (mode != 0) last_created = path;
    return file;
  }
  int fstat(int file, struct stat* status) override { return goes("fstat") ? FileOps::fstat(file, status) : -1; }
  ssize_t read(int file, void* data, size_t bytes) override {
    return goes("read") ? FileOps::read(file, data, std::min(bytes, largest_write)) : -1;
  }
  ssize_t write(int file, const void* data, size_t bytes) override {
    return goes("write") ? FileOps::write(file, data, std::min(bytes, largest_write)) : -1;
  }
  int fsync(int file) override { return goes("fsync") ? FileOps::fsync(file) : -1; }
  int close(int file) override {
    // As Linux does it: the number is free after close(), whatever close() returns.
    const bool fine = goes("close");
    const int error = errno;
    --open_files_;
    const int status = FileOps::close(file);
    if (fine) return status;
    errno = error;
    return -1;
  }
  int rename(const char* from, const char* to) override { return goes("rename") ? FileOps::rename(from, to) : -1; }
  int unlink(const char* path) override { return goes("unlink") ? FileOps::unlink(path) : -1; }

  int open_files() const { return open_files_; }

 private:
  bool goes(const std::string& name) {
    const int of_name = ++counts_[name];
    const int of_all = ++counts_["any"];
    if (acted_ || !(name_ == name ? of_name == nth_ : name_ == "any" && of_all == nth_)) return true;
    acted_ = true;
    return act_();
  }

  std::string name_;
  int nth_ = 0;
  std::function<bool()> act_;
  bool acted_ = false;
  std::map<std::string, int> counts_;
  int open_files_ = 0;
};

}  // namespace lamina::testing
