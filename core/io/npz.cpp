// SPDX-License-Identifier: Apache-2.0
#include "core/io/npz.h"

#include <set>

#include "core/io/atomic_file.h"
#include "core/io/npy.h"
#include "core/io/npy_header.h"
#include "core/io/read_file.h"
#include "core/io/untrusted_text.h"
#include "core/io/zip_reader.h"

namespace lamina {
namespace {

constexpr std::string_view kSuffix = ".npy";

}  // namespace

NamedTensors read_npz(std::span<const std::byte> bytes, const std::string& source, const Limits& limits) {
  const std::string where = text("[npz] file ", in_quotes(source));
  NamedTensors result;
  std::vector<std::byte> storage;
  for (const ZipMember& member : read_zip_directory(bytes, where, limits)) {
    LAMINA_CHECK(member.name.ends_with(kSuffix), where, ": member ", in_quotes(member.name), " is no array (", kSuffix,
                 "); an npz file holds nothing else");
    HostTensor tensor = read_npy(extract(member, storage, where), source + "/" + member.name, limits);
    result.tensors.push_back({member.name.substr(0, member.name.size() - kSuffix.size()), std::move(tensor)});
  }
  return result;
}

NamedTensors read_npz(const std::filesystem::path& path, const Limits& limits) {
  return read_npz(read_file(path, limits), path.native(), limits);
}

void write_npz(ByteSink& sink, const NamedTensors& tensors, ZipPacking packing) {
  LAMINA_CHECK(tensors.metadata.empty(), "[npz] the format has no place for metadata; write safetensors");
  std::set<std::string_view> names;
  ZipWriter archive(sink);
  for (const auto& [name, tensor] : tensors.tensors) {
    LAMINA_CHECK(names.insert(name).second, "[npz] two arrays are named ", in_quotes(name));
    const std::string prefix = npy_prefix(tensor, text("[npz] array ", in_quotes(name)));
    archive.add(text(name, kSuffix),
                {std::as_bytes(std::span(prefix)), {static_cast<const std::byte*>(tensor.data()), tensor.bytes()}},
                packing);
  }
  archive.finish();
}

void write_npz(const std::filesystem::path& path, const NamedTensors& tensors, ZipPacking packing) {
  write_file_atomically(path, [&](ByteSink& sink) { write_npz(sink, tensors, packing); });
}

}  // namespace lamina
