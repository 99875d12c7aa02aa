// SPDX-License-Identifier: Apache-2.0
// The lines of a .cfg as sections of keys and values, and the values as numbers in a range. Comments (# and ; at the start
// of a line), blanks, CRLF and a byte order mark are taken; as in darknet, blanks within a line mean nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/yolov3/darknet/network.h"

namespace lamina::yolov3 {

struct CfgRange {
  double least = 0;
  double most = 0;
};

class CfgSection {
 public:
  CfgSection(std::string name, std::string source, int64_t line)
      : name_(std::move(name)), source_(std::move(source)), line_(line) {}

  // Throws ErrorKind::model where the key stands already.
  void add(const std::string& key, const std::string& value, int64_t line);

  const std::string& name() const { return name_; }
  std::string where() const;  // "yolo.cfg:12: [route]"

  // Every key is one of `known`; else throws, naming the nearest.
  void check_keys(const std::vector<std::string>& known) const;
  bool has(std::string_view key) const { return find(key) != nullptr; }

  // Each throws ErrorKind::model, with file, line, value and range, where the value is no such number. A key that is not
  // there takes `otherwise`; the ones without it must be there.
  int64_t whole(std::string_view key, CfgRange range) const;
  int64_t whole(std::string_view key, CfgRange range, int64_t otherwise) const;
  double real(std::string_view key, CfgRange range, double otherwise) const;
  bool flag(std::string_view key, bool otherwise) const;
  std::string word(std::string_view key, const std::vector<std::string>& allowed, const std::string& otherwise) const;
  std::vector<int64_t> wholes(std::string_view key, CfgRange range) const;
  std::vector<double> reals(std::string_view key, CfgRange range) const;

  // Throws about the value of a key that is there.
  [[noreturn]] void refuse(std::string_view key, const std::string& what) const;

 private:
  struct Entry {
    std::string key, value;
    int64_t line = 0;
  };

  const Entry* find(std::string_view key) const;
  const Entry& at(std::string_view key) const;
  std::string place(int64_t line) const;
  int64_t whole_of(const Entry& entry, std::string_view value, CfgRange range) const;
  double real_of(const Entry& entry, std::string_view value, CfgRange range) const;

  std::string name_;
  std::string source_;
  int64_t line_ = 0;
  std::vector<Entry> entries_;
};

// Throws ErrorKind::model for a line that is neither; at most kMaxDarknetLayers + 1 sections, lines of at most 16 KiB.
// `source` is the file's name, fit for a message.
inline constexpr int64_t kMaxDarknetLayers = 2000;
std::vector<CfgSection> read_cfg_sections(std::string_view text, const std::string& source);

}  // namespace lamina::yolov3
