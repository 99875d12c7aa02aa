// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/voc.h"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "apps/yolov3/data/voc_annotation.h"
#include "apps/yolov3/picture/read_picture.h"
#include "core/base/check.h"
#include "core/base/philox.h"
#include "core/io/read_file.h"

namespace lamina::yolov3 {
namespace {

namespace fs = std::filesystem;

constexpr double kCutMargin = 0.02;  // of the picture's side: boxes further outside are a mistake, not a rounding
constexpr double kDrawnShare = 0.1;  // of the pictures: validation, and again test, where there are no lists

class FileSource final : public PictureSource {
 public:
  explicit FileSource(std::vector<Sample> samples) : samples_(std::move(samples)) {}
  int64_t count() const override { return static_cast<int64_t>(samples_.size()); }
  const std::vector<Box>& boxes(int64_t index) const override { return samples_.at(static_cast<size_t>(index)).boxes; }
  std::string name(int64_t index) const override { return samples_.at(static_cast<size_t>(index)).picture.string(); }
  Picture read(int64_t index) const override { return read_picture(samples_.at(static_cast<size_t>(index)).picture); }

 private:
  std::vector<Sample> samples_;
};

struct Folders {
  fs::path annotations, pictures, lists;
};

bool has_xml(const fs::path& folder) {
  return std::any_of(fs::directory_iterator(folder), fs::directory_iterator(), [](const auto& entry) { return entry.path().extension() == ".xml"; });
}

Folders folders_of(const fs::path& folder) {
  if (!fs::exists(folder)) throw Error(ErrorKind::io, text("there is no folder ", folder.string(), "; a Pascal VOC folder is needed"));
  LAMINA_CHECK(fs::is_directory(folder), folder.string(), " is a file; a Pascal VOC folder is needed");
  const Folders voc{folder / "Annotations", folder / "JPEGImages", folder / "ImageSets" / "Main"};
  if (fs::is_directory(voc.annotations)) {
    LAMINA_CHECK(fs::is_directory(voc.pictures), folder.string(), " has Annotations and no JPEGImages beside it, where the pictures should be");
    LAMINA_CHECK(has_xml(voc.annotations), voc.annotations.string(), " holds no .xml file: there is nothing to learn from");
    return voc;
  }
  LAMINA_CHECK(has_xml(folder), folder.string(), " is no Pascal VOC folder: it has neither a folder Annotations nor .xml files of its own");
  return {folder, folder, {}};
}

// The picture of an annotation: by its own name, else by <filename>.
fs::path picture_of(const Folders& folders, const fs::path& xml, const VocAnnotation& annotation) {
  for (const char* ending : {".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG"}) {
    const fs::path candidate = folders.pictures / (xml.stem().string() + ending);
    if (fs::is_regular_file(candidate)) return candidate;
  }
  const fs::path named = folders.pictures / fs::path(annotation.picture).filename();  // never a path out of the folder
  if (!annotation.picture.empty() && fs::is_regular_file(named)) return named;
  throw Error(ErrorKind::model, text(xml.string(), ": there is no picture ", xml.stem().string(), ".jpg or .png in ", folders.pictures.string(),
                                     "; add it, or take the annotation out"));
}

struct Annotated {
  std::string stem;
  fs::path xml, picture;
  VocAnnotation annotation;
};

std::vector<std::string> lines_of(const fs::path& list) {
  const std::vector<std::byte> bytes = read_file(list, {.file_bytes = int64_t{64} << 20});
  std::istringstream words(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  std::vector<std::string> lines;
  std::string line;
  while (std::getline(words, line)) {
    if (lines.empty() && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.pop_back();
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

class Loader {
 public:
  Loader(const fs::path& folder, const VocOptions& options) : folders_(folders_of(folder)), options_(options) {
    data_.source = "VOC folder " + folder.string();
  }

  DetectionData load() {
    read_annotations();
    name_classes();
    const auto [train, validation, test] = split();
    data_.train = samples_of(train);
    data_.validation = samples_of(validation);
    data_.test = samples_of(test);
    LAMINA_CHECK(data_.train->count() > 0, data_.source, ": no picture is left to train on");
    return std::move(data_);
  }

 private:
  using Stems = std::vector<std::string>;
  struct Splits {
    Stems train, validation, test;
  };

  void read_annotations() {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folders_.annotations)) {
      if (entry.path().extension() == ".xml") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& xml : files) {
      VocAnnotation annotation = read_voc_annotation(xml);
      fs::path picture = picture_of(folders_, xml, annotation);
      annotated_.emplace(xml.stem().string(), Annotated{xml.stem().string(), xml, std::move(picture), std::move(annotation)});
    }
  }

  void name_classes() {
    data_.class_names = options_.class_names;
    if (!data_.class_names.empty()) return;
    std::set<std::string> names;
    for (const auto& [stem, one] : annotated_) {
      for (const VocObject& object : one.annotation.objects) names.insert(object.name);
    }
    LAMINA_CHECK(!names.empty(), data_.source, ": no annotation holds an <object>, so there is nothing to learn");
    data_.class_names.assign(names.begin(), names.end());
  }

  Splits split() {
    if (folders_.lists.empty() || !fs::is_regular_file(folders_.lists / "train.txt")) return drawn_split();
    Splits splits{listed("train.txt"), {}, {}};
    if (fs::is_regular_file(folders_.lists / "val.txt")) splits.validation = listed("val.txt");
    if (fs::is_regular_file(folders_.lists / "test.txt")) splits.test = listed("test.txt");
    warn_of_shared(splits.train, splits.validation, "train.txt and val.txt");
    warn_of_shared(splits.train, splits.test, "train.txt and test.txt");
    return splits;
  }

  Stems listed(const char* name) {
    const fs::path list = folders_.lists / name;
    Stems stems;
    int64_t number = 0;
    for (const std::string& line : lines_of(list)) {
      ++number;
      const std::string stem = fs::path(line).filename().string();
      LAMINA_CHECK(annotated_.contains(stem), list.string(), ":", number, ": there is no annotation ", stem, ".xml in ", folders_.annotations.string());
      stems.push_back(stem);
    }
    return stems;
  }

  void warn_of_shared(const Stems& a, const Stems& b, const char* names) {
    const std::set<std::string> known(a.begin(), a.end());
    const auto shared = std::count_if(b.begin(), b.end(), [&](const std::string& stem) { return known.contains(stem); });
    if (shared > 0) data_.report.warnings.push_back(text(names, " share ", shared, " pictures: what is measured on them says little"));
  }

  // By a random number of each picture's own: adding pictures moves none of the others to another place in the order.
  Splits drawn_split() {
    Stems stems;
    for (const auto& [stem, one] : annotated_) stems.push_back(stem);
    std::vector<size_t> order(stems.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    const RandomKey key{options_.seed, RandomPurpose::split};
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return key.word(a) < key.word(b); });
    const auto share = static_cast<size_t>(kDrawnShare * static_cast<double>(stems.size()));
    Splits splits;
    for (size_t i = 0; i < order.size(); ++i) {
      Stems& into = i < share ? splits.validation : i < 2 * share ? splits.test : splits.train;
      into.push_back(stems[order[i]]);
    }
    for (Stems* list : {&splits.train, &splits.validation, &splits.test}) std::sort(list->begin(), list->end());
    data_.report.warnings.push_back(text("there is no ImageSets/Main/train.txt: ", splits.validation.size(), " pictures were drawn for validation and ",
                                         splits.test.size(), " for the test, by seed ", options_.seed));
    return splits;
  }

  std::shared_ptr<const PictureSource> samples_of(const Stems& stems) {
    std::vector<Sample> samples;
    for (const std::string& stem : stems) {
      const Annotated& one = annotated_.at(stem);
      Sample sample{one.picture, {}};
      double width = one.annotation.width, height = one.annotation.height;
      if (!(width > 0 && height > 0)) {
        const Picture picture = read_picture(one.picture);
        width = static_cast<double>(picture.width), height = static_cast<double>(picture.height);
      }
      for (const VocObject& object : one.annotation.objects) add_box(sample, one, object, width, height);
      samples.push_back(std::move(sample));
    }
    return std::make_shared<FileSource>(std::move(samples));
  }

  void add_box(Sample& sample, const Annotated& from, const VocObject& object, double width, double height) {
    const std::string place = text(from.xml.string(), ":", object.line, ": ");
    const auto label = std::find(data_.class_names.begin(), data_.class_names.end(), object.name);
    LAMINA_CHECK(label != data_.class_names.end(), place, "class '", object.name, "' is not among the names: ", join(data_.class_names, ", "),
                 did_you_mean(object.name, data_.class_names));
    const std::string shown = text("(", object.left, ", ", object.top, ") to (", object.right, ", ", object.bottom, ")");
    Box box{object.left, object.top, object.right, object.bottom, static_cast<int>(label - data_.class_names.begin()), object.difficult};
    if (!(box.width() > 0 && box.height() > 0)) {
      data_.report.skipped.push_back(text(place, "the box ", shown, " of ", object.name, " has no area"));
      return;
    }
    const double outside = std::max({-box.left / width, -box.top / height, box.right / width - 1, box.bottom / height - 1});
    LAMINA_CHECK(outside <= kCutMargin, place, "the box ", shown, " of ", object.name, " lies outside of the picture, which has ", width, " x ", height,
                 " pixels");
    if (outside > 0) {
      ++data_.report.clipped;
      box.left = std::max(box.left, 0.0), box.top = std::max(box.top, 0.0);
      box.right = std::min(box.right, width), box.bottom = std::min(box.bottom, height);
    }
    sample.boxes.push_back(box);
  }

  Folders folders_;
  VocOptions options_;
  DetectionData data_;
  std::map<std::string, Annotated> annotated_;
};

}  // namespace

DetectionData read_voc(const std::filesystem::path& folder, const VocOptions& options) { return Loader(folder, options).load(); }

}  // namespace lamina::yolov3
