// SPDX-License-Identifier: Apache-2.0
#include "core/io/npy.h"

#include <gtest/gtest.h>

#include "core/io/read_file.h"
#include "tests/core/io/io_testing.h"

namespace lamina {
namespace {

using testing::bit_equal;
using testing::Bytes;
using testing::expect_error;
using testing::fixture;
using testing::fixture_tensor;
using testing::ScratchFolder;
using testing::to_bytes;

// A version 1.0 file with any header and `data_bytes` zeros.
Bytes file_of(const std::string& header, size_t data_bytes) {
  std::string file = "\x93NUMPY\x01";
  file += {'\0', static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
  return to_bytes(file + header + std::string(data_bytes, '\0'));
}

HostTensor read(const Bytes& file, const Limits& limits = {}) { return read_npy(file, "x.npy", limits); }

void refused(const std::string& header, size_t data_bytes, std::initializer_list<std::string_view> parts,
             const Limits& limits = {}) {
  expect_error(ErrorKind::model, {"[npy] file \"x.npy\": "}, [&] { read(file_of(header, data_bytes), limits); });
  expect_error(ErrorKind::model, parts, [&] { read(file_of(header, data_bytes), limits); });
}

void refused_fixture(const std::string& name, std::initializer_list<std::string_view> parts) {
  expect_error(ErrorKind::model, parts, [&] { read_npy(fixture(name)); });
}

Bytes written(const HostTensor& tensor) {
  MemorySink sink;
  write_npy(sink, tensor);
  return sink.bytes();
}

std::vector<HostTensor> samples() {
  const Extents shape{2, 3};
  return {fixture_tensor<f16>(shape),
          fixture_tensor<float>(shape),
          fixture_tensor<double>(shape),
          fixture_tensor<int32_t>(shape),
          fixture_tensor<uint8_t>(shape),
          fixture_tensor<bool>(shape),
          fixture_tensor<int32_t>(Extents{4}),
          HostTensor::scalar(2.5f),
          HostTensor(DType::f32, Extents{0, 3}),
          fixture_tensor<float>(Extents{1, 2, 1, 2, 1, 2, 1, 2})};
}

TEST(Npy, ReadsWhatNumpyWrites) {
  const Extents shape{2, 3};
  EXPECT_TRUE(bit_equal(read_npy(fixture("f16.npy")), fixture_tensor<f16>(shape)));
  EXPECT_TRUE(bit_equal(read_npy(fixture("f32.npy")), fixture_tensor<float>(shape)));
  EXPECT_TRUE(bit_equal(read_npy(fixture("f64.npy")), fixture_tensor<double>(shape)));
  EXPECT_TRUE(bit_equal(read_npy(fixture("i32.npy")), fixture_tensor<int32_t>(shape)));
  EXPECT_TRUE(bit_equal(read_npy(fixture("i64.npy")), fixture_tensor<int32_t>(shape)));
  EXPECT_TRUE(bit_equal(read_npy(fixture("u8.npy")), fixture_tensor<uint8_t>(shape)));
  EXPECT_TRUE(bit_equal(read_npy(fixture("bool.npy")), fixture_tensor<bool>(shape)));
  EXPECT_TRUE(bit_equal(read_npy(fixture("scalar.npy")), HostTensor::scalar(2.5f)));
  EXPECT_TRUE(bit_equal(read_npy(fixture("vector.npy")), fixture_tensor<int32_t>(Extents{4})));
  EXPECT_TRUE(bit_equal(read_npy(fixture("empty.npy")), HostTensor(DType::f32, Extents{0, 3})));
}

TEST(Npy, ReadsAllVersionsAndThePythonTwoForm) {
  const Extents shape{2, 3};
  EXPECT_TRUE(bit_equal(read_npy(fixture("version_2.npy")), fixture_tensor<float>(shape)));
  EXPECT_TRUE(bit_equal(read_npy(fixture("version_3.npy")), fixture_tensor<float>(shape)));
  EXPECT_TRUE(bit_equal(read_npy(fixture("python_2.npy")), fixture_tensor<int32_t>(shape)));
}

TEST(Npy, ConvertsFortranOrderAndBigEndian) {
  EXPECT_TRUE(bit_equal(read_npy(fixture("fortran.npy")), fixture_tensor<float>(Extents{2, 3, 4})));
  EXPECT_TRUE(bit_equal(read_npy(fixture("big_endian.npy")), fixture_tensor<float>(Extents{2, 3})));
  EXPECT_TRUE(bit_equal(read_npy(fixture("big_endian_fortran.npy")), fixture_tensor<int32_t>(Extents{2, 3})));
  const std::string fortran = "{'descr': '<f4', 'fortran_order': True, 'shape': ";
  EXPECT_EQ(read(file_of(fortran + "()}", 4)).extents(), Extents{});
  EXPECT_EQ(read(file_of(fortran + "(3, 0, 2)}", 0)).extents(), (Extents{3, 0, 2}));
}

TEST(Npy, WritesTheBytesOfNumpy) {
  const std::vector<std::string> names = {"f16", "f32", "f64", "i32", "u8", "bool", "vector", "scalar", "empty"};
  for (size_t i = 0; i < names.size(); ++i)
    EXPECT_EQ(written(samples()[i]), read_file(fixture(names[i] + ".npy"))) << names[i];
}

TEST(Npy, RoundTripsEveryTypeAndShape) {
  ScratchFolder folder;
  for (const HostTensor& tensor : samples()) {
    write_npy(folder / "x.npy", tensor);
    EXPECT_TRUE(bit_equal(read_npy(folder / "x.npy"), tensor)) << tensor.dtype() << tensor.extents();
    EXPECT_EQ((written(tensor).size() - tensor.bytes()) % 64, 0u);
  }
  EXPECT_EQ(folder.names().size(), 1u);
}

TEST(Npy, RoundTripsTheLongestShape) {
  const HostTensor tensor(DType::f32,
                          Extents{0, 2147483647, 2147483647, 1, 2147483647, 2147483647, 2147483647, 2147483647});
  EXPECT_TRUE(bit_equal(read(written(tensor)), tensor));
}

TEST(Npy, ReadsAnyValidSpellingOfTheHeader) {
  for (const char* header : {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n",
                             "{\"shape\":(2,3,),\"descr\":\"<f4\",\"fortran_order\":False}",
                             " { 'fortran_order' : False ,\t'shape' : ( 2 , 3 ) , 'descr' : '<f4' } \r\n"}) {
    EXPECT_EQ(read(file_of(header, 24)).extents(), (Extents{2, 3})) << header;
  }
}

TEST(Npy, RefusesWhatNumpyWouldUnpickle) {
  refused_fixture("object.npy", {"object.npy\": descr is \"|O\": Python objects are pickled code and are never read"});
}

TEST(Npy, RefusesOtherTypesWithTheRemedy) {
  refused_fixture("structured.npy", {"descr is a list (a structured array); save each field as an array of its own"});
  refused_fixture("i16.npy", {"descr is \"<i2\", lamina reads f2 f4 f8 i4 i8", "convert the array with astype()"});
  refused_fixture("complex.npy", {"descr is \"<c8\""});
  for (const char* descr : {"", "f4", "=f4", "|f4", ">u1", ">b1", "<f", "<f44", "<U4", "|S1", "<M8[ns]", "<"}) {
    refused(text("{'descr': '", descr, "', 'fortran_order': False, 'shape': (1,)}"), 4,
            {"descr is \"", "lamina reads"});
  }
  refused("{'descr': '<V2', 'fortran_order': False, 'shape': (1,)}", 2,
          {"descr is \"<V2\"", "may be bfloat16: save it as float32"});
}

TEST(Npy, RangeChecksI64) {
  refused_fixture("i64_too_large.npy", {"i64_too_large.npy\": element 1 is 2147483648, outside of the range of i32"});
}

TEST(Npy, RefusesABoolThatIsNeitherZeroNorOne) {
  Bytes file = read_file(fixture("bool.npy"));
  file.back() = std::byte{255};
  expect_error(ErrorKind::model, {"element 5 is the byte 255, a bool is 0 or 1"}, [&] { read(file); });
}

TEST(Npy, RefusesATruncatedFile) {
  const auto reader = [](std::span<const std::byte> file) { read_npy(file, "x.npy"); };
  for (const char* name : {"f32.npy", "version_2.npy", "fortran.npy", "big_endian.npy", "bool.npy"}) {
    testing::expect_every_cut_is_refused(read_file(fixture(name)), reader);
  }
  expect_error(ErrorKind::model, {"begins with \"\", an npy file begins with"}, [] { read({}); });
  expect_error(ErrorKind::model, {"ends before its version"}, [] { read(to_bytes("\x93NUMPY\x01")); });
  expect_error(ErrorKind::model, {"ends before the length of its header"},
               [] { read(to_bytes(std::string_view("\x93NUMPY\x01\0v", 9))); });
}

TEST(Npy, RefusesAWrongBeginning) {
  expect_error(ErrorKind::model, {"begins with \"PK\\x03\\x04-\\x00\", an npy file begins with \"\\x93NUMPY\""},
               [] { read_npy(fixture("savez.npz")); });
  Bytes file = read_file(fixture("f32.npy"));
  for (const auto& [major, minor] : {std::pair(0, 0), {4, 0}, {1, 1}, {255, 255}}) {
    file[6] = static_cast<std::byte>(major);
    file[7] = static_cast<std::byte>(minor);
    expect_error(ErrorKind::model, {text("version is ", major, ".", minor, ", known are 1.0, 2.0, 3.0")},
                 [&] { read(file); });
  }
}

TEST(Npy, RefusesAHeaderOfFourGigabytes) {
  Bytes file = read_file(fixture("version_2.npy"));
  std::fill(file.begin() + 8, file.begin() + 12, std::byte{0xff});
  expect_error(ErrorKind::model, {"header length is 4294967295, but only 140 bytes follow; the file is truncated"},
               [&] { read(file); });
  refused("{'descr': '<f4', 'fortran_order': False, 'shape': ()}", 4, {"header length is 53, the limit is 52"},
          Limits{.header_bytes = 52});
}

TEST(Npy, RefusesAHeaderThatIsNotTheDict) {
  const std::string rest = "'fortran_order': False, 'shape': ()}";
  refused("", 0, {"header at character 0: wanted is '{', found is its end"});
  refused("[]", 0, {"header at character 0: wanted is '{', found is \"[]\""});
  refused("{}", 0, {"header key \"descr\" is missing"});
  refused("{'descr': '<f4', 'shape': ()}", 4, {"header key \"fortran_order\" is missing"});
  refused("{'descr': '<f4', 'fortran_order': False}", 4, {"header key \"shape\" is missing"});
  refused("{'descr': '<f4', 'extra': 1, " + rest, 4,
          {"unknown header key \"extra\"; known are descr, fortran_order, shape"});
  refused("{'descr': '<f4', 'descr': '<f4', " + rest, 4, {"header key \"descr\" stands twice"});
  refused("{'descr': '<f4', " + rest + " x", 4, {"wanted is the end of the header, found is \"x\""});
  refused("{'descr': '<f4', " + rest + std::string("\0", 1), 4,
          {"wanted is the end of the header, found is \"\\x00\""});
  refused("{'descr' '<f4', " + rest, 4, {"header at character 9: wanted is ':'"});
  refused("{'descr': '<f4' " + rest, 4, {"wanted is '}'"});
  refused("{descr: '<f4', " + rest, 4,
          {"header at character 1: wanted is a string, found is \"descr: '<f4', 'fortr\""});
  refused("{'descr", 4, {"wanted is a string that ends"});
  refused("{'descr': '<f\\x34', " + rest, 4, {"wanted is a string without escapes"});
  refused("{'descr': __import__('os'), " + rest, 4, {"wanted is a string, found is \"__import__('os'), 'f\""});
  refused("{'descr': '<f4', 'fortran_order': 0, 'shape': ()}", 4,
          {"wanted is True or False, found is \"0, 'shape': ()}\""});
  refused("{'descr': '<f4', 'fortran_order': False, 'shape': [1]}", 4, {"wanted is '('"});
  refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1)}", 4, {"(a number in parentheses is no shape)"});
  refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1 2)}", 4, {"a number in parentheses"});
  refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2 3)}", 4, {"wanted is ')'"});
  refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1.5,)}", 4, {"a number in parentheses"});
  refused("{'descr': '<f4', 'fortran_order': False, 'shape': (x,)}", 4, {"wanted is an integer below 2^63"});
  refused("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808,)}", 4,
          {"wanted is an integer below 2^63"});
}

TEST(Npy, RefusesSizesThatDoNotMatch) {
  const auto with = [](const std::string& shape) {
    return "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + "}";
  };
  refused(with("(2, 3)"), 20,
          {"shape (2, 3) of 4-byte elements takes 24 bytes, the file has 20 after the header; it is truncated"});
  refused(with("(2, 3)"), 25, {"the file has 25 after the header; it is truncated or holds more than one array"});
  refused(with("(-1,)"), 4, {"shape (-1,) has the dimension -1, allowed are 0 to 2147483647"});
  refused(with("(2147483648,)"), 4, {"has the dimension 2147483648"});
  refused(with("(4194305, 4194305, 211106198978564)"), 16, {"has the dimension 211106198978564"});
  refused(with("(2147418113, 1718039348, 5)"), 16, {"takes more than 2^63 bytes"});
  refused(with("(1,1,1,1,1,1,1,1,1)"), 4, {"shape has more than 8 axes"});
  refused(with("(1,1,1,1,1,1,1,1,1)"), 4, {"shape has 9 axes, at most 8 are allowed"}, Limits{.rank = 9});
}

TEST(Npy, RefusesToWriteBf16) {
  expect_error(ErrorKind::model, {"[npy]: numpy has no bf16; cast the tensor to f32 or write safetensors"},
               [] { written(fixture_tensor<bf16>(Extents{2})); });
}

TEST(Npy, TellsUnreadableFromDamaged) {
  ScratchFolder folder;
  expect_error(ErrorKind::io, {"no file"}, [&] { read_npy(folder / "x.npy"); });
  expect_error(ErrorKind::model, {"begins with"}, [] { read_npy(fixture("weights.safetensors")); });
}

TEST(Npy, SurvivesEveryFlippedBitAndRandomChanges) {
  const auto reader = [](std::span<const std::byte> bytes) { read_npy(bytes, "x.npy"); };
  for (const char* name : {"f32.npy", "version_3.npy", "big_endian_fortran.npy"}) {
    const Bytes file = read_file(fixture(name));
    testing::flip_every_bit(file, 128, reader);
    testing::change_at_random(file, 128, 10'000, reader);
  }
}

}  // namespace
}  // namespace lamina
