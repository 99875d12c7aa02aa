// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/voc_layout.h"

#include <algorithm>
#include <cerrno>

#include "core/base/check.h"
#include "core/io/file_ops.h"
#include "core/io/untrusted_text.h"

namespace lamina::yolov3 {
namespace {

namespace fs = std::filesystem;

// Sorted, so that nothing depends on the order in which the system lists a folder.
std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    entries.push_back(entry->path());
  }
  if (error) throw io_error("list", folder, error.value());
  std::sort(entries.begin(), entries.end());
  return entries;
}

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

std::vector<fs::path> annotations_in(const fs::path& folder) {
  std::vector<fs::path> files = entries_of(folder);
  std::erase_if(files, [](const fs::path& file) { return file.extension() != ".xml" && file.extension() != ".XML"; });
  return files;
}

// VOCdevkit/VOC2012 and its kin: a level too high.
std::string hint_below(const fs::path& folder) {
  for (const fs::path& entry : entries_of(folder)) {
    if (is_folder(entry / "Annotations")) return text("; ", in_quotes(entry.native()), " has Annotations: give that folder");
  }
  return "; give a folder of Pascal VOC, or one with .xml files beside their pictures";
}

}  // namespace

VocLayout find_voc_layout(const fs::path& folder) {
  check_path(folder);
  std::error_code error;
  if (!fs::exists(folder, error)) throw io_error("open", folder, error ? error.value() : ENOENT);
  LAMINA_CHECK(is_folder(folder), in_quotes(folder.native()), " is no folder; give the folder of a data set");
  VocLayout layout{folder, folder, {}};
  if (is_folder(folder / "Annotations")) {
    layout.annotations = annotations_in(folder / "Annotations");
    LAMINA_CHECK(!layout.annotations.empty(), in_quotes((folder / "Annotations").native()), " has no .xml file");
    layout.pictures = folder / "JPEGImages";
    LAMINA_CHECK(is_folder(layout.pictures), in_quotes(folder.native()), " has Annotations, but no folder JPEGImages beside it");
    return layout;
  }
  layout.annotations = annotations_in(folder);
  LAMINA_CHECK(!layout.annotations.empty(), in_quotes(folder.native()), " has neither a folder Annotations nor .xml files",
               hint_below(folder));
  return layout;
}

fs::path find_picture(const fs::path& folder, const std::string& stem, const std::string& named) {
  std::error_code error;
  for (const char* ending : {".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG"}) {
    if (const fs::path file = folder / (stem + ending); fs::exists(file, error)) return file;
  }
  if (named.empty() || named.find('\0') != std::string::npos) return {};
  const fs::path file = folder / named;
  return fs::is_regular_file(file, error) ? file : fs::path();
}

std::optional<VocList> read_voc_list(const VocLayout& layout, const std::string& name) {
  const fs::path file = layout.root / "ImageSets" / "Main" / (name + ".txt");
  std::error_code error;
  if (!fs::exists(file, error)) return std::nullopt;
  return VocList{file, read_text_lines(file)};
}

}  // namespace lamina::yolov3
