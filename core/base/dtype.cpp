// SPDX-License-Identifier: Apache-2.0
#include "core/base/dtype.h"

#include <array>
#include <ostream>

#include "core/base/check.h"

namespace lamina {
namespace {

constexpr std::array<std::string_view, 7> kNames = {"f32", "bf16", "f16", "i32", "u8", "bool", "f64"};

}  // namespace

std::string_view name_of(DType type) { return kNames.at(static_cast<size_t>(type)); }

DType dtype_from_name(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<DType>(i);
  }
  throw Error(ErrorKind::model, text("unknown dtype '", name, "'; known are ", join(kNames)));
}

std::ostream& operator<<(std::ostream& out, DType type) { return out << name_of(type); }

}  // namespace lamina
