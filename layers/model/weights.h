// SPDX-License-Identifier: Apache-2.0
// Weights by path to and from files, with a report of what happened to every one of them.
#pragma once

#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "layers/model/network.h"

namespace lamina {

struct LoadOptions {
  bool skip_mismatch = false;  // leave weights of another shape as they are instead of refusing
  bool allow_missing = false;  // leave weights that the file does not have as they are
};

struct LoadReport {
  struct Row {
    std::string path;
    std::string status;  // "loaded", "shape mismatch", "missing", "unused"
    std::string detail;  // the shapes
  };
  std::vector<Row> rows;
  size_t loaded = 0;
};
void print(const LoadReport& report, std::ostream& out);  // a table

// Format by the ending: .safetensors or .npz. Written to a temporary file first; an old file stays until the new one is whole.
// `metadata` is free text that goes along, in safetensors only: given for an npz file, it is refused.
void save_weights(const std::vector<NamedVariable>& variables, const std::string& file,
                  const std::map<std::string, std::string>& metadata = {});

// Nothing is changed unless everything fits (or the options allow what does not). An error where nothing was loaded.
LoadReport load_weights(const std::vector<NamedVariable>& variables, const std::string& file, const LoadOptions& options);

}  // namespace lamina
