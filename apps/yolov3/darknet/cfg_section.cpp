// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/darknet/cfg_section.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/base/check.h"
#include "core/io/untrusted_text.h"

namespace lamina::yolov3 {
namespace {

constexpr size_t kMaxLineBytes = 16 << 10;
constexpr size_t kMaxKeys = 100;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string without_blanks(std::string_view line) {
  std::string kept;
  std::copy_if(line.begin(), line.end(), std::back_inserter(kept), [](char c) { return c != ' ' && c != '\t' && c != '\r'; });
  return kept;
}

// All of `text` as a number, or false.
template <class Number>
bool parse(std::string_view text, Number& number) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && stop == text.data() + text.size();
}

std::vector<std::string_view> split_at_commas(std::string_view list) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t comma = list.find(',');
    parts.push_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    list.remove_prefix(comma + 1);
  }
}

std::string shown(CfgRange range) { return text("from ", range.least, " to ", range.most); }

}  // namespace

std::string CfgSection::place(int64_t line) const { return text(source_, ":", line, ": [", name_, "]"); }
std::string CfgSection::where() const { return place(line_); }

const CfgSection::Entry* CfgSection::find(std::string_view key) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.key == key; });
  return found == entries_.end() ? nullptr : &*found;
}

const CfgSection::Entry& CfgSection::at(std::string_view key) const {
  const Entry* entry = find(key);
  LAMINA_CHECK(entry, where(), " lacks '", key, "'");
  return *entry;
}

void CfgSection::add(const std::string& key, const std::string& value, int64_t line) {
  const Entry* before = find(key);
  LAMINA_CHECK(!before, place(line), " has '", printable(key), "' twice, first in line ", before->line, "; keep one");
  LAMINA_CHECK(entries_.size() < kMaxKeys, place(line), " has more than ", kMaxKeys, " keys");
  entries_.push_back({key, value, line});
}

void CfgSection::check_keys(const std::vector<std::string>& known) const {
  for (const Entry& entry : entries_) {
    const bool is_known = std::find(known.begin(), known.end(), entry.key) != known.end();
    LAMINA_CHECK(is_known, place(entry.line), " has no key '", printable(entry.key), "'", did_you_mean(entry.key, known),
                 "; it has ", join(known));
  }
}

void CfgSection::refuse(std::string_view key, const std::string& what) const {
  const Entry& entry = at(key);
  throw Error(ErrorKind::model, text(place(entry.line), " ", key, "=", printable(entry.value), ": ", what));
}

int64_t CfgSection::whole_of(const Entry& entry, std::string_view value, CfgRange range) const {
  int64_t number = 0;
  LAMINA_CHECK(parse(value, number) && static_cast<double>(number) >= range.least && static_cast<double>(number) <= range.most,
               place(entry.line), " ", entry.key, ": '", printable(value), "' is not a whole number ", shown(range));
  return number;
}

double CfgSection::real_of(const Entry& entry, std::string_view value, CfgRange range) const {
  double number = 0;
  LAMINA_CHECK(parse(value, number) && number >= range.least && number <= range.most, place(entry.line), " ", entry.key, ": '",
               printable(value), "' is not a number ", shown(range));
  return number;
}

int64_t CfgSection::whole(std::string_view key, CfgRange range) const { return whole_of(at(key), at(key).value, range); }

int64_t CfgSection::whole(std::string_view key, CfgRange range, int64_t otherwise) const {
  return has(key) ? whole(key, range) : otherwise;
}

double CfgSection::real(std::string_view key, CfgRange range, double otherwise) const {
  return has(key) ? real_of(at(key), at(key).value, range) : otherwise;
}

bool CfgSection::flag(std::string_view key, bool otherwise) const { return whole(key, {0, 1}, otherwise ? 1 : 0) == 1; }

std::string CfgSection::word(std::string_view key, const std::vector<std::string>& allowed, const std::string& otherwise) const {
  if (!has(key)) return otherwise;
  const Entry& entry = at(key);
  LAMINA_CHECK(std::find(allowed.begin(), allowed.end(), entry.value) != allowed.end(), place(entry.line), " has no ", key, " '",
               printable(entry.value), "'", did_you_mean(entry.value, allowed), "; there are ", join(allowed));
  return entry.value;
}

std::vector<int64_t> CfgSection::wholes(std::string_view key, CfgRange range) const {
  std::vector<int64_t> numbers;
  for (const std::string_view part : split_at_commas(at(key).value)) numbers.push_back(whole_of(at(key), part, range));
  return numbers;
}

std::vector<double> CfgSection::reals(std::string_view key, CfgRange range) const {
  std::vector<double> numbers;
  for (const std::string_view part : split_at_commas(at(key).value)) numbers.push_back(real_of(at(key), part, range));
  return numbers;
}

std::vector<CfgSection> read_cfg_sections(std::string_view file, const std::string& source) {
  if (file.starts_with(kByteOrderMark)) file.remove_prefix(kByteOrderMark.size());
  std::vector<CfgSection> sections;
  for (int64_t line = 1; !file.empty(); ++line) {
    const size_t end = std::min(file.find('\n'), file.size());
    LAMINA_CHECK(end <= kMaxLineBytes, source, ":", line, ": the line has ", end, " bytes, the limit is ", kMaxLineBytes);
    const std::string content = without_blanks(file.substr(0, end));
    file.remove_prefix(std::min(end + 1, file.size()));
    if (content.empty() || content[0] == '#' || content[0] == ';') continue;
    if (content.front() == '[') {
      LAMINA_CHECK(content.size() > 2 && content.back() == ']', source, ":", line, ": '", printable(content),
                   "' is no section; write it as [name]");
      LAMINA_CHECK(static_cast<int64_t>(sections.size()) <= kMaxDarknetLayers, source, ":", line, ": more than ",
                   kMaxDarknetLayers, " layers");
      sections.emplace_back(printable(content.substr(1, content.size() - 2)), source, line);
      continue;
    }
    const size_t equals = content.find('=');
    LAMINA_CHECK(equals != 0 && equals != std::string::npos, source, ":", line, ": '", printable(content),
                 "' is neither key=value nor a section nor a comment");
    const std::string key = content.substr(0, equals);
    LAMINA_CHECK(!sections.empty(), source, ":", line, ": '", printable(key),
                 "' stands before the first section; begin with [net]");
    sections.back().add(key, content.substr(equals + 1), line);
  }
  return sections;
}

}  // namespace lamina::yolov3
