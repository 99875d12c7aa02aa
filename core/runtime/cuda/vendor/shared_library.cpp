// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/cuda/vendor/shared_library.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/base/text.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;

// Folders `parent`/*/lib, by name, so that the order does not depend on the file system.
std::vector<fs::path> lib_folders_below(const fs::path& parent) {
  std::vector<fs::path> found;
  std::error_code ignored;  // a folder that is not there or not readable holds no libraries
  for (fs::directory_iterator entry(parent, ignored), end; entry != end; entry.increment(ignored)) {
    if (fs::is_directory(entry->path() / "lib", ignored)) found.push_back(entry->path() / "lib");
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

void* open_library(const std::string& name, std::string* complaint) {
  void* handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) *complaint = dlerror();
  return handle;
}

}  // namespace

LibrarySearch LibrarySearch::from_environment() {
  LibrarySearch search;
  if (const std::string_view home = environment("CUDA_HOME"); !home.empty()) {
    search.folders.push_back(fs::path(home) / "lib64");
  }
  search.folders.emplace_back("/usr/local/cuda/lib64");
  std::istringstream entries{std::string(environment("LAMINA_CUDA_LIBS"))};
  for (std::string entry; std::getline(entries, entry, ':');) {
    if (entry.empty()) continue;
    search.folders.emplace_back(entry);
    for (fs::path& folder : lib_folders_below(fs::path(entry) / "nvidia")) search.folders.push_back(std::move(folder));
  }
  return search;
}

std::optional<SharedLibrary> SharedLibrary::open(const std::string& soname, const LibrarySearch& search,
                                                 std::string* why) {
  std::vector<std::string> places;
  std::string complaint;
  if (search.loader) {
    if (void* handle = open_library(soname, &complaint)) return SharedLibrary(handle, soname);
    places.push_back(text("the loader's path (", complaint, ")"));
  }
  for (const fs::path& folder : search.folders) {
    const fs::path file = folder / soname;
    std::error_code ignored;
    if (!fs::exists(file, ignored)) {
      places.push_back(folder.string());
    } else if (void* handle = open_library(file.string(), &complaint)) {
      return SharedLibrary(handle, file.string());
    } else {
      places.push_back(text(folder.string(), " (it is there, but: ", complaint, ")"));
    }
  }
  *why = text(soname, " not found; looked in ", places.empty() ? "no place" : join(places),
              "; LAMINA_CUDA_LIBS can name more folders");
  return std::nullopt;
}

void* SharedLibrary::find(const char* symbol, std::string* why) const {
  void* address = dlsym(handle_, symbol);
  if (!address) *why = text(name_, " has no function ", symbol);
  return address;
}

}  // namespace lamina
