// SPDX-License-Identifier: Apache-2.0
// The YOLO loss on the host: the boxes of each picture's objects are gathered, then `rows` deals rows of cells to the threads.
// Each row has sums of its own, added in order at the end, so that the number of threads changes nothing. The reference walks
// through the rows alone, in f64.
#include "kernels/yolo_loss/yolo_prediction.h"

namespace lamina {
namespace {

constexpr int64_t kElementsWorthAThread = 1 << 13;

struct Sums {
  double terms[4], counts[2];
};

// In the workspace, one behind the other.
template <class Real>
struct Scratch {
  Sums* rows;            // per picture and row of cells
  int64_t* objects;      // per picture: how many
  YoloBox<Real>* boxes;  // per picture: theirs, with room for one at every prediction

  Scratch(const YoloGrid& grid, void* workspace)
      : rows(static_cast<Sums*>(workspace)),
        objects(reinterpret_cast<int64_t*>(rows + grid.batch * grid.rows)),
        boxes(reinterpret_cast<YoloBox<Real>*>(objects + grid.batch)) {}

  static size_t bytes(const YoloGrid& grid) {
    return static_cast<size_t>(grid.batch * grid.rows) * sizeof(Sums) + static_cast<size_t>(grid.batch) * sizeof(int64_t) +
           static_cast<size_t>(grid.predictions()) * sizeof(YoloBox<Real>);
  }
};

template <class Real, class Wide>
void gather_objects(const YoloGrid& grid, const Wide* y_true, int64_t picture, const Scratch<Real>& scratch) {
  const int64_t first = picture * grid.predictions_per_picture();
  int64_t found = 0;
  for (int64_t i = first; i < first + grid.predictions_per_picture(); ++i) {
    const Wide* const y = y_true + i * grid.channels;
    if (y[4] != 0) scratch.boxes[first + found++] = yolo_object<Real>(y);
  }
  scratch.objects[picture] = found;
}

// The gradient of one row of cells, and its sums.
template <class Real, class Raw, class Wide>
Sums run_row(const KernelContext& context, const YoloGrid& grid, int64_t row, const Scratch<Real>& scratch) {
  const Wide* const anchors = context.inputs[2].as<Wide>();
  const int64_t picture = row / grid.rows, first = row * grid.predictions_per_row();
  const YoloBox<Real>* const boxes = scratch.boxes + picture * grid.predictions_per_picture();
  Sums sums{};
  for (int64_t i = first; i < first + grid.predictions_per_row(); ++i) {
    const Raw* const raw = context.inputs[0].as<Raw>() + i * grid.channels;
    const Wide* const y_true = context.inputs[1].as<Wide>() + i * grid.channels;
    const auto place = yolo_place<Real>(grid, anchors, i);
    const bool far = is_far_from_all(yolo_decoded(place, raw), boxes, scratch.objects[picture], 0, 1,
                                     static_cast<Real>(grid.options.ignore_threshold));
    const Real objectness = convert<Real>(y_true[4]), counts = far ? Real(1) - objectness : Real(0);
    sums.counts[0] += objectness;
    sums.counts[1] += counts;
    for (int64_t channel = 0; channel < grid.channels; ++channel) {
      const YoloElement<Real> element = yolo_element(grid, place, raw, y_true, channel, counts);
      sums.terms[yolo_term_of_channel(channel, grid.options.box)] += element.loss;
      context.outputs[2].as<Wide>()[i * grid.channels + channel] = convert<Wide>(element.slope);
    }
  }
  return sums;
}

template <class Real, class Raw, class Wide>
void run(KernelContext& context, bool parallel) {
  const auto& grid = context.state_as<YoloGrid>();
  const Scratch<Real> scratch(grid, context.workspace);
  const int64_t rows = grid.batch * grid.rows;
  const bool worth = parallel && grid.predictions() * grid.channels > kElementsWorthAThread;
#pragma omp parallel if (worth)
  {
#pragma omp for schedule(static)
    for (int64_t picture = 0; picture < grid.batch; ++picture) {
      gather_objects(grid, context.inputs[1].as<Wide>(), picture, scratch);
    }
#pragma omp for schedule(static)
    for (int64_t row = 0; row < rows; ++row) scratch.rows[row] = run_row<Real, Raw, Wide>(context, grid, row, scratch);
  }
  Sums all{};
  for (int64_t row = 0; row < rows; ++row) {
    for (int i = 0; i < 4; ++i) all.terms[i] += scratch.rows[row].terms[i];
    for (int i = 0; i < 2; ++i) all.counts[i] += scratch.rows[row].counts[i];
  }
  for (int i = 0; i < 4; ++i) context.outputs[0].as<Wide>()[i] = convert<Wide>(all.terms[i]);
  for (int i = 0; i < 2; ++i) context.outputs[1].as<Wide>()[i] = convert<Wide>(all.counts[i]);
}

void launch_rows(KernelContext& context) {
  switch (context.inputs[0].dtype) {
    case DType::bf16: return run<float, bf16, float>(context, true);
    case DType::f16: return run<float, f16, float>(context, true);
    default: return run<float, float, float>(context, true);
  }
}

void launch_reference(KernelContext& context) {
  switch (context.inputs[0].dtype) {
    case DType::f64: return run<double, double, double>(context, false);
    case DType::bf16: return run<double, bf16, float>(context, false);
    case DType::f16: return run<double, f16, float>(context, false);
    default: return run<double, float, float>(context, false);
  }
}

Verdict accepts_rows(const KernelQuery& query) {
  if (query.in(0) == DType::f64) return Verdict::no("f64 is the reference's");
  return Verdict::yes();
}
Verdict accepts_reference(const KernelQuery&) { return Verdict::yes(); }

template <class Real>
Prepared prepare(const KernelQuery& query) {
  const YoloGrid grid = yolo_grid(query);
  return {.state = std::make_shared<YoloGrid>(grid), .workspace_bytes = Scratch<Real>::bytes(grid)};
}

}  // namespace

namespace cpu {

std::span<const KernelImpl> yolo_loss_impls() {
  static const KernelImpl impls[] = {
      {"yolo_loss", DeviceKind::cpu, "rows", accepts_rows, prepare<float>, launch_rows},
      {"yolo_loss", DeviceKind::cpu, "reference", accepts_reference, prepare<double>, launch_reference},
  };
  return impls;
}

}  // namespace cpu
}  // namespace lamina
