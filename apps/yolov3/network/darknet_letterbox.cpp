// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/network/darknet_letterbox.h"

#include <algorithm>

#include "core/compile/make_plan.h"
#include "core/graph/leaves.h"
#include "core/runtime/cpu/threads.h"
#include "kernels/all_ops.h"

namespace lamina::yolov3 {

DarknetLetterbox::DarknetLetterbox(const Letterbox& box, const std::shared_ptr<Device>& device) : box_(box) {
  const Value picture = input_value("picture", DType::u8, Shape{1, box.from_height, box.from_width, 3});
  Graph graph;
  graph.outputs.push_back({"canvas", letterbox2d(picture, box, {.coordinates = ResizeCoordinates::corners, .scale = 1.0 / 255, .fill = 0.5})});
  PlanOptions options;
  options.device = device->kind();
  options.threads = threads();
  executor_ = std::make_unique<Executor>(std::make_shared<const Plan>(make_plan(graph, {}, kernels::all_ops(), options)), device);
}

void DarknetLetterbox::set(const Picture& picture, std::span<float> canvas) {
  const Feed feed = {{"picture", HostTensor::of<uint8_t>({1, box_.from_height, box_.from_width, 3}, picture.rgb)}};
  const Feed result = executor_->run(feed);
  std::ranges::copy(result.at("canvas").as<float>(), canvas.begin());
}

}  // namespace lamina::yolov3
