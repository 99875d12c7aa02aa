// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/trust.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/text.h"

namespace lamina::conformance {
namespace {

constexpr int64_t kTooFewNumbers = 8;
constexpr int64_t kTooFewBools = 15;
constexpr double kMostlyOne = 0.9;

}  // namespace

std::string reason_to_mistrust(const std::vector<HostTensor>& inputs, const std::vector<HostTensor>& expected) {
  if (std::any_of(inputs.begin(), inputs.end(), [](const HostTensor& input) { return input.count() == 0; })) return "";
  for (size_t i = 0; i < expected.size(); ++i) {
    const HostTensor& tensor = expected[i];
    std::map<double, int64_t> counts;
    for (int64_t k = 0; k < tensor.count(); ++k) {
      const double value = tensor.at(k);
      if (!std::isfinite(value)) return text("element ", k, " of expected output ", i, " is ", value);
      ++counts[value];
    }
    const bool is_bool = tensor.dtype() == DType::boolean;
    if (tensor.count() <= (is_bool ? kTooFewBools : kTooFewNumbers)) continue;
    const auto most = std::max_element(counts.begin(), counts.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    const bool constant = is_bool
                              ? most->second == tensor.count()
                              : static_cast<double>(most->second) >= kMostlyOne * static_cast<double>(tensor.count());
    if (constant)
      return text(most->second, " of ", tensor.count(), " elements of expected output ", i, " are ", most->first);
  }
  return "";
}

}  // namespace lamina::conformance
