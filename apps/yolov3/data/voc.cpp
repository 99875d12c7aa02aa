// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/voc.h"

#include <algorithm>
#include <set>

#include "apps/yolov3/data/voc_annotation.h"
#include "apps/yolov3/data/voc_boxes.h"
#include "apps/yolov3/data/voc_layout.h"
#include "apps/yolov3/data/voc_splits.h"
#include "apps/yolov3/picture/read_picture.h"
#include "core/base/check.h"
#include "core/io/untrusted_text.h"

namespace lamina::yolov3 {
namespace {

constexpr size_t kProblemsShown = 10;

void check_class_names(const std::vector<std::string>& names) {
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (name.empty()) throw Error(ErrorKind::usage, "a class name is empty");
    if (!seen.insert(name).second) throw Error(ErrorKind::usage, text("the class name ", in_quotes(name), " is there twice"));
  }
}

std::vector<std::string> names_in(const std::vector<VocAnnotation>& annotations) {
  std::set<std::string> names;
  for (const VocAnnotation& annotation : annotations) {
    for (const VocObject& object : annotation.objects) names.insert(object.name);
  }
  return {names.begin(), names.end()};
}

// Runs `call` for each index; mistakes in the data are collected, so that a user sees more than the first.
template <class Call>
void for_all(size_t count, const std::filesystem::path& folder, const Call& call) {
  std::vector<std::string> problems;
  for (size_t i = 0; i < count; ++i) {
    try {
      call(i);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::model) throw;
      problems.emplace_back(error.what());
    }
  }
  if (problems.empty()) return;
  if (problems.size() == 1) throw Error(ErrorKind::model, problems[0]);
  const size_t shown = std::min(problems.size(), kProblemsShown);
  const std::string first = join(std::vector<std::string>(problems.begin(), problems.begin() + static_cast<long>(shown)), "\n  ");
  throw Error(ErrorKind::model, text(problems.size(), " annotations of ", in_quotes(folder.native()), " cannot be used; ",
                                     shown < problems.size() ? "the first ten" : "all of them", ":\n  ", first));
}

Sample read_sample(const VocLayout& layout, const std::filesystem::path& file, const VocAnnotation& annotation,
                   const std::vector<std::string>& class_names, DataReport& report) {
  Sample sample;
  sample.picture = find_picture(layout.pictures, file.stem().native(), annotation.picture);
  LAMINA_CHECK(!sample.picture.empty(), in_quotes(file.native()), " has no picture: ", in_quotes(layout.pictures.native()),
               " holds no ", in_quotes(file.stem().native() + ".jpg"), " (nor .jpeg or .png)",
               annotation.picture.empty() ? "" : text(" and no ", in_quotes(annotation.picture)));
  sample.size = read_picture_size(sample.picture);
  const bool told = annotation.width > 0 && annotation.height > 0;
  LAMINA_CHECK(!told || (annotation.width == sample.size.width && annotation.height == sample.size.height),
               in_quotes(file.native()), " is for a picture of ", annotation.width, " x ", annotation.height, " pixels, ",
               in_quotes(sample.picture.native()), " has ", sample.size.width, " x ", sample.size.height,
               " as it stands upright; the boxes would lie elsewhere");
  sample.boxes = boxes_of(annotation, file, sample.size, class_names, report);
  return sample;
}

std::shared_ptr<const PictureSource> picked(const std::vector<Sample>& samples, const std::vector<size_t>& indices) {
  std::vector<Sample> chosen;
  for (const size_t i : indices) chosen.push_back(samples[i]);
  return std::make_shared<PictureFiles>(std::move(chosen));
}

}  // namespace

DetectionData read_voc(const std::filesystem::path& folder, const VocOptions& options) {
  check_class_names(options.class_names);
  if (!(options.validation_share >= 0 && options.validation_share < 1)) {
    throw Error(ErrorKind::usage,
                text("the validation share is ", options.validation_share, ", expected 0 or more and less than 1"));
  }
  const VocLayout layout = find_voc_layout(folder);
  const size_t count = layout.annotations.size();
  std::vector<VocAnnotation> annotations(count);
  for_all(count, folder, [&](size_t i) { annotations[i] = read_voc_annotation(layout.annotations[i]); });

  DetectionData data;
  data.class_names = options.class_names.empty() ? names_in(annotations) : options.class_names;
  LAMINA_CHECK(!data.class_names.empty(), "no annotation of ", in_quotes(folder.native()), " has an object");
  std::vector<Sample> samples(count);
  for_all(count, folder, [&](size_t i) {
    samples[i] = read_sample(layout, layout.annotations[i], annotations[i], data.class_names, data.report);
  });

  const VocSplits splits = split_voc(layout, options.seed, options.validation_share, data.report);
  data.train = picked(samples, splits.train);
  data.validation = picked(samples, splits.validation);
  data.test = picked(samples, splits.test);
  return data;
}

}  // namespace lamina::yolov3
