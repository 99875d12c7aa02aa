// SPDX-License-Identifier: Apache-2.0
// Pictures set into a network's input as darknet's programs do it: scaled with their corners on one another, on grey 0.5.
#pragma once

#include <memory>
#include <span>

#include "apps/yolov3/picture/picture.h"
#include "core/exec/executor.h"
#include "kernels/resize2d/resize2d.h"

namespace lamina::yolov3 {

// For pictures of one size: a plan of one step on `device`.
class DarknetLetterbox {
 public:
  DarknetLetterbox(const Letterbox& box, const std::shared_ptr<Device>& device);

  const Letterbox& box() const { return box_; }

  // Fills `canvas` (to_height, to_width, 3), values 0 to 1. The picture has the size of box().
  void set(const Picture& picture, std::span<float> canvas);

 private:
  Letterbox box_;
  std::unique_ptr<Executor> executor_;
};

}  // namespace lamina::yolov3
