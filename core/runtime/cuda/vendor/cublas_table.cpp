// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/cuda/vendor/cublas_table.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/runtime/cuda/call_name.h"

namespace lamina {
namespace {

bool bind_all(const SharedLibrary& library, CublasTable* table, std::string* why) {
  return library.bind(table->get_property, "cublasGetProperty", why) &&
         library.bind(table->get_status_name, "cublasGetStatusName", why) &&
         library.bind(table->get_status_string, "cublasGetStatusString", why) &&
         library.bind(table->create, "cublasCreate_v2", why) && library.bind(table->destroy, "cublasDestroy_v2", why) &&
         library.bind(table->set_stream, "cublasSetStream_v2", why) &&
         library.bind(table->set_workspace, "cublasSetWorkspace_v2", why) &&
         library.bind(table->set_math_mode, "cublasSetMathMode", why) &&
         library.bind(table->gemm_ex, "cublasGemmEx", why) &&
         library.bind(table->gemm_strided_batched_ex, "cublasGemmStridedBatchedEx", why);
}

bool read_version(const SharedLibrary& library, CublasTable* table, std::string* why) {
  int version[3] = {};
  const libraryPropertyType properties[3] = {MAJOR_VERSION, MINOR_VERSION, PATCH_LEVEL};
  for (int i = 0; i < 3; ++i) {
    if (table->get_property(properties[i], &version[i]) != CUBLAS_STATUS_SUCCESS) {
      *why = text(library.name(), " does not tell its version");
      return false;
    }
  }
  table->version = text(version[0], ".", version[1], ".", version[2]);
  if (version[0] != CUBLAS_VER_MAJOR) {
    *why =
        text(library.name(), " is cuBLAS ", table->version, ", this program was compiled for ", CUBLAS_VER_MAJOR, ".x");
    return false;
  }
  return true;
}

}  // namespace

bool load_cublas(const LibrarySearch& search, CublasTable* table, std::string* why) {
  const auto library = SharedLibrary::open(text("libcublas.so.", CUBLAS_VER_MAJOR), search, why);
  return library && bind_all(*library, table, why) && read_version(*library, table, why);
}

const CublasTable* cublas(std::string* why) {
  struct Loaded {
    CublasTable table{};
    std::string why;
    bool ok;
    Loaded() : ok(load_cublas(LibrarySearch::from_environment(), &table, &why)) {}
  };
  static const Loaded loaded;
  if (!loaded.ok && why) *why = loaded.why;
  return loaded.ok ? &loaded.table : nullptr;
}

void throw_cublas_error(const CublasTable& table, cublasStatus_t status, std::string_view call, const char* file,
                        int line) {
  throw Error(ErrorKind::device,
              text("[cublas] ", call_name("cublas", call), " failed with ", table.get_status_name(status), ": ",
                   table.get_status_string(status), " (", file, ":", line, ")"));
}

}  // namespace lamina
