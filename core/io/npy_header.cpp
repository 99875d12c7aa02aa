// SPDX-License-Identifier: Apache-2.0
#include "core/io/npy_header.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "core/io/untrusted_text.h"

namespace lamina {
namespace {

constexpr std::string_view kMagic("\x93NUMPY", 6);
constexpr size_t kAlignment = 64;  // of the elements, as numpy does it

struct NamedType {
  std::string_view code;  // without the byte order
  FileType type;
};
constexpr std::array<NamedType, 7> kTypes = {{{"f4", {DType::f32}},
                                              {"f2", {DType::f16}},
                                              {"f8", {DType::f64}},
                                              {"i4", {DType::i32}},
                                              {"i8", {DType::i32, true}},
                                              {"u1", {DType::u8}},
                                              {"b1", {DType::boolean}}}};

// A parser of the few Python literals that the header may hold; anything else is refused where it stands.
class DictParser {
 public:
  DictParser(std::string_view source, const std::string& where, const Limits& limits)
      : source_(source), where_(where), limits_(limits) {}

  NpyHeader parse() {
    NpyHeader header;
    expect('{');
    while (!accept('}')) {
      const std::string key = string();
      LAMINA_CHECK(std::find(seen_.begin(), seen_.end(), key) == seen_.end(), where_, ": header key ", in_quotes(key),
                   " stands twice");
      seen_.push_back(key);
      expect(':');
      value_of(key, header);
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_blanks();
    if (at_ < source_.size()) refuse("the end of the header");
    for (const std::string key : {"descr", "fortran_order", "shape"}) {
      LAMINA_CHECK(std::find(seen_.begin(), seen_.end(), key) != seen_.end(), where_, ": header key ", in_quotes(key),
                   " is missing");
    }
    return header;
  }

 private:
  void value_of(const std::string& key, NpyHeader& header) {
    if (key == "descr") {
      describe_type(header);
    } else if (key == "fortran_order") {
      header.fortran_order = boolean();
    } else if (key == "shape") {
      header.shape = tuple();
    } else {
      throw Error(ErrorKind::model,
                  text(where_, ": unknown header key ", in_quotes(key), "; known are descr, fortran_order, shape"));
    }
  }

  void describe_type(NpyHeader& header) {
    LAMINA_CHECK(!accept('['), where_,
                 ": descr is a list (a structured array); save each field as an array of its own");
    const std::string descr = string();
    const char order = descr.empty() ? ' ' : descr[0];
    const std::string code = descr.empty() ? "" : descr.substr(1);
    LAMINA_CHECK(code.empty() || code[0] != 'O', where_, ": descr is ", in_quotes(descr),
                 ": Python objects are pickled code and are never read; save with allow_pickle=False");
    const auto* known =
        std::find_if(kTypes.begin(), kTypes.end(), [&](const NamedType& type) { return type.code == code; });
    const bool single_byte = known != kTypes.end() && known->type.bytes() == 1;
    LAMINA_CHECK(
        known != kTypes.end() && (order == '<' || (order == '>' && !single_byte) || (order == '|' && single_byte)),
        where_, ": descr is ", in_quotes(descr), ", lamina reads f2 f4 f8 i4 i8 of both byte orders and |u1 |b1",
        code == "V2" ? " (two raw bytes may be bfloat16: save it as float32)"
                     : "; convert the array with astype() before saving it");
    header.type = known->type;
    header.big_endian = order == '>';
  }

  std::string string() {
    skip_blanks();
    const char quote = at_ < source_.size() ? source_[at_] : '\0';
    if (quote != '\'' && quote != '"') refuse("a string");
    const size_t end = source_.find(quote, at_ + 1);
    if (end == std::string_view::npos) refuse("a string that ends");
    const std::string_view inside = source_.substr(at_ + 1, end - at_ - 1);
    if (inside.find('\\') != std::string_view::npos) refuse("a string without escapes");
    at_ = end + 1;
    return std::string(inside);
  }

  bool boolean() {
    skip_blanks();
    for (const bool value : {false, true}) {
      const std::string_view word = value ? "True" : "False";
      if (source_.substr(at_, word.size()) != word) continue;
      at_ += word.size();
      return value;
    }
    refuse("True or False");
  }

  // "()", "(2,)", "(2, 3)", and as Python 2 wrote it "(2L, 3L)".
  std::vector<int64_t> tuple() {
    std::vector<int64_t> numbers;
    expect('(');
    while (!accept(')')) {
      LAMINA_CHECK(static_cast<int>(numbers.size()) < limits_.rank, where_, ": shape has more than ", limits_.rank,
                   " axes");
      numbers.push_back(number());
      accept('L');
      if (accept(',')) continue;
      if (numbers.size() == 1) refuse("',' (a number in parentheses is no shape)");
      expect(')');
      break;
    }
    return numbers;
  }

  int64_t number() {
    skip_blanks();
    int64_t value = 0;
    const char* begin = source_.data() + at_;
    const auto [end, error] = std::from_chars(begin, source_.data() + source_.size(), value);
    if (error != std::errc()) refuse("an integer below 2^63");
    at_ += static_cast<size_t>(end - begin);
    return value;
  }

  void skip_blanks() {
    while (at_ < source_.size() && std::string_view(" \t\r\n").find(source_[at_]) != std::string_view::npos) ++at_;
  }

  bool accept(char wanted) {
    skip_blanks();
    if (at_ >= source_.size() || source_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  void expect(char wanted) {
    if (!accept(wanted)) refuse(text("'", wanted, "'"));
  }

  [[noreturn]] void refuse(const std::string& wanted) const {
    throw Error(ErrorKind::model, text(where_, ": header at character ", at_, ": wanted is ", wanted, ", found is ",
                                       at_ < source_.size() ? in_quotes(source_.substr(at_, 20)) : "its end"));
  }

  std::string_view source_;
  const std::string& where_;
  const Limits& limits_;
  std::vector<std::string> seen_;
  size_t at_ = 0;
};

std::string_view descr_of(DType type, const std::string& where) {
  switch (type) {
    case DType::f32: return "<f4";
    case DType::f16: return "<f2";
    case DType::f64: return "<f8";
    case DType::i32: return "<i4";
    case DType::u8: return "|u1";
    case DType::boolean: return "|b1";
    case DType::bf16: break;
  }
  throw Error(ErrorKind::model, text(where, ": numpy has no bf16; cast the tensor to f32 or write safetensors"));
}

}  // namespace

NpyHeader read_npy_header(std::span<const std::byte> file, const std::string& where, const Limits& limits) {
  const std::string_view all(reinterpret_cast<const char*>(file.data()), file.size());
  LAMINA_CHECK(all.substr(0, kMagic.size()) == kMagic, where, ": begins with ", in_quotes(all.substr(0, kMagic.size())),
               ", an npy file begins with \"\\x93NUMPY\"");
  LAMINA_CHECK(file.size() >= kMagic.size() + 2, where, ": the file ends before its version; it is truncated");
  const int major = load<uint8_t>(file, kMagic.size());
  const int minor = load<uint8_t>(file, kMagic.size() + 1);
  LAMINA_CHECK(major >= 1 && major <= 3 && minor == 0, where, ": version is ", major, ".", minor,
               ", known are 1.0, 2.0, 3.0");
  const size_t length_bytes = major == 1 ? 2 : 4;
  const size_t header_at = kMagic.size() + 2 + length_bytes;
  LAMINA_CHECK(file.size() >= header_at, where, ": the file ends before the length of its header; it is truncated");
  const size_t length = major == 1 ? load<uint16_t>(file, header_at - 2) : load<uint32_t>(file, header_at - 4);
  const size_t present = file.size() - header_at;
  LAMINA_CHECK(length <= present, where, ": header length is ", length, ", but only ", present,
               " bytes follow; the file is truncated");
  LAMINA_CHECK(length <= static_cast<size_t>(limits.header_bytes), where, ": header length is ", length,
               ", the limit is ", limits.header_bytes);
  NpyHeader header = DictParser(all.substr(header_at, length), where, limits).parse();
  header.data_at = header_at + length;
  return header;
}

std::string npy_prefix(const HostTensor& tensor, const std::string& where) {
  const Extents& extents = tensor.extents();
  std::string dict = text("{'descr': '", descr_of(tensor.dtype(), where), "', 'fortran_order': False, 'shape': (",
                          join(extents), extents.rank() == 1 ? ",), }" : "), }");
  const size_t before = kMagic.size() + 4;  // version and length
  const size_t total = (before + dict.size() + 1 + kAlignment - 1) / kAlignment * kAlignment;
  dict.resize(total - before - 1, ' ');
  dict += '\n';
  const auto length = static_cast<uint16_t>(dict.size());  // rank 8 takes at most 256 bytes
  std::string prefix(kMagic);
  prefix += {'\x01', '\x00', static_cast<char>(length & 0xff), static_cast<char>(length >> 8)};
  return prefix + dict;
}

}  // namespace lamina
