// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/case_inputs.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/philox.h"

namespace lamina::testing {
namespace {

constexpr uint32_t kFirstWeightStream = 1000;  // behind every input's

RandomKey key_of(std::string_view op, const OpCase& one, uint32_t stream) {
  uint64_t hash = 14695981039346656037u;  // FNV-1a
  const auto mix = [&](std::string_view word) {
    for (const char c : word) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  };
  mix(op), mix("/"), mix(one.name);
  return {.seed = hash, .purpose = RandomPurpose::test, .stream = stream};
}

double whole_number(const RandomKey& key, int64_t index, double low, double high) {
  const double count = std::floor(high) - std::ceil(low) + 1;
  return std::ceil(low) + std::floor(static_cast<double>(key.uniform(static_cast<uint64_t>(index))) * count);
}

std::vector<double> distinct_numbers(const RandomKey& key, int64_t count, double high) {
  std::vector<double> numbers(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i)
    numbers[static_cast<size_t>(i)] = static_cast<double>(i) * high / static_cast<double>(count);
  for (int64_t i = count - 1; i > 0; --i) {
    const auto other =
        static_cast<int64_t>(static_cast<double>(key.uniform(static_cast<uint64_t>(i))) * static_cast<double>(i + 1));
    std::swap(numbers[static_cast<size_t>(i)], numbers[static_cast<size_t>(other)]);
  }
  return numbers;
}

HostTensor filled(const CaseInput& input, DType type, const RandomKey& key) {
  HostTensor numbers(DType::f64, input.extents);
  const std::span<double> values = numbers.as<double>();
  const double low = type == DType::u8 || type == DType::boolean ? std::max(input.low, 0.0) : input.low;
  const double high = type == DType::boolean ? 1 : input.high;
  const CaseInput::Fill fill =
      is_floating(type) || input.fill == CaseInput::Fill::distinct ? input.fill : CaseInput::Fill::integers;
  if (fill == CaseInput::Fill::distinct) {
    // Whole-number types take 0, 1, 2, ... themselves.
    const std::vector<double> distinct =
        distinct_numbers(key, numbers.count(), is_floating(type) ? input.high : static_cast<double>(numbers.count()));
    for (size_t i = 0; i < distinct.size(); ++i)
      values[i] = type == DType::u8 ? std::fmod(distinct[i], 256) : distinct[i];
  }
  for (int64_t i = 0; i < numbers.count(); ++i) {
    double& value = values[static_cast<size_t>(i)];
    if (fill == CaseInput::Fill::uniform)
      value = low + (high - low) * static_cast<double>(key.uniform(static_cast<uint64_t>(i)));
    if (fill == CaseInput::Fill::integers) value = whole_number(key, i, low, high);
  }
  return numbers.cast(type);
}

}  // namespace

DType type_of_input(const CaseInput& input, DType dtype) { return input.dtype == DType::f32 ? dtype : input.dtype; }

std::vector<HostTensor> case_inputs(std::string_view op, const OpCase& one, const std::vector<DType>& types) {
  std::vector<HostTensor> tensors;
  for (size_t i = 0; i < one.inputs.size(); ++i) {
    tensors.push_back(filled(one.inputs[i], types.at(i), key_of(op, one, static_cast<uint32_t>(i))));
  }
  return tensors;
}

HostTensor random_weights(std::string_view op, const OpCase& one, const Extents& extents, uint32_t stream) {
  const RandomKey key = key_of(op, one, kFirstWeightStream + stream);
  HostTensor weights(DType::f64, extents);
  const std::span<double> values = weights.as<double>();
  for (size_t i = 0; i < values.size(); ++i) {
    const double x = 2.0 * static_cast<double>(key.uniform(i)) - 1.0;
    values[i] = x < 0 ? x - 0.1 : x + 0.1;
  }
  return weights;
}

}  // namespace lamina::testing
