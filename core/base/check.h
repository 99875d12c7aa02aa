// SPDX-License-Identifier: Apache-2.0
// LAMINA_CHECK for mistakes of the user (throws ErrorKind::model with the given text); LAMINA_ASSERT for our own bugs.
#pragma once

#include <cstdint>

#include "core/base/error.h"
#include "core/base/text.h"

#define LAMINA_CHECK(condition, ...)                                                              \
  do {                                                                                            \
    if (!(condition)) throw ::lamina::Error(::lamina::ErrorKind::model, ::lamina::text(__VA_ARGS__)); \
  } while (false)

#define LAMINA_ASSERT(condition, ...)                                                                      \
  do {                                                                                                     \
    if (!(condition))                                                                                      \
      throw ::lamina::Error(::lamina::ErrorKind::internal,                                                 \
                            ::lamina::text("bug in lamina at ", __FILE__, ":", __LINE__, ": " #condition " " __VA_OPT__(, ) \
                                               __VA_ARGS__));                                              \
  } while (false)

namespace lamina {

// a * b, or an error that names `what`: products of sizes from files and users never wrap.
inline int64_t checked_multiply(int64_t a, int64_t b, const char* what) {
  int64_t product = 0;
  LAMINA_CHECK(!__builtin_mul_overflow(a, b, &product), what, ": the product ", a, " x ", b, " does not fit 64 bits");
  return product;
}

}  // namespace lamina
