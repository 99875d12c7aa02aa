// SPDX-License-Identifier: Apache-2.0
// The YOLO loss on the host. `rows` deals rows of cells to the threads, whose sums are added in order, so that the result is
// the same for any number of them; the reference walks through them alone, in f64 for f64.
#include <algorithm>
#include <vector>

#include "kernels/yolo_loss/yolo_loss_element.h"

namespace lamina {
namespace {

constexpr int64_t kPredictionsWorthAThread = 256;

struct Sums {
  double of[kYoloSums] = {};
};

// True boxes of one picture, in the order of their places.
template <class T>
std::vector<RelativeBox<T>> true_boxes(const YoloScale& s, const float* truth) {
  std::vector<RelativeBox<T>> boxes;
  for (int64_t i = 0; i < s.predictions(); ++i) {
    const float* const t = truth + i * s.channels();
    if (t[4] != 0) boxes.push_back({static_cast<T>(t[0]), static_cast<T>(t[1]), static_cast<T>(t[2]), static_cast<T>(t[3])});
  }
  return boxes;
}

// One prediction: adds to `sums` and writes the gradient.
template <class Compute, class T>
void run_prediction(const YoloScale& s, const YoloPlace& at, const T* raw, const float* truth, const std::vector<RelativeBox<Compute>>& boxes,
                    T* gradient, Sums& sums) {
  Compute p[5], t[5];
  for (int i = 0; i < 5; ++i) p[i] = convert<Compute>(raw[i]), t[i] = static_cast<Compute>(truth[i]);
  const RelativeBox<Compute> predicted = predicted_box<Compute>(s, at, p[0], p[1], p[2], p[3]);
  const bool seen = std::any_of(boxes.begin(), boxes.end(), [&](const RelativeBox<Compute>& box) {
    return overlap_of(predicted, box) >= static_cast<Compute>(s.ignore_threshold);
  });
  const YoloElement<Compute> e = yolo_element(s, at, p, t, seen);
  for (int i = 0; i < kYoloSums; ++i) sums.of[i] += static_cast<double>(e.sums[i]);
  for (int i = 0; i < 5; ++i) gradient[i] = convert<T>(e.gradient[i]);
  Compute classes = 0;
  for (int64_t c = 5; c < s.channels(); ++c) {
    const Compute score = convert<Compute>(raw[c]), label = static_cast<Compute>(truth[c]);
    classes += t[4] != 0 ? t[4] * cross_entropy(score, label) : Compute(0) * score;
    gradient[c] = convert<T>(t[4] != 0 ? t[4] * (sigmoid_of(score) - label) : Compute(0));
  }
  sums.of[3] += static_cast<double>(classes);
}

template <class Compute, class T>
void run(KernelContext& context, bool parallel) {
  const auto& s = context.state_as<YoloScale>();
  const T* const raw = context.inputs[0].as<T>();
  const float* const truth = context.inputs[1].as<float>();
  T* const gradient = context.outputs[2].as<T>();
  std::vector<std::vector<RelativeBox<Compute>>> boxes;
  for (int64_t n = 0; n < s.batch; ++n) boxes.push_back(true_boxes<Compute>(s, truth + n * s.predictions() * s.channels()));
  std::vector<Sums> lines(static_cast<size_t>(s.batch * s.rows));
#pragma omp parallel for schedule(static) if (parallel && s.batch * s.predictions() > kPredictionsWorthAThread)
  for (int64_t line = 0; line < s.batch * s.rows; ++line) {
    for (int64_t column = 0; column < s.columns; ++column) {
      for (int64_t anchor = 0; anchor < s.anchors; ++anchor) {
        const int64_t at = ((line * s.columns + column) * s.anchors + anchor) * s.channels();
        run_prediction(s, {line % s.rows, column, anchor}, raw + at, truth + at, boxes[static_cast<size_t>(line / s.rows)], gradient + at,
                       lines[static_cast<size_t>(line)]);
      }
    }
  }
  Sums total;
  for (const Sums& one : lines) {
    for (int i = 0; i < kYoloSums; ++i) total.of[i] += one.of[i];
  }
  for (int i = 0; i < kYoloTerms; ++i) context.outputs[0].as<Compute>()[i] = static_cast<Compute>(total.of[i]);
  for (int i = kYoloTerms; i < kYoloSums; ++i) context.outputs[1].as<Compute>()[i - kYoloTerms] = static_cast<Compute>(total.of[i]);
}

void launch(KernelContext& context, bool parallel) {
  switch (context.inputs[0].dtype) {
    case DType::f64: return run<double, double>(context, parallel);
    case DType::bf16: return run<float, bf16>(context, parallel);
    case DType::f16: return run<float, f16>(context, parallel);
    default: return run<float, float>(context, parallel);
  }
}

void launch_rows(KernelContext& context) { launch(context, true); }
void launch_reference(KernelContext& context) { launch(context, false); }

Verdict accepts_rows(const KernelQuery& query) {
  return query.in(0) == DType::f64 ? Verdict::no("f64 is the reference's") : Verdict::yes();
}
Verdict accepts_reference(const KernelQuery&) { return Verdict::yes(); }
Prepared prepare(const KernelQuery& query) { return {.state = std::make_shared<YoloScale>(yolo_scale(query))}; }

}  // namespace

namespace cpu {

std::span<const KernelImpl> yolo_loss_impls() {
  static const KernelImpl impls[] = {{"yolo_loss", DeviceKind::cpu, "rows", accepts_rows, prepare, launch_rows},
                                     {"yolo_loss", DeviceKind::cpu, "reference", accepts_reference, prepare, launch_reference}};
  return impls;
}

}  // namespace cpu
}  // namespace lamina
