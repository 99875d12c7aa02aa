// SPDX-License-Identifier: Apache-2.0
#include "layers/model/weights.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <ostream>

#include "core/base/check.h"
#include "core/io/npz.h"
#include "core/io/safetensors.h"

namespace lamina {
namespace {

enum class Format { safetensors, npz };

Format format_of(const std::string& file) {
  const std::string ending = std::filesystem::path(file).extension().string();
  if (ending == ".safetensors") return Format::safetensors;
  if (ending == ".npz") return Format::npz;
  throw Error(ErrorKind::usage, text("weights file '", file, "': the name must end in .safetensors or .npz"));
}

}  // namespace

void print(const LoadReport& report, std::ostream& out) {
  size_t width = 0;
  for (const LoadReport::Row& row : report.rows) width = std::max(width, row.path.size());
  for (const LoadReport::Row& row : report.rows) {
    out << row.path << std::string(width + 2 - row.path.size(), ' ') << row.status;
    if (!row.detail.empty()) out << "  " << row.detail;
    out << "\n";
  }
  out << report.loaded << " of " << report.rows.size() << " loaded\n";
}

void save_weights(const std::vector<NamedVariable>& variables, const std::string& file,
                  const std::map<std::string, std::string>& metadata) {
  const Format format = format_of(file);
  if (format == Format::npz && !metadata.empty()) {
    throw Error(ErrorKind::usage, text("weights file '", file, "': npz has no place for metadata; use .safetensors"));
  }
  NamedTensors tensors;
  for (const NamedVariable& named : variables) tensors.tensors.push_back({named.path, named.variable->read()});
  if (format == Format::safetensors) {
    tensors.metadata = metadata;
    tensors.metadata["format"] = "lamina";
    write_safetensors(file, tensors);
  } else {
    write_npz(file, tensors);
  }
}

LoadReport load_weights(const std::vector<NamedVariable>& variables, const std::string& file, const LoadOptions& options) {
  const NamedTensors read = format_of(file) == Format::safetensors ? read_safetensors(file) : read_npz(file);
  std::map<std::string, const HostTensor*> in_file;
  for (const NamedTensor& named : read.tensors) in_file.emplace(named.name, &named.tensor);

  LoadReport report;
  std::vector<std::pair<const NamedVariable*, const HostTensor*>> fitting;
  std::string wrong;
  const auto note = [&](const std::string& path, const char* status, std::string detail, bool allowed) {
    if (!allowed) wrong += "\n  " + path + ": " + status + (detail.empty() ? "" : " " + detail);
    report.rows.push_back({path, status, std::move(detail)});
  };
  for (const NamedVariable& named : variables) {
    const auto found = in_file.find(named.path);
    if (found == in_file.end()) {
      note(named.path, "missing", "", options.allow_missing);
      continue;
    }
    const HostTensor& tensor = *found->second;
    in_file.erase(found);
    if (!(tensor.extents() == named.variable->extents)) {
      note(named.path, "shape mismatch", text("the file has ", tensor.extents(), ", the model ", named.variable->extents),
           options.skip_mismatch);
      continue;
    }
    LAMINA_CHECK(is_floating(tensor.dtype()) == is_floating(named.variable->dtype), "weights file '", file, "', tensor '", named.path,
                 "': holds ", tensor.dtype(), ", the model has ", named.variable->dtype);
    for (int64_t i = 0; i < tensor.count(); ++i) {
      LAMINA_CHECK(std::isfinite(tensor.at(i)), "weights file '", file, "', tensor '", named.path, "': element ", i, " is ", tensor.at(i),
                   "; weights must be finite");
    }
    fitting.emplace_back(&named, &tensor);
    note(named.path, "loaded", text(tensor.extents()), true);
  }
  for (const auto& [name, tensor] : in_file) note(name, "unused", text(tensor->extents()), true);
  report.loaded = fitting.size();
  LAMINA_CHECK(wrong.empty(), "weights file '", file, "' does not fit the model; nothing was changed:", wrong,
               "\nUse skip_mismatch or allow_missing to load what fits.");
  LAMINA_CHECK(report.loaded > 0, "weights file '", file, "' has no tensor of this model: nothing was loaded. Its names are ",
               join([&] {
                 std::vector<std::string> names;
                 for (const NamedTensor& named : read.tensors) names.push_back(named.name);
                 names.resize(std::min<size_t>(names.size(), 8));
                 return names;
               }()));
  for (const auto& [named, tensor] : fitting) named->variable->assign(tensor->cast(named->variable->dtype));
  return report;
}

}  // namespace lamina
