// SPDX-License-Identifier: Apache-2.0
#include "core/io/npz.h"

#include <gtest/gtest.h>

#include "core/io/npy.h"
#include "core/io/read_file.h"
#include "core/io/zip_reader.h"
#include "tests/core/io/io_testing.h"

namespace lamina {
namespace {

using testing::bit_equal;
using testing::Bytes;
using testing::expect_error;
using testing::fixture;
using testing::fixture_tensor;
using testing::ScratchFolder;

NamedTensors read(std::span<const std::byte> file, const Limits& limits = {}) {
  return read_npz(file, "x.npz", limits);
}

void refused(const Bytes& file, std::initializer_list<std::string_view> parts, const Limits& limits = {}) {
  expect_error(ErrorKind::model, {"file \"x.npz"}, [&] { read(file, limits); });
  expect_error(ErrorKind::model, parts, [&] { read(file, limits); });
}

Bytes written(const NamedTensors& tensors, ZipPacking packing = ZipPacking::stored) {
  MemorySink sink;
  write_npz(sink, tensors, packing);
  return sink.bytes();
}

// What savez.npz and savez_compressed.npz hold.
NamedTensors savez_tensors() {
  return {{{"w", fixture_tensor<float>(Extents{2, 3})},
           {"block/b", fixture_tensor<int32_t>(Extents{4})},
           {"gr\xc3\xb6\xc3\x9f"
            "e",
            HostTensor::scalar(2.5)},
           {"none", HostTensor(DType::u8, Extents{0, 2})}},
          {}};
}

NamedTensors two_tensors() {
  return {{{"w", fixture_tensor<float>(Extents{2, 3})}, {"b", fixture_tensor<int32_t>(Extents{4})}}, {}};
}

template <class T>
void put(Bytes& file, size_t at, T value) {
  ASSERT_LE(at + sizeof(T), file.size());
  std::memcpy(file.data() + at, &value, sizeof(T));
}

// Where the n-th (from 0) record with this signature begins.
size_t find(const Bytes& file, const char* signature, int nth = 0) {
  const std::string text = testing::to_text(file);
  size_t at = text.find(std::string_view(signature, 4));
  while (nth-- > 0) at = text.find(std::string_view(signature, 4), at + 1);
  EXPECT_NE(at, std::string::npos);
  return at;
}
constexpr const char* kLocal = "PK\x03\x04";
constexpr const char* kCentral = "PK\x01\x02";
constexpr const char* kEnd = "PK\x05\x06";
constexpr const char* kEnd64 = "PK\x06\x06";
constexpr const char* kEnd64Locator = "PK\x06\x07";

TEST(Npz, ReadsWhatNumpyWrites) {
  EXPECT_TRUE(bit_equal(read_npz(fixture("savez.npz")), savez_tensors()));
  EXPECT_TRUE(bit_equal(read_npz(fixture("savez_compressed.npz")), savez_tensors()));
  EXPECT_TRUE(bit_equal(read_npz(fixture("no_arrays.npz")), {}));
}

TEST(Npz, ReadsZip64AndSizesThatFollowTheMember) {
  EXPECT_TRUE(bit_equal(read_npz(fixture("zip64.npz")), two_tensors()));
  EXPECT_TRUE(bit_equal(read_npz(fixture("sizes_follow.npz")), two_tensors()));
}

TEST(Npz, TakesANameWithDotsForAName) {
  ScratchFolder folder;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::create_directories(folder / "a" / "b");
  std::filesystem::current_path(folder / "a" / "b");
  const NamedTensors tensors = read_npz(fixture("dotdot.npz"));
  std::filesystem::current_path(before);
  EXPECT_EQ(tensors.names(), std::vector<std::string>{"../../x"});
  EXPECT_EQ(folder.names(), std::vector<std::string>{"a"});  // nothing was written
}

TEST(Npz, RoundTripsStoredAndDeflated) {
  ScratchFolder folder;
  NamedTensors tensors = savez_tensors();
  tensors.tensors.push_back({"f16", fixture_tensor<f16>(Extents{2, 3})});
  tensors.tensors.push_back({"bool", fixture_tensor<bool>(Extents{2, 3})});
  tensors.tensors.push_back({"", fixture_tensor<uint8_t>(Extents{300, 1000})});
  tensors.tensors.push_back({"x.npy", HostTensor::scalar(1.0f)});
  for (const ZipPacking packing : {ZipPacking::stored, ZipPacking::deflated}) {
    write_npz(folder / "x.npz", tensors, packing);
    EXPECT_TRUE(bit_equal(read_npz(folder / "x.npz"), tensors));
  }
  EXPECT_EQ(folder.names().size(), 1u);
  EXPECT_LT(written(tensors, ZipPacking::deflated).size(), written(tensors).size() / 10);
  EXPECT_TRUE(bit_equal(read(written({})), {}));
}

TEST(Npz, DeflatesWhatDoesNotGetSmaller) {
  HostTensor noise(DType::i32, Extents{200'000});
  const RandomKey random{.seed = 1};
  for (size_t i = 0; i < 200'000; ++i) noise.as<int32_t>()[i] = static_cast<int32_t>(random.word(i));
  const NamedTensors tensors{{{"noise", noise}}, {}};
  EXPECT_TRUE(bit_equal(read(written(tensors, ZipPacking::deflated)), tensors));
}

TEST(Npz, EqualTensorsGiveEqualBytes) { EXPECT_EQ(written(savez_tensors()), written(savez_tensors())); }

TEST(Npz, RefusesATruncatedFile) {
  const auto reader = [](std::span<const std::byte> file) { read(file); };
  for (const char* name : {"savez.npz", "savez_compressed.npz", "zip64.npz", "sizes_follow.npz"}) {
    testing::expect_every_cut_is_refused(read_file(fixture(name)), reader);
  }
  testing::expect_every_cut_is_refused(written(two_tensors(), ZipPacking::deflated), reader);
}

// CRC-32 over the bytes, and each number of the format checked against another: a flipped bit is refused, or it changed
// something without meaning (a time, a version, an attribute).
TEST(Npz, NeverReturnsOtherTensorsAfterAFlippedBit) {
  for (const char* name : {"savez.npz", "savez_compressed.npz", "zip64.npz", "sizes_follow.npz"}) {
    const Bytes file = read_file(fixture(name));
    const NamedTensors wanted = read(file);
    testing::flip_every_bit(file, file.size(), [&](std::span<const std::byte> bytes) {
      EXPECT_TRUE(bit_equal(read(bytes), wanted)) << name;
    });
  }
}

TEST(Npz, SurvivesRandomChanges) {
  for (const char* name : {"savez.npz", "savez_compressed.npz", "zip64.npz", "sizes_follow.npz"}) {
    const Bytes file = read_file(fixture(name));
    testing::change_at_random(file, file.size(), 5'000, [](std::span<const std::byte> bytes) { read(bytes); });
  }
}

TEST(Npz, RefusesABombByItsDirectory) {
  const Bytes bomb = read_file(fixture("bomb.npz"));  // 1 MiB of zeros in 1,226 bytes
  EXPECT_EQ(read(bomb).at("w").count(), 1 << 20);     // small enough to be allowed
  refused(bomb,
          {"1226 bytes would unpack to 1048704, the limit is 1000000 (100 times, or 1000000 bytes)",
           "raise Limits::expansion"},
          Limits{.free_expansion_bytes = 1'000'000});
  EXPECT_NO_THROW(read(bomb, Limits{.free_expansion_bytes = 0, .expansion = 856}));
  refused(bomb, {"the limit is 1048230 (855 times"}, Limits{.free_expansion_bytes = 0, .expansion = 855});
}

TEST(Npz, CountsAllMembersOfABomb) {
  NamedTensors tensors;
  for (const char* name : {"a", "b", "c"}) tensors.tensors.push_back({name, HostTensor(DType::u8, Extents{100'000})});
  const Bytes file = written(tensors, ZipPacking::deflated);
  EXPECT_NO_THROW(read(file, Limits{.free_expansion_bytes = 300'384, .expansion = 1}));
  refused(file, {"would unpack to 300384, the limit is 300383"},
          Limits{.free_expansion_bytes = 300'383, .expansion = 1});
}

TEST(Npz, RefusesSizesThatDeflateCannotReach) {
  Bytes file = written(two_tensors(), ZipPacking::deflated);
  put<uint32_t>(file, find(file, kCentral) + 24, 0xfffffff0u);
  refused(file, {"member \"w.npy\" claims 4294967280 bytes, its ",
                 " deflated bytes cannot hold them; the archive is damaged"});
}

TEST(Npz, RefusesAWrongUnpackedSize) {
  for (const uint32_t size : {0u, 151u, 153u}) {
    Bytes file = written(two_tensors(), ZipPacking::deflated);
    ASSERT_EQ(file[find(file, kCentral) + 24], std::byte{152});
    put<uint32_t>(file, find(file, kCentral) + 24, size);
    refused(file, {text("member \"w.npy\": its "), text("damaged or do not unpack to ", size, " bytes")});
  }
  Bytes stored = written(two_tensors());
  put<uint32_t>(stored, find(stored, kCentral) + 24, 151);
  refused(stored, {"member \"w.npy\" claims 151 bytes, its 152 stored bytes cannot hold them"});
}

TEST(Npz, RefusesBytesAfterTheDeflateStream) {
  Bytes file = written(two_tensors(), ZipPacking::deflated);
  const size_t central = find(file, kCentral);
  uint32_t packed = 0;
  std::memcpy(&packed, file.data() + central + 20, 4);
  // The first member takes the second's first byte too, and the second moves by one.
  Bytes grown = file;
  const size_t second = find(file, kLocal, 1);
  grown.insert(grown.begin() + static_cast<std::ptrdiff_t>(second), std::byte{0});
  put<uint32_t>(grown, central + 1 + 20, packed + 1);
  put<uint32_t>(grown, find(grown, kCentral, 1) + 42, static_cast<uint32_t>(second + 1));
  put<uint32_t>(grown, grown.size() - 6, static_cast<uint32_t>(central + 1));
  refused(grown, {"member \"w.npy\": its ", "damaged or do not unpack to 152 bytes"});
}

TEST(Npz, RefusesAWrongCrc) {
  Bytes file = written(two_tensors());
  file[find(file, kLocal, 1) - 1] ^= std::byte{1};  // last byte of w
  refused(file, {"member \"w.npy\": CRC-32 of its bytes is ", ", the archive says ",
                 "the file is damaged: copy or save it again"});
}

TEST(Npz, RefusesMembersThatShareBytes) {
  NamedTensors tensors = two_tensors();
  tensors.tensors[1].name = "v";
  tensors.tensors[1].tensor = tensors.tensors[0].tensor;
  Bytes file = written(tensors);
  // Both records of the directory lead to the first member, and its header is made to fit both by the same name.
  put<uint32_t>(file, find(file, kCentral, 1) + 42, 0);
  file[find(file, kCentral, 1) + 46] = std::byte{'w'};
  refused(file, {"members \"w.npy\" and \"w.npy\" share bytes"});
}

TEST(Npz, RefusesTwoMembersOfOneName) {
  NamedTensors tensors = two_tensors();
  Bytes file = written(tensors);
  file[find(file, kLocal, 1) + 30] = std::byte{'w'};
  file[find(file, kCentral, 1) + 46] = std::byte{'w'};
  refused(file, {"two members are named \"w.npy\""});
}

TEST(Npz, RefusesWhatNumpyDoesNotWrite) {
  expect_error(ErrorKind::model,
               {"lzma.npz", "member \"w.npy\" is packed by method 14, read are 0 (stored) and 8 (deflate)"},
               [] { read_npz(fixture("lzma.npz")); });
  expect_error(ErrorKind::model,
               {"comment.npz", "its last 22 bytes are not the end of a zip archive", "save it again with numpy.savez"},
               [] { read_npz(fixture("comment.npz")); });
  expect_error(ErrorKind::model, {"member \"readme.txt\" is no array (.npy)"},
               [] { read_npz(fixture("text_member.npz")); });
  expect_error(ErrorKind::model, {"f32.npy", "not the end of a zip archive"}, [] { read_npz(fixture("f32.npy")); });
}

TEST(Npz, RefusesEncryptedMembers) {
  Bytes file = written(two_tensors());
  put<uint16_t>(file, find(file, kCentral) + 8, (1u << 11) | 1u);
  refused(file, {"member \"w.npy\" is encrypted; save the archive without a password"});
}

TEST(Npz, RefusesHeadersThatDisagree) {
  const auto with = [](const char* signature, size_t at, auto value) {
    Bytes file = written(two_tensors());
    put(file, find(file, signature) + at, value);
    return file;
  };
  refused(with(kLocal, 30, 'v'), {"member \"w.npy\" is named \"v.npy\" in its own header"});
  refused(with(kLocal, 6, uint16_t{0}), {"its header and the directory differ in flags, method or CRC"});
  refused(with(kLocal, 8, uint16_t{8}), {"differ in flags, method or CRC"});
  refused(with(kLocal, 14, uint32_t{0}), {"differ in flags, method or CRC"});
  refused(with(kLocal, 0, uint32_t{0}), {"member \"w.npy\" has no header at byte 0"});
  refused(with(kLocal, 28, uint16_t{0xffff}), {"member \"w.npy\" reaches into the directory"});
  refused(with(kCentral, 0, uint32_t{0}), {"no directory record at byte"});
  refused(with(kCentral, 20, uint32_t{0x10000}), {"member \"w.npy\": 65536 bytes at 0 reach beyond the"});
  refused(with(kCentral, 42, uint32_t{0xfffffff0}), {"bytes at 4294967280 reach beyond"});
  refused(with(kCentral, 28, uint16_t{0xffff}), {"is longer than the directory"});
  refused(with(kCentral, 46, char(0xff)), {"the member name \"\\xff.npy\" is not UTF-8 or holds a NUL byte"});
  refused(with(kCentral, 46, '\0'), {"the member name \"\\x00.npy\" is not UTF-8 or holds a NUL byte"});
}

TEST(Npz, RefusesAWrongEndRecord) {
  const auto with = [](const char* name, const char* signature, size_t at, auto value) {
    Bytes file = read_file(fixture(name));
    put(file, find(file, signature) + at, value);
    return file;
  };
  refused(with("savez.npz", kEnd, 4, uint16_t{1}), {"split over several files or has a comment"});
  refused(with("savez.npz", kEnd, 20, uint16_t{1}), {"split over several files or has a comment"});
  refused(with("savez.npz", kEnd, 8, uint16_t{3}), {"the two counts of members differ"});
  refused(with("savez.npz", kEnd, 12, uint32_t{1}), {"the directory of 1 bytes at 795 does not end at 1014"});
  refused(with("savez.npz", kEnd, 16, uint32_t{0xffffffffu}), {"at 4294967295 does not end at"});
  refused(with("zip64.npz", kEnd64, 0, uint32_t{0}), {"the zip64 end record is not where it must be"});
  refused(with("zip64.npz", kEnd64, 4, uint64_t{45}), {"the zip64 end record is not where it must be"});
  refused(with("zip64.npz", kEnd64, 16, uint32_t{1}), {"the zip64 end record is not where it must be"});
  refused(with("zip64.npz", kEnd64Locator, 8, uint64_t{0}), {"the zip64 end record is not where it must be"});
  refused(with("zip64.npz", kEnd64, 24, uint64_t{3}), {"the two counts of members differ"});
  refused(with("zip64.npz", kEnd64, 48, UINT64_MAX), {"at 18446744073709551615 does not end at"});
  refused(with("zip64.npz", kEnd64, 40, UINT64_MAX), {"the directory of 18446744073709551615 bytes at"});
  for (const uint16_t count : {uint16_t{3}, uint16_t{5}}) {
    Bytes file = with("savez.npz", kEnd, 8, count);
    put(file, find(file, kEnd) + 10, count);
    refused(file, {count == 3 ? "bytes follow the last directory record"
                              : "5 members do not fit into a directory of 219 bytes"});
  }
}

TEST(Npz, RefusesADirectoryWhoseEndWraps) {
  Bytes file = read_file(fixture("zip64.npz"));
  const size_t end = find(file, kEnd64);
  put<uint64_t>(file, end + 48, UINT64_MAX);  // begin, so that end - begin is end + 1
  put<uint64_t>(file, end + 40, end + 1);
  refused(file, {"at 18446744073709551615 does not end at"});
}

TEST(Npz, RefusesADirectoryThatEndsInsideOfARecord) {
  Bytes file = written(two_tensors());
  const size_t begin = find(file, kCentral);
  const size_t end = find(file, kEnd);
  put<uint16_t>(file, begin + 32,
                static_cast<uint16_t>(end - 10 - (begin + 46 + 5)));  // a comment up to 10 bytes before the end
  put<uint32_t>(file, end - 10, 0x02014b50u);
  refused(file, {text("no directory record at byte ", end - 10)});
}

TEST(Npz, RefusesAMemberWhoseHeaderReachesIntoTheDirectory) {
  Bytes file = written(two_tensors());
  const size_t central = find(file, kCentral, 1);
  const auto offset = static_cast<uint32_t>(find(file, kCentral) - 4);
  put<uint32_t>(file, offset, 0x04034b50u);
  put<uint32_t>(file, central + 20, 4);  // packed and unpacked bytes: as many as there are
  put<uint32_t>(file, central + 24, 4);
  put<uint32_t>(file, central + 42, offset);
  refused(file, {text("member \"b.npy\" has no header at byte ", offset)});
}

TEST(Npz, RefusesBrokenZip64Fields) {
  const Bytes good = read_file(fixture("zip64.npz"));
  const size_t extra = find(good, kCentral) + 46 + 5;
  Bytes file = good;
  put<uint16_t>(file, extra + 2, 0xffff);
  refused(file, {"member \"w.npy\": an extra field is longer than its place"});
  file = good;
  put<uint16_t>(file, extra + 2, 4);
  refused(file, {"member \"w.npy\": the zip64 field is too short"});
  file = good;
  put<uint16_t>(file, extra, 0x7777);  // another kind of field: the sizes stay "in the zip64 field"
  refused(file, {"member \"w.npy\": 4294967295 bytes at"});
  file = good;
  put<uint64_t>(file, extra + 12, UINT64_MAX);
  refused(file, {"member \"w.npy\": 18446744073709551615 bytes at"});
}

TEST(Npz, RefusesTooManyMembersAndTooLongNames) {
  EXPECT_NO_THROW(read(written(two_tensors()), Limits{.tensors = 2}));
  refused(written(two_tensors()), {"2 members, the limit is 1"}, Limits{.tensors = 1});
  const Bytes file = written({{{std::string(5000, 'n'), HostTensor::scalar(1.0f)}}, {}});
  refused(file, {"has a name of 5004 bytes, at most 4096 are allowed"});
}

TEST(Npz, NamesTheArrayThatIsDamaged) {
  NamedTensors tensors{{{"w", HostTensor::scalar(1.0f)}}, {}};
  MemorySink sink;
  ZipWriter archive(sink);
  archive.add("w.npy", {std::as_bytes(std::span("no npy"))}, ZipPacking::stored);
  archive.finish();
  refused(sink.bytes(), {"[npy] file \"x.npz/w.npy\": begins with \"no npy\""});
}

TEST(Npz, RefusesToWriteWhatCannotBeRead) {
  const HostTensor one = HostTensor::scalar(1.0f);
  const auto writing = [](const NamedTensors& tensors) { return [tensors] { written(tensors); }; };
  expect_error(ErrorKind::model, {"[npz] the format has no place for metadata; write safetensors"},
               writing({{}, {{"a", "b"}}}));
  expect_error(ErrorKind::model, {"[npz] two arrays are named \"a\""}, writing({{{"a", one}, {"a", one}}, {}}));
  expect_error(ErrorKind::model, {"[npz] array \"a\": numpy has no bf16"},
               writing({{{"a", fixture_tensor<bf16>(Extents{2})}}, {}}));
  expect_error(ErrorKind::model, {"is too long, not UTF-8 or holds a NUL byte"}, writing({{{"\xff", one}}, {}}));
  expect_error(ErrorKind::model, {"is too long, not UTF-8 or holds a NUL byte"},
               writing({{{std::string("a\0b", 3), one}}, {}}));
  expect_error(ErrorKind::model, {"is too long, not UTF-8 or holds a NUL byte"},
               writing({{{std::string(70'000, 'n'), one}}, {}}));
}

// 4,096 spans over one MiB: the writer must refuse before it reads them.
TEST(Npz, RefusesToWriteFourGigabytes) {
  MemorySink sink;
  ZipWriter archive(sink);
  const std::vector<std::byte> block(size_t{1} << 20);
  const std::vector<std::span<const std::byte>> parts(4096, block);
  expect_error(ErrorKind::model,
               {"array \"big.npy\" would take 4294967296 bytes, npz files are written up to 4 GiB; write safetensors"},
               [&] { archive.add("big.npy", parts, ZipPacking::stored); });
  EXPECT_TRUE(sink.bytes().empty());
}

TEST(Npz, RefusesToWriteMoreMembersThanTheFormatCounts) {
  MemorySink sink;
  ZipWriter archive(sink);
  for (int i = 0; i < 65'534; ++i) archive.add(std::to_string(i), {}, ZipPacking::stored);
  expect_error(ErrorKind::model, {"more than 65534 arrays; write safetensors"},
               [&] { archive.add("one more", {}, ZipPacking::stored); });
  archive.finish();
  EXPECT_EQ(read_zip_directory(sink.bytes(), "x.npz", {}).size(), 65'534u);
}

TEST(Npz, TellsUnreadableFromDamaged) {
  ScratchFolder folder;
  expect_error(ErrorKind::io, {"no file"}, [&] { read_npz(folder / "x.npz"); });
}

}  // namespace
}  // namespace lamina
