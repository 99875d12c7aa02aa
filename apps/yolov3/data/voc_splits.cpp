// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/voc_splits.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string>

#include "apps/yolov3/data/random_draws.h"
#include "core/base/check.h"
#include "core/io/untrusted_text.h"

namespace lamina::yolov3 {
namespace {

using Indices = std::vector<size_t>;

class ListReader {
 public:
  ListReader(const VocLayout& layout, DataReport& report) : layout_(layout), report_(report) {
    for (size_t i = 0; i < layout.annotations.size(); ++i) {
      names_.push_back(layout.annotations[i].stem().native());
      index_of_.emplace(names_.back(), i);
    }
  }

  // The pictures of one list, in its order; nothing if the folder has no such list.
  std::optional<Indices> read(const std::string& name) {
    const std::optional<VocList> list = read_voc_list(layout_, name);
    if (!list) return std::nullopt;
    LAMINA_CHECK(!list->names.empty(), in_quotes(list->file.native()), " names no picture; remove the file or fill it");
    Indices found;
    std::set<size_t> seen;
    for (const TextLine& line : list->names) {
      const auto entry = index_of_.find(line.text);
      LAMINA_CHECK(entry != index_of_.end(), printable(list->file.native(), 4096), ":", line.number, ": there is no annotation ",
                   in_quotes(line.text + ".xml"), printable(did_you_mean(line.text, names_)));
      if (seen.insert(entry->second).second) found.push_back(entry->second);
    }
    if (const size_t repeated = list->names.size() - found.size()) {
      report_.warnings.push_back(text("lines of ", in_quotes(list->file.native()), " that repeat a picture: ", repeated));
    }
    return found;
  }

 private:
  const VocLayout& layout_;
  DataReport& report_;
  std::vector<std::string> names_;
  std::map<std::string, size_t> index_of_;
};

void warn_of_shared(const char* name, const Indices& one, const char* other_name, const Indices& other, DataReport& report) {
  const std::set<size_t> all(one.begin(), one.end());
  const auto shared = std::count_if(other.begin(), other.end(), [&](size_t i) { return all.contains(i); });
  if (shared) report.warnings.push_back(text("pictures both for ", name, " and for ", other_name, ": ", shared));
}

void warn_of_unlisted(const VocSplits& splits, size_t count, DataReport& report) {
  std::set<size_t> listed;
  for (const Indices* split : {&splits.train, &splits.validation, &splits.test}) listed.insert(split->begin(), split->end());
  if (listed.size() < count) report.warnings.push_back(text("annotations in no list of ImageSets/Main: ", count - listed.size()));
}

// Nothing if there is no list.
std::optional<VocSplits> listed_splits(const VocLayout& layout, DataReport& report) {
  ListReader lists(layout, report);
  const std::optional<Indices> train = lists.read("train"), validation = lists.read("val");
  const std::optional<Indices> both = lists.read("trainval"), test = lists.read("test");
  if (!train && !both) {
    LAMINA_CHECK(!validation && !test, in_quotes((layout.root / "ImageSets" / "Main").native()),
                 " has neither train.txt nor trainval.txt");
    return std::nullopt;
  }
  VocSplits splits{train ? *train : *both, validation.value_or(Indices{}), test.value_or(Indices{})};
  if (!train) {
    const std::set<size_t> apart(splits.validation.begin(), splits.validation.end());
    std::erase_if(splits.train, [&](size_t i) { return apart.contains(i); });
  }
  warn_of_shared("training", splits.train, "validation", splits.validation, report);
  warn_of_shared("training", splits.train, "test", splits.test, report);
  warn_of_shared("validation", splits.validation, "test", splits.test, report);
  warn_of_unlisted(splits, layout.annotations.size(), report);
  return splits;
}

VocSplits drawn_splits(size_t count, uint64_t seed, double validation_share, DataReport& report) {
  Indices order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  RandomDraws(seed, DataUse::split).shuffle(order);
  const auto apart = static_cast<std::ptrdiff_t>(validation_share * static_cast<double>(count));
  VocSplits splits{{order.begin() + apart, order.end()}, {order.begin(), order.begin() + apart}, {}};
  std::sort(splits.train.begin(), splits.train.end());
  std::sort(splits.validation.begin(), splits.validation.end());
  report.warnings.push_back(
      text("no lists in ImageSets/Main: ", apart, " of ", count, " pictures, drawn by seed ", seed, ", are for validation"));
  return splits;
}

}  // namespace

VocSplits split_voc(const VocLayout& layout, uint64_t seed, double validation_share, DataReport& report) {
  std::optional<VocSplits> splits = listed_splits(layout, report);
  if (!splits) splits = drawn_splits(layout.annotations.size(), seed, validation_share, report);
  LAMINA_CHECK(!splits->train.empty(), in_quotes(layout.root.native()), " has no picture for training");
  if (splits->validation.empty()) report.warnings.emplace_back("there are no pictures for validation");
  return *splits;
}

}  // namespace lamina::yolov3
