// SPDX-License-Identifier: Apache-2.0
#include "core/io/safetensors.h"

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

// Length, header, data: a file with any header, right or wrong.
Bytes file_of(const std::string& header, size_t data_bytes, uint64_t length) {
  Bytes file = to_bytes(std::string(8, '\0') + header);
  std::memcpy(file.data(), &length, 8);
  file.resize(file.size() + data_bytes);
  return file;
}
Bytes file_of(const std::string& header, size_t data_bytes) { return file_of(header, data_bytes, header.size()); }

NamedTensors read(const Bytes& file, const Limits& limits = {}) {
  return read_safetensors(file, "w.safetensors", limits);
}

void refused(const std::string& header, size_t data_bytes, std::initializer_list<std::string_view> parts,
             const Limits& limits = {}) {
  expect_error(ErrorKind::model, {"[safetensors] file \"w.safetensors\""},
               [&] { read(file_of(header, data_bytes), limits); });
  expect_error(ErrorKind::model, parts, [&] { read(file_of(header, data_bytes), limits); });
}

// {"a": {...}} with one field's text replaced.
std::string header_with(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return "{\"a\":{\"dtype\":" + dtype + ",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}}";
}

Bytes written(const NamedTensors& tensors, const Limits& limits = {}) {
  MemorySink sink;
  write_safetensors(sink, tensors, limits);
  return sink.bytes();
}

NamedTensors all_types() {
  const Extents shape{2, 3};
  return {{{"u8", fixture_tensor<uint8_t>(shape)},
           {"f32", fixture_tensor<float>(shape)},
           {"bool", fixture_tensor<bool>(shape)},
           {"f64", fixture_tensor<double>(shape)},
           {"bf16", fixture_tensor<bf16>(shape)},
           {"i32", fixture_tensor<int32_t>(shape)},
           {"f16", fixture_tensor<f16>(shape)},
           {"scalar", HostTensor::scalar(2.5f)},
           {"empty", HostTensor(DType::f32, Extents{0, 3})},
           {"rank 8", fixture_tensor<float>(Extents{1, 2, 1, 2, 1, 2, 1, 2})}},
          {{"made by", "lamina"},
           {"gr\xc3\xb6\xc3\x9f"
            "e",
            "\"quotes\" and \\"}}};
}

TEST(Safetensors, ReadsEveryTypeThatTheReferenceLibraryWrites) {
  const NamedTensors tensors = read_safetensors(fixture("all.safetensors"));
  const Extents shape{2, 3};
  EXPECT_EQ(tensors.names(),
            (std::vector<std::string>{"i64", "f64", "empty", "f32", "scalar", "i32", "bf16", "f16", "u8", "bool"}));
  EXPECT_TRUE(bit_equal(tensors.at("f64"), fixture_tensor<double>(shape)));
  EXPECT_TRUE(bit_equal(tensors.at("f32"), fixture_tensor<float>(shape)));
  EXPECT_TRUE(bit_equal(tensors.at("bf16"), fixture_tensor<bf16>(shape)));
  EXPECT_TRUE(bit_equal(tensors.at("f16"), fixture_tensor<f16>(shape)));
  EXPECT_TRUE(bit_equal(tensors.at("i32"), fixture_tensor<int32_t>(shape)));
  EXPECT_TRUE(bit_equal(tensors.at("i64"), fixture_tensor<int32_t>(shape)));
  EXPECT_TRUE(bit_equal(tensors.at("u8"), fixture_tensor<uint8_t>(shape)));
  EXPECT_TRUE(bit_equal(tensors.at("bool"), fixture_tensor<bool>(shape)));
  EXPECT_TRUE(bit_equal(tensors.at("scalar"), HostTensor::scalar(2.5f)));
  EXPECT_TRUE(bit_equal(tensors.at("empty"), HostTensor(DType::f32, Extents{0, 3})));
  EXPECT_EQ(tensors.metadata, (std::map<std::string, std::string>{{"made by", "safetensors"}}));
}

TEST(Safetensors, WritesTheBytesOfTheReferenceLibrary) {
  const NamedTensors tensors{
      {{"conv/bias", fixture_tensor<float>(Extents{3})}, {"conv/kernel", fixture_tensor<float>(Extents{2, 3})}},
      {{"epoch", "3"}}};
  EXPECT_EQ(written(tensors), read_file(fixture("weights.safetensors")));
}

TEST(Safetensors, RoundTripsEveryTypeShapeAndTheOrder) {
  ScratchFolder folder;
  write_safetensors(folder / "w.safetensors", all_types());
  EXPECT_TRUE(bit_equal(read_safetensors(folder / "w.safetensors"), all_types()));
  EXPECT_EQ(folder.names().size(), 1u);
}

TEST(Safetensors, RoundTripsNoTensorsAtAll) { EXPECT_TRUE(bit_equal(read(written({})), {})); }

TEST(Safetensors, RoundTripsNamesThatNeedEscapes) {
  const NamedTensors tensors{{{"a\"b\\c\n\x01", HostTensor::scalar(1.0f)},
                              {"\xe2\x82\xac", HostTensor::scalar(2.0f)},
                              {"", HostTensor::scalar(3.0f)}},
                             {}};
  EXPECT_TRUE(bit_equal(read(written(tensors)), tensors));
}

TEST(Safetensors, KeepsEveryBitOfNaNsAndInfinities) {
  HostTensor odd(DType::i32, Extents{4});
  const uint32_t bits[] = {0x7fc00001u, 0xff800000u, 0x80000000u, 0x7f800001u};
  std::memcpy(odd.data(), bits, sizeof(bits));
  HostTensor floats(DType::f32, Extents{4});
  std::memcpy(floats.data(), bits, sizeof(bits));
  const NamedTensors tensors{{{"x", floats}}, {}};
  EXPECT_TRUE(bit_equal(read(written(tensors)), tensors));
}

TEST(Safetensors, AlignsEveryElementForReadersThatMapTheFile) {
  const Bytes file = written(all_types());
  uint64_t length = 0;
  std::memcpy(&length, file.data(), 8);
  EXPECT_EQ((8 + length) % 8, 0u);
  const std::string header = testing::to_text(std::span(file).subspan(8, length));
  EXPECT_NE(header.find("\"f64\":{\"dtype\":\"F64\",\"shape\":[2,3],\"data_offsets\":[0,48]}"), std::string::npos)
      << header;
  EXPECT_NE(header.find("\"f32\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[48,72]}"), std::string::npos)
      << header;
}

TEST(Safetensors, AcceptsBlanksAroundTheHeader) {
  EXPECT_EQ(read(file_of("{ \"a\" : {\"shape\":[],\n\"data_offsets\":[0,4],\"dtype\":\"F32\"} }   \n", 4)).names(),
            std::vector<std::string>{"a"});
}

TEST(Safetensors, ReadsTensorsWhoseDataStandsInAnotherOrder) {
  Bytes file = file_of(
      R"({"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
      3);
  for (int i = 0; i < 3; ++i) file[file.size() - 3 + static_cast<size_t>(i)] = static_cast<std::byte>(7 + i);
  const NamedTensors tensors = read(file);
  EXPECT_EQ(tensors.names(), (std::vector<std::string>{"b", "a"}));
  EXPECT_TRUE(bit_equal(tensors.at("a"), HostTensor::of<uint8_t>(Extents{1}, {7})));
  EXPECT_TRUE(bit_equal(tensors.at("b"), HostTensor::of<uint8_t>(Extents{2}, {8, 9})));
}

TEST(Safetensors, RangeChecksI64) {
  const auto with = [](int64_t value) {
    Bytes file = file_of(header_with("\"I64\"", "[2]", "[0,16]"), 16);
    std::memcpy(file.data() + file.size() - 8, &value, 8);
    return file;
  };
  EXPECT_EQ(read(with(INT32_MIN)).at("a").as<int32_t>()[1], INT32_MIN);
  EXPECT_EQ(read(with(INT32_MAX)).at("a").as<int32_t>()[1], INT32_MAX);
  expect_error(ErrorKind::model,
               {"tensor \"a\": element 1 is 2147483648, outside of the range of i32 (-2147483648 to 2147483647)",
                "store the array as a float type"},
               [&] { read(with(int64_t{INT32_MAX} + 1)); });
  expect_error(ErrorKind::model, {"element 1 is -2147483649"}, [&] { read(with(int64_t{INT32_MIN} - 1)); });
}

TEST(Safetensors, RefusesABoolThatIsNeitherZeroNorOne) {
  Bytes file = file_of(header_with("\"BOOL\"", "[3]", "[0,3]"), 3);
  file.back() = std::byte{2};
  expect_error(ErrorKind::model, {"tensor \"a\": element 2 is the byte 2, a bool is 0 or 1"}, [&] { read(file); });
}

TEST(Safetensors, RefusesATruncatedFile) {
  const auto kind = [](std::span<const std::byte> file) { read_safetensors(file, "w.safetensors"); };
  testing::expect_every_cut_is_refused(written(all_types()), kind);
  testing::expect_every_cut_is_refused(read_file(fixture("weights.safetensors")), kind);
  expect_error(ErrorKind::model, {"the file has 0 bytes, the length of the header alone takes 8"}, [] { read({}); });
}

TEST(Safetensors, RefusesAWrongHeaderLength) {
  const std::string header = header_with("\"F32\"", "[]", "[0,4]");
  const auto with = [&](uint64_t length) { return [&, length] { read(file_of(header, 4, length)); }; };
  expect_error(ErrorKind::model, {"header length is 0; this is no safetensors file"}, with(0));
  expect_error(ErrorKind::model,
               {"header length is 9223372036854775808, but only 57 bytes follow; the file is truncated"},
               with(uint64_t{1} << 63));
  expect_error(ErrorKind::model, {"header length is 18446744073709551615, but only"}, with(UINT64_MAX));
  expect_error(ErrorKind::model, {"header length is 18446744073709551608, but only"}, with(UINT64_MAX - 7));
  expect_error(ErrorKind::model, {"header length is 58, but only 57 bytes follow"}, with(58));
  expect_error(ErrorKind::model, {"header: not valid JSON"}, with(header.size() - 1));
  refused(header, 4, {"header length is 53, the limit is 52"}, Limits{.header_bytes = 52});
}

TEST(Safetensors, RefusesAHeaderThatIsNoObject) {
  refused("[1]", 0, {"the header begins with \"[\", wanted is \"{\""});
  refused(" {}", 0, {"the header begins with \" \""});
  refused("\xef\xbb\xbf{}", 0, {"the header begins with \"\\xef\""});
  refused("{} {}", 0, {"header: not valid JSON at byte 4"});
  refused(std::string("{}\0\0", 4), 0, {"header: not valid JSON at byte 2: a NUL byte"});
  refused("{\"a", 0, {"header: not valid JSON"});
  refused("{\"a\xff\":{}}", 0, {"header: not valid JSON", "ill-formed UTF-8"});
}

TEST(Safetensors, RefusesDeepNesting) {
  const std::string deep = std::string(10'000, '[') + std::string(10'000, ']');
  std::string objects;
  for (int i = 0; i < 10'000; ++i) objects += "{\"a\":";
  objects += "1" + std::string(10'000, '}');
  refused("{\"a\":" + deep + "}", 0, {"tensor \"a\" is a list, wanted is an object of dtype, shape and data_offsets"});
  refused(header_with("\"F32\"", deep, "[0,4]"), 4, {"tensor \"a\": shape holds a list, wanted is a list of integers"});
  refused(objects, 0, {"tensor \"a\": unknown field \"a\"; known are dtype, shape, data_offsets"});
  refused("{\"__metadata__\":{\"x\":" + deep + "}}", 0, {"__metadata__ entry \"x\" is a list, wanted is a string"});
}

TEST(Safetensors, RefusesNamesAndFieldsThatStandTwice) {
  const std::string entry = R"({"dtype":"F32","shape":[],"data_offsets":[0,4]})";
  refused("{\"a\":" + entry + ",\"a\":" + entry + "}", 4, {"header: the key \"a\" stands twice"});
  refused("{\"a\":" + entry + ",\"\\u0061\":" + entry + "}", 4, {"header: the key \"a\" stands twice"});
  refused(R"({"a":{"dtype":"F32","dtype":"F32","shape":[],"data_offsets":[0,4]}})", 4,
          {"the key \"dtype\" stands twice"});
  refused(R"({"__metadata__":{"k":"1","k":"2"}})", 0, {"the key \"k\" stands twice"});
}

TEST(Safetensors, RefusesUnknownAndMissingFields) {
  refused(R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"strides":[1]}})", 4,
          {"tensor \"a\": unknown field \"strides\"; known are dtype, shape, data_offsets"});
  refused(R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"note":"x"}})", 4,
          {"tensor \"a\": unknown field \"note\""});
  refused(R"({"a":{"shape":[],"data_offsets":[0,4]}})", 4, {"tensor \"a\": dtype is missing"});
  refused(R"({"a":{"dtype":"F32","data_offsets":[0,4]}})", 4, {"tensor \"a\": shape is missing"});
  refused(R"({"a":{"dtype":"F32","shape":[]}})", 4, {"tensor \"a\": data_offsets is missing"});
  refused(R"({"a":{}})", 0, {"tensor \"a\": dtype is missing"});
}

TEST(Safetensors, RefusesFieldsOfTheWrongKind) {
  refused(R"({"a":1})", 0, {"tensor \"a\" is 1, wanted is an object of dtype, shape and data_offsets"});
  refused(header_with("[]", "[]", "[0,4]"), 4, {"tensor \"a\": dtype is a list, wanted is a string"});
  refused(header_with("7", "[]", "[0,4]"), 4, {"tensor \"a\": dtype is 7, wanted is a string"});
  refused(header_with("\"F32\"", "{}", "[0,4]"), 4, {"tensor \"a\": shape is an object, wanted is a list of integers"});
  refused(header_with("\"F32\"", "\"2\"", "[0,4]"), 4, {"tensor \"a\": shape is \"2\", wanted is a list of integers"});
  for (const char* number :
       {"-1", "1.0", "1e2", "18446744073709551616", "9223372036854775808", "\"1\"", "null", "true", "-0"}) {
    refused(header_with("\"F32\"", "[" + std::string(number) + "]", "[0,4]"), 4,
            {"tensor \"a\": shape holds ", "wanted is an integer from 0 to 2^63 - 1"});
    refused(header_with("\"F32\"", "[]", "[0," + std::string(number) + "]"), 4, {"tensor \"a\": data_offsets holds "});
  }
  refused(header_with("\"F32\"", "[]", "[4]"), 4, {"tensor \"a\": data_offsets has 1 numbers, wanted are 2"});
  refused(header_with("\"F32\"", "[]", "[0,4,4]"), 4, {"tensor \"a\": data_offsets has more than 2 numbers"});
  refused(R"({"__metadata__":{"epoch":3}})", 0, {"__metadata__ entry \"epoch\" is 3, wanted is a string"});
  refused(R"({"__metadata__":"x"})", 0, {"__metadata__ is \"x\", wanted is an object"});
  refused(R"({"__metadata__":[]})", 0, {"__metadata__ is a list, wanted is an object"});
}

TEST(Safetensors, RefusesOtherTypesWithTheListOfKnownOnes) {
  refused(
      header_with("\"F8_E4M3\"", "[]", "[0,1]"), 1,
      {"tensor \"a\": dtype is \"F8_E4M3\", lamina reads F32, BF16, F16, F64, I32, U8, BOOL, I64; convert the tensor"});
  refused(header_with("\"f32\"", "[]", "[0,4]"), 4, {"dtype is \"f32\""});
  expect_error(ErrorKind::model, {"i16.safetensors", "tensor \"x\": dtype is \"I16\""},
               [] { read_safetensors(fixture("i16.safetensors")); });
}

TEST(Safetensors, RefusesSizesThatDoNotMatch) {
  refused(header_with("\"F32\"", "[2,3]", "[0,20]"), 20,
          {"tensor \"a\": data_offsets [0, 20] hold 20 bytes, shape (2, 3) of 4-byte elements takes 24"});
  refused(header_with("\"F16\"", "[2,3]", "[0,24]"), 24, {"shape (2, 3) of 2-byte elements takes 12"});
  refused(header_with("\"F32\"", "[0,3]", "[0,4]"), 4, {"data_offsets [0, 4] hold 4 bytes, shape (0, 3)", "takes 0"});
  refused(header_with("\"I64\"", "[2]", "[0,8]"), 8, {"shape (2,) of 8-byte elements takes 16"});
}

TEST(Safetensors, RefusesProductsThatWrap) {
  refused(header_with("\"U8\"", "[4194305,4194305,211106198978564]", "[0,4]"), 4,
          {"tensor \"a\": shape (4194305, 4194305, 211106198978564) has the dimension 211106198978564, allowed are 0 "
           "to 2147483647"});
  // Each dimension is allowed, and the product is 2^64 + 4.
  refused(header_with("\"U8\"", "[2147418113,1718039348,5]", "[0,4]"), 4,
          {"tensor \"a\": shape (2147418113, 1718039348, 5) of 1-byte elements takes more than 2^63 bytes"});
  refused(header_with("\"U8\"", "[65536,65536,65536,65536]", "[0,0]"), 0, {"takes more than 2^63 bytes"});
  // The number of elements fits 63 bits, the number of bytes does not.
  refused(header_with("\"F64\"", "[2147483647,2147483647,2]", "[0,0]"), 0,
          {"of 8-byte elements takes more than 2^63 bytes"});
}

TEST(Safetensors, RefusesTooManyAxes) {
  EXPECT_EQ(read(file_of(header_with("\"U8\"", "[1,1,1,1,1,1,1,1]", "[0,1]"), 1)).at("a").extents().rank(), 8);
  refused(header_with("\"U8\"", "[1,1,1,1,1,1,1,1,1]", "[0,1]"), 1, {"tensor \"a\": shape has more than 8 numbers"});
  refused(header_with("\"U8\"", "[1,1,1]", "[0,1]"), 1, {"tensor \"a\": shape has more than 2 numbers"},
          Limits{.rank = 2});
  refused(header_with("\"U8\"", "[1,1,1,1,1,1,1,1,1]", "[0,1]"), 1, {"shape has 9 axes, at most 8 are allowed"},
          Limits{.rank = 20});
}

TEST(Safetensors, RefusesPlacesThatDoNotCoverTheData) {
  const auto two = [](const std::string& a, const std::string& b) {
    return R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + a +
           R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + b + "}}";
  };
  EXPECT_NO_THROW(read(file_of(two("[4,8]", "[0,4]"), 8)));
  refused(two("[0,4]", "[2,6]"), 6, {"tensor \"b\": data_offsets [2, 6] overlap: tensor \"a\" ends at 4"});
  refused(two("[0,4]", "[0,4]"), 4, {"overlap: tensor \"a\" ends at 4"});
  refused(two("[0,4]", "[5,9]"), 9, {"tensor \"b\": data_offsets [5, 9] leave a gap: tensor \"a\" ends at 4"});
  refused(two("[1,5]", "[5,9]"), 9, {"tensor \"a\": data_offsets [1, 5] leave a gap: the data begins at 0"});
  refused(two("[4,0]", "[4,8]"), 8, {"tensor \"a\": data_offsets [4, 0] are reversed"});
  refused(two("[0,4]", "[4,8]"), 7,
          {"tensor \"b\": data_offsets [4, 8] end beyond the 7 bytes of data in the file; it is truncated"});
  refused(two("[0,4]", "[4,8]"), 9, {"1 bytes after the last tensor belong to none"});
  refused("{}", 3, {"3 bytes after the last tensor belong to none"});
  refused(header_with("\"U8\"", "[4]", "[9223372036854775803,9223372036854775807]"), 4, {"end beyond the 4 bytes"});
}

TEST(Safetensors, RefusesAnEmptyTensorInsideAnother) {
  refused(
      R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"e":{"dtype":"U8","shape":[0],"data_offsets":[2,2]}})", 4,
      {"tensor \"e\": data_offsets [2, 2] overlap"});
}

TEST(Safetensors, RefusesTooManyTensorsAndTooLongNames) {
  const std::string entry = R"({"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  const std::string header = "{\"a\":" + entry + ",\"b\":" + entry + ",\"__metadata__\":{}}";
  EXPECT_NO_THROW(read(file_of(header, 0), Limits{.tensors = 2}));
  refused(header, 0, {"more than 1 tensors"}, Limits{.tensors = 1});
  refused("{\"" + std::string(4097, 'n') + "\":" + entry + "}", 0,
          {"has a name of 4097 bytes, at most 4096 are allowed"});
}

TEST(Safetensors, ReadsManyTensorsInLinearTime) {
  NamedTensors tensors;
  for (int i = 0; i < 20'000; ++i) tensors.tensors.push_back({std::to_string(i), HostTensor(DType::u8, Extents{})});
  EXPECT_EQ(read(written(tensors)).tensors.size(), 20'000u);  // quadratic work would take long
}

TEST(Safetensors, ShowsHostileNamesEscaped) {
  refused(R"({"\u001b[31m\n":{"dtype":"F32","shape":[],"data_offsets":[4,0]}})", 4,
          {"tensor \"\\x1b[31m\\x0a\": data_offsets"});
}

TEST(Safetensors, RefusesToWriteWhatCannotBeRead) {
  const HostTensor one = HostTensor::scalar(1.0f);
  const auto writing = [](const NamedTensors& tensors, const Limits& limits = {}) {
    return [=] { written(tensors, limits); };
  };
  expect_error(ErrorKind::model, {"[safetensors] two tensors are named \"a\""},
               writing({{{"a", one}, {"a", one}}, {}}));
  expect_error(ErrorKind::model, {"no tensor can be named __metadata__"}, writing({{{"__metadata__", one}}, {}}));
  expect_error(ErrorKind::model, {"the tensor name \"\\xff\" is not UTF-8; choose another"},
               writing({{{"\xff", one}}, {}}));
  expect_error(ErrorKind::model, {"the metadata key \"\\xff\" is not UTF-8"}, writing({{}, {{"\xff", "x"}}}));
  expect_error(ErrorKind::model, {"the metadata value \"\\xff\" is not UTF-8"}, writing({{}, {{"x", "\xff"}}}));
  expect_error(ErrorKind::model, {"has a name of 4097 bytes, readers take 4096"},
               writing({{{std::string(4097, 'n'), one}}, {}}));
  expect_error(ErrorKind::model, {"the header takes 56 bytes, readers take 48; shorten names and metadata"},
               writing({{{"a", one}}, {}}, Limits{.header_bytes = 48}));
  expect_error(ErrorKind::model, {"2 tensors, readers take 1"},
               writing({{{"a", one}, {"b", one}}, {}}, Limits{.tensors = 1}));
}

TEST(Safetensors, TellsUnreadableFromDamaged) {
  ScratchFolder folder;
  expect_error(ErrorKind::io, {"no file"}, [&] { read_safetensors(folder / "w.safetensors"); });
  expect_error(ErrorKind::io, {"is a folder"}, [&] { read_safetensors(folder.path()); });
  expect_error(ErrorKind::model, {"f32.npy", "header length"}, [] { read_safetensors(fixture("f32.npy")); });
}

TEST(Safetensors, SurvivesEveryFlippedBitAndRandomChanges) {
  const Bytes file = read_file(fixture("all.safetensors"));
  uint64_t length = 0;
  std::memcpy(&length, file.data(), 8);
  const auto reader = [](std::span<const std::byte> bytes) { read_safetensors(bytes, "w.safetensors"); };
  // Accepted are changes inside of names, and of dtypes with the same size.
  EXPECT_LT(testing::flip_every_bit(file, 8 + length, reader), 600);
  testing::change_at_random(file, 8 + length, 10'000, reader);
}

}  // namespace
}  // namespace lamina
