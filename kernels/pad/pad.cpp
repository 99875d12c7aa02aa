// SPDX-License-Identifier: Apache-2.0
#include "kernels/pad/pad.h"

#include <limits>

#include "core/base/check.h"
#include "kernels/op_folder.h"
#include "kernels/slice/slice.h"

namespace lamina {

std::vector<OpCase> pad_cases();

namespace {

bool can_hold(DType dtype, double value) {
  if (is_floating(dtype)) return true;
  return with_type(dtype, [&](auto type) {
    using T = decltype(type);
    if constexpr (std::is_integral_v<T>) {
      const double low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
      return value >= low && value <= high && static_cast<double>(static_cast<int64_t>(value)) == value;
    }
    return true;
  });
}

std::vector<TensorType> infer_pad(const Attributes& attributes, std::span<const TensorType> inputs) {
  const auto& [before, behind, value] = attributes.get<PadAttributes>();
  const auto& [dtype, x] = inputs[0];
  LAMINA_CHECK(static_cast<int>(before.size()) == x.rank() && before.size() == behind.size(),
               "takes one pair of amounts for each of the ", x.rank(), " axes of ", x, ", got ", before.size());
  LAMINA_CHECK(can_hold(dtype, value), "the value ", value, " is not one of ", dtype);
  Shape y = x;
  for (int axis = 0; axis < x.rank(); ++axis) {
    const int64_t first = before[static_cast<size_t>(axis)], last = behind[static_cast<size_t>(axis)];
    LAMINA_CHECK(first >= 0 && last >= 0, "the amounts (", first, ", ", last, ") of axis ", axis,
                 " must not be negative; slice() takes elements away");
    y[axis] = x[axis] + Dim(first) + Dim(last);
  }
  return {{dtype, y}};
}

std::vector<Value> pad_gradient(const GradientContext& context) {
  const auto& before = context.attributes<PadAttributes>().before;
  const Shape begin(std::vector<Dim>(before.begin(), before.end()));
  return {slice_axes(context.output_gradients[0], begin, context.inputs[0].shape(),
                     std::vector<int64_t>(before.size(), 1))};
}

}  // namespace

const OpDef& pad_op() {
  static const OpDef op{
      .name = "pad", .infer = infer_pad, .gradient = pad_gradient, .flops = {}, .exact_on_integers = true};
  return op;
}

Value pad(const Value& x, const std::vector<std::pair<int64_t, int64_t>>& amounts, double value) {
  PadAttributes attributes;
  for (const auto& [before, behind] : amounts) {
    attributes.before.push_back(before);
    attributes.behind.push_back(behind);
  }
  attributes.value = value;
  const Value y = make_value(pad_op(), std::move(attributes), {x});
  return y.shape() == x.shape() ? x : y;
}

std::vector<OpEntry> pad_ops() { return {{pad_op(), pad_cases}}; }

}  // namespace lamina
