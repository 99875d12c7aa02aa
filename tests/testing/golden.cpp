// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/golden.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/base/check.h"

namespace lamina::testing {
namespace {

constexpr double kTolerance = 1e-5;
constexpr double kAbsoluteFloor = 1e-7;  // a list of zeros

// The folder of the build's source, or where a bundle says it is.
std::string folder() {
  const char* moved = std::getenv("LAMINA_GOLDEN_DIR");
  return moved ? moved : LAMINA_GOLDEN_DIR;
}

double largest(const HostTensor& tensor) {
  double size = 0;
  for (int64_t i = 0; i < tensor.count(); ++i) size = std::max(size, std::abs(tensor.at(i)));
  return size;
}

}  // namespace

nlohmann::json load_golden(const std::string& name) {
  const std::string path = folder() + "/" + name + ".json";
  std::ifstream file(path);
  LAMINA_CHECK(file.good(), "no golden file ", path);
  nlohmann::json golden = nlohmann::json::parse(file);
  LAMINA_CHECK(golden.at("format") == 1, path, " has format ", golden.at("format").dump(), ", expected 1");
  LAMINA_CHECK(golden.at("case") == name, path, " is case ", golden.at("case").dump());
  return golden;
}

std::vector<std::string> golden_names(const std::string& group) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder() + "/" + group)) {
    if (entry.path().extension() == ".json") names.push_back(group + "/" + entry.path().stem().string());
  }
  LAMINA_CHECK(!names.empty(), "the golden group ", group, " is empty");
  std::sort(names.begin(), names.end());
  return names;
}

std::string golden_case_name(const ::testing::TestParamInfo<std::string>& info) {
  return info.param.substr(info.param.find('/') + 1);
}

HostTensor tensor_of(const nlohmann::json& array) {
  if (array.is_number()) return HostTensor::scalar(array.get<float>());
  if (array.is_array())
    return HostTensor::of<float>({static_cast<int64_t>(array.size())}, array.get<std::vector<float>>());
  const Extents extents(array.at("shape").get<std::vector<int64_t>>());
  const std::vector<double> data = array.at("data").get<std::vector<double>>();
  return HostTensor::of<double>(extents, data).cast(dtype_from_name(array.at("dtype").get<std::string>()));
}

NamedTensors named_tensors_of(const nlohmann::json& named_arrays) {
  NamedTensors tensors;
  for (const auto& entry : named_arrays)
    tensors.emplace_back(entry.at("name").get<std::string>(), tensor_of(entry.at("value")));
  return tensors;
}

::testing::AssertionResult is_golden(const HostTensor& actual, const HostTensor& expected) {
  if (actual.extents() != expected.extents()) {
    return ::testing::AssertionFailure() << "shape " << actual.extents() << ", expected " << expected.extents();
  }
  const double allowed = std::max(kTolerance * largest(expected), kAbsoluteFloor);
  for (int64_t i = 0; i < actual.count(); ++i) {
    const double got = actual.at(i), want = expected.at(i);
    if (std::abs(got - want) <= allowed) continue;  // a NaN is never within
    return ::testing::AssertionFailure() << "element " << i << ": got " << text(got) << ", expected " << text(want)
                                         << " (off by " << std::abs(got - want) << ", allowed " << allowed << ")";
  }
  return ::testing::AssertionSuccess();
}

::testing::AssertionResult is_golden(const HostTensor& actual, const nlohmann::json& expected) {
  return is_golden(actual, tensor_of(expected));
}

::testing::AssertionResult is_golden(double actual, double expected) {
  return is_golden(HostTensor::scalar(actual), HostTensor::scalar(expected));
}

}  // namespace lamina::testing
