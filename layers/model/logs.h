// SPDX-License-Identifier: Apache-2.0
// Named numbers in the order in which they are shown: what callbacks get and History keeps.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"

namespace lamina {

class Logs {
 public:
  void set(const std::string& name, double value) {
    for (auto& [known, number] : entries_) {
      if (known == name) {
        number = value;
        return;
      }
    }
    entries_.emplace_back(name, value);
  }
  std::optional<double> get(const std::string& name) const {
    for (const auto& [known, number] : entries_) {
      if (known == name) return number;
    }
    return std::nullopt;
  }
  // Throws where there is no such number, naming those there are.
  double at(const std::string& name) const {
    const std::optional<double> number = get(name);
    LAMINA_CHECK(number, "no '", name, "' in the logs", did_you_mean(name, names()), "; there are ", join(names(), ", ", "'"));
    return *number;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& [name, number] : entries_) result.push_back(name);
    return result;
  }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }
  bool empty() const { return entries_.empty(); }

 private:
  std::vector<std::pair<std::string, double>> entries_;
};

// One list per log name, one number per epoch.
struct History {
  std::vector<int64_t> epochs;
  std::vector<std::pair<std::string, std::vector<double>>> series;

  void append(int64_t epoch, const Logs& logs) {
    epochs.push_back(epoch);
    for (const auto& [name, value] : logs) of(name).push_back(value);
  }
  std::vector<double>& of(const std::string& name) {
    for (auto& [known, values] : series) {
      if (known == name) return values;
    }
    return series.emplace_back(name, std::vector<double>()).second;
  }
  // Throws where there is no such series, naming those there are.
  const std::vector<double>& at(const std::string& name) const {
    const std::vector<double>* const values = find(name);
    std::vector<std::string> names;
    for (const auto& [known, unused] : series) names.push_back(known);
    LAMINA_CHECK(values, "no '", name, "' in the history", did_you_mean(name, names), "; there are ", join(names, ", ", "'"));
    return *values;
  }
  const std::vector<double>* find(const std::string& name) const {
    for (const auto& [known, values] : series) {
      if (known == name) return &values;
    }
    return nullptr;
  }
};

}  // namespace lamina
