// SPDX-License-Identifier: Apache-2.0
// The one exception type of the library. Mistakes of the user and of the outside world throw it where they are
// found, with the place and the remedy in the text; an expected "no" is a returned reason instead (op/kernel_impl.h).
#pragma once

#include <stdexcept>
#include <string>

namespace lamina {

// What went wrong, as the exit code that an app gives for it.
enum class ErrorKind : int {
  usage = 2,         // a wrong flag, argument or call
  model = 3,         // bad data, configuration or model: shapes, names, damaged files
  numeric = 4,       // a value that is not finite where it must be
  io = 5,            // a file that cannot be read or written
  device = 6,        // no device, a failed device call, or no memory on it
  distributed = 7,   // a peer process failed
  internal = 70,     // a bug of ours
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}

  ErrorKind kind() const { return kind_; }
  int exit_code() const { return static_cast<int>(kind_); }

 private:
  ErrorKind kind_;
};

}  // namespace lamina
