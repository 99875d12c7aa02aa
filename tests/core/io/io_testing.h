// SPDX-License-Identifier: Apache-2.0
// What the tests of the file formats share: a folder of their own, the committed fixtures, and the three properties
// that every reader must have (a refusal with a pinned message, no crash on a cut file, none on a changed one).
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/base/philox.h"
#include "core/io/byte_sink.h"
#include "core/io/named_tensors.h"
#include "core/io/read_file.h"
#include "tests/testing/scratch_folder.h"

namespace lamina::testing {

using Bytes = std::vector<std::byte>;
using Reader = std::function<void(std::span<const std::byte>)>;

inline std::filesystem::path fixture(const std::string& name) {
  return std::filesystem::path(LAMINA_SOURCE_DIR) / "tests/core/io/data" / name;
}

inline Bytes to_bytes(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

inline std::string to_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The element values of the fixtures, see values() in make_fixtures.py.
template <class T>
std::vector<T> fixture_values(int64_t count) {
  std::vector<T> all;
  for (int64_t i = 0; i < count; ++i) {
    const double value = std::is_same_v<T, bool>      ? static_cast<double>(i % 2)
                         : std::is_same_v<T, uint8_t> ? static_cast<double>(i)
                         : std::is_same_v<T, int32_t> ? static_cast<double>(i - 2)
                                                      : 1.5 * static_cast<double>(i) - 2;
    all.push_back(convert<T>(value));
  }
  return all;
}

template <class T>
HostTensor fixture_tensor(const Extents& extents) {
  HostTensor tensor(kDTypeOf<T>, extents);
  const std::vector<T> values = fixture_values<T>(extents.count());
  for (size_t i = 0; i < values.size(); ++i) tensor.as<T>()[i] = values[i];
  return tensor;
}

inline bool bit_equal(const HostTensor& a, const HostTensor& b) {
  return a.dtype() == b.dtype() && a.extents() == b.extents() &&
         (a.bytes() == 0 || std::memcmp(a.data(), b.data(), a.bytes()) == 0);
}

inline bool bit_equal(const NamedTensors& a, const NamedTensors& b) {
  if (a.names() != b.names() || a.metadata != b.metadata) return false;
  for (size_t i = 0; i < a.tensors.size(); ++i) {
    if (!bit_equal(a.tensors[i].tensor, b.tensors[i].tensor)) return false;
  }
  return true;
}

// Runs `act`, which must throw Error of `kind` with each of `parts` in its message.
inline void expect_error(ErrorKind kind, std::initializer_list<std::string_view> parts,
                         const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    for (const std::string_view part : parts) {
      EXPECT_NE(std::string_view(error.what()).find(part), std::string_view::npos)
          << "wanted: " << part << "\nin:     " << error.what();
    }
    return;
  }
  ADD_FAILURE() << "not refused; wanted an error with: " << *parts.begin();
}

// Every proper prefix of `file` must be refused as damaged. The prefix lies in an allocation of its own, so that a
// sanitizer sees each read beyond its end.
inline void expect_every_cut_is_refused(const Bytes& file, const Reader& read) {
  for (size_t length = 0; length < file.size(); ++length) {
    const Bytes cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(length));
    try {
      read(cut);
      ADD_FAILURE() << "the first " << length << " of " << file.size() << " bytes were accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::model) << "cut at " << length << ": " << error.what();
    }
  }
}

// `read` must return or throw ErrorKind::model; a crash, another exception or another kind fails.
inline bool accepted(const Bytes& file, const Reader& read) {
  try {
    read(file);
    return true;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::model) << error.what();
    return false;
  }
}

// Each single bit of the first `length` bytes flipped in turn. Returns how many such files were accepted.
inline int flip_every_bit(const Bytes& file, size_t length, const Reader& read) {
  int count = 0;
  for (size_t bit = 0; bit < 8 * length; ++bit) {
    Bytes changed = file;
    changed[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
    count += accepted(changed, read) ? 1 : 0;
  }
  return count;
}

// `rounds` files, each with one to eight bytes of the first `length` replaced, and some cut or grown.
inline void change_at_random(const Bytes& file, size_t length, int rounds, const Reader& read) {
  const RandomKey random{.seed = 7, .purpose = RandomPurpose::test};
  uint64_t draw = 0;
  const auto below = [&](size_t bound) { return random.word(draw++) % bound; };
  for (int round = 0; round < rounds; ++round) {
    Bytes changed = file;
    for (size_t changes = 1 + below(8); changes > 0; --changes)
      changed[below(length)] = static_cast<std::byte>(below(256));
    if (below(8) == 0) changed.resize(below(2 * file.size()));
    accepted(changed, read);
  }
}

}  // namespace lamina::testing
