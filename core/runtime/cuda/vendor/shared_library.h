// SPDX-License-Identifier: Apache-2.0
// A library of NVIDIA's, opened at run time and never linked, so that one program runs on machines with and without it.
// A missing library or function is a reason in words, not an error: implementations that need it decline with it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lamina {

// Where a library is looked for: first by the system's loader, then in each folder in turn.
struct LibrarySearch {
  bool loader = true;
  std::vector<std::filesystem::path> folders;

  // $CUDA_HOME/lib64, /usr/local/cuda/lib64, then the entries of $LAMINA_CUDA_LIBS (between colons): each is a folder
  // of libraries, or a Python site-packages folder with NVIDIA's wheels in it (nvidia/*/lib).
  static LibrarySearch from_environment();
};

// An open library. It stays open until the process ends: destructors of static objects may still call into it.
class SharedLibrary {
 public:
  // `soname` carries the major version ("libcublas.so.13"). Where it is not to be had: nullopt, and *why names it, the
  // places and, where a file was there but did not load, what the loader says of it.
  static std::optional<SharedLibrary> open(const std::string& soname, const LibrarySearch& search, std::string* why);

  const std::string& name() const { return name_; }  // as it was opened

  // Sets `function` to the symbol. False, and the symbol in *why, where the library has none.
  template <class F>
  bool bind(F*& function, const char* symbol, std::string* why) const {
    function = reinterpret_cast<F*>(find(symbol, why));
    return function != nullptr;
  }

 private:
  SharedLibrary(void* handle, std::string name) : handle_(handle), name_(std::move(name)) {}
  void* find(const char* symbol, std::string* why) const;

  void* handle_;
  std::string name_;
};

}  // namespace lamina
