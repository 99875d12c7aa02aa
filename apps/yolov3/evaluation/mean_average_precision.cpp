// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/evaluation/mean_average_precision.h"

#include <algorithm>
#include <cmath>

#include "apps/yolov3/data/box_overlap.h"
#include "core/base/check.h"

namespace lamina::yolov3 {
namespace {

void check_box(const Box& box, size_t classes, const std::string& where) {
  const bool finite = std::isfinite(box.left) && std::isfinite(box.top) && std::isfinite(box.right) && std::isfinite(box.bottom);
  LAMINA_CHECK(finite, where, " has the edges ", box.left, ", ", box.top, ", ", box.right, ", ", box.bottom,
               "; they must be finite");
  LAMINA_CHECK(box.label >= 0 && static_cast<size_t>(box.label) < classes, where, " has the label ", box.label,
               "; there are 0 to ", static_cast<int64_t>(classes) - 1);
}

void check(std::span<const std::vector<Box>> truth, std::span<const std::vector<Detection>> found, size_t classes,
           const AveragePrecisionOptions& options) {
  if (truth.size() != found.size()) {
    throw Error(ErrorKind::usage,
                text("mean average precision: boxes of ", truth.size(), " pictures and detections of ", found.size()));
  }
  if (!(options.iou_threshold > 0 && options.iou_threshold <= 1)) {
    throw Error(ErrorKind::usage, text("mean average precision: the IoU threshold is ", options.iou_threshold,
                                       ", it lies above 0 and is at most 1"));
  }
  for (size_t picture = 0; picture < truth.size(); ++picture) {
    for (size_t i = 0; i < truth[picture].size(); ++i) {
      check_box(truth[picture][i], classes, text("mean average precision: picture ", picture, ", box ", i));
    }
    for (size_t i = 0; i < found[picture].size(); ++i) {
      const std::string where = text("mean average precision: picture ", picture, ", detection ", i);
      check_box(found[picture][i].box, classes, where);
      LAMINA_CHECK(std::isfinite(found[picture][i].score), where, " has the score ", found[picture][i].score,
                   "; it must be finite");
    }
  }
}

double overlap_of(Box a, Box b, bool inclusive_edges) {
  if (inclusive_edges) {
    for (Box* box : {&a, &b}) {
      box->right += 1;
      box->bottom += 1;
    }
  }
  return overlap(a, b);
}

struct Candidate {
  size_t picture = 0;
  const Detection* detection = nullptr;
};

std::vector<Candidate> by_falling_score(std::span<const std::vector<Detection>> found, int label) {
  std::vector<Candidate> candidates;
  for (size_t picture = 0; picture < found.size(); ++picture) {
    for (const Detection& detection : found[picture]) {
      if (detection.box.label == label) candidates.push_back({picture, &detection});
    }
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.detection->score > b.detection->score; });
  return candidates;
}

struct Truth {
  Box box;
  bool taken = false;
};

std::vector<std::vector<Truth>> of_class(std::span<const std::vector<Box>> truth, int label) {
  std::vector<std::vector<Truth>> found(truth.size());
  for (size_t picture = 0; picture < truth.size(); ++picture) {
    for (const Box& box : truth[picture]) {
      if (box.label == label) found[picture].push_back({box});
    }
  }
  return found;
}

enum class Verdict { hit, miss, ignored };

// What a detection is, and the box that it takes.
Verdict judge(const Box& detected, std::vector<Truth>& truths, const AveragePrecisionOptions& options) {
  Truth* best = nullptr;
  double largest = 0;
  for (Truth& truth : truths) {
    const double shared = overlap_of(detected, truth.box, options.inclusive_edges);
    if (shared <= largest) continue;
    largest = shared;
    best = &truth;
  }
  if (best == nullptr || largest < options.iou_threshold) return Verdict::miss;
  if (best->box.difficult) return Verdict::ignored;
  if (best->taken) return Verdict::miss;
  best->taken = true;
  return Verdict::hit;
}

void count_truths(ClassPrecision& result, const std::vector<std::vector<Truth>>& truths) {
  for (const std::vector<Truth>& of_picture : truths) {
    for (const Truth& truth : of_picture) (truth.box.difficult ? result.difficult : result.truths) += 1;
  }
}

void append_point(ClassPrecision& result, double score) {
  const auto hits = static_cast<double>(result.true_positives);
  result.score.push_back(score);
  result.precision.push_back(hits / static_cast<double>(result.true_positives + result.false_positives));
  result.recall.push_back(result.truths == 0 ? 0 : hits / static_cast<double>(result.truths));
}

// The best precision at this recall or a larger one, for each point of the curve.
std::vector<double> falling_precision(const ClassPrecision& curve) {
  std::vector<double> envelope = curve.precision;
  for (size_t i = envelope.size(); i-- > 1;) envelope[i - 1] = std::max(envelope[i - 1], envelope[i]);
  return envelope;
}

double area_of_all_points(const ClassPrecision& curve) {
  const std::vector<double> envelope = falling_precision(curve);
  double area = 0, recall = 0;
  for (size_t i = 0; i < envelope.size(); ++i) {
    area += (curve.recall[i] - recall) * envelope[i];
    recall = curve.recall[i];
  }
  return area;
}

double area_of_eleven_points(const ClassPrecision& curve) {
  const std::vector<double> envelope = falling_precision(curve);
  double sum = 0;
  for (int tenth = 0; tenth <= 10; ++tenth) {
    // In whole hits: a recall of 3/10 is not below 0.3, whatever its binary fraction is.
    const auto reached = std::find_if(curve.recall.begin(), curve.recall.end(), [&](double recall) {
      return std::llround(recall * static_cast<double>(curve.truths)) * 10 >= tenth * curve.truths;
    });
    if (reached != curve.recall.end()) sum += envelope[static_cast<size_t>(reached - curve.recall.begin())];
  }
  return sum / 11;
}

ClassPrecision evaluate_class(std::span<const std::vector<Box>> truth, std::span<const std::vector<Detection>> found, int label,
                              const std::string& name, const AveragePrecisionOptions& options) {
  ClassPrecision result{.name = name};
  std::vector<std::vector<Truth>> truths = of_class(truth, label);
  count_truths(result, truths);
  for (const auto& [picture, detection] : by_falling_score(found, label)) {
    switch (judge(detection->box, truths[picture], options)) {
      case Verdict::ignored:
        ++result.ignored;
        continue;
      case Verdict::hit:
        ++result.true_positives;
        break;
      case Verdict::miss:
        ++result.false_positives;
        break;
    }
    append_point(result, detection->score);
  }
  if (result.truths > 0) {
    result.average_precision =
        options.area == PrecisionArea::all_points ? area_of_all_points(result) : area_of_eleven_points(result);
  }
  return result;
}

}  // namespace

MeanAveragePrecision mean_average_precision(std::span<const std::vector<Box>> truth,
                                            std::span<const std::vector<Detection>> found,
                                            const std::vector<std::string>& class_names, const AveragePrecisionOptions& options) {
  check(truth, found, class_names.size(), options);
  MeanAveragePrecision result{.options = options};
  double sum = 0;
  int64_t counted = 0;
  for (size_t label = 0; label < class_names.size(); ++label) {
    result.classes.push_back(evaluate_class(truth, found, static_cast<int>(label), class_names[label], options));
    if (!result.classes.back().average_precision) continue;
    sum += *result.classes.back().average_precision;
    ++counted;
  }
  if (counted > 0) result.mean = sum / static_cast<double>(counted);
  return result;
}

std::vector<std::string> MeanAveragePrecision::classes_without_truth() const {
  std::vector<std::string> names;
  for (const ClassPrecision& result : classes) {
    if (!result.average_precision) names.push_back(result.name);
  }
  return names;
}

}  // namespace lamina::yolov3
