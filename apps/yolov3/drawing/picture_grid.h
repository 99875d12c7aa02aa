// SPDX-License-Identifier: Apache-2.0
// Several pictures on one sheet: the labelled first batch of a training, or predictions.
#pragma once

#include <span>
#include <string>

#include "apps/yolov3/picture/picture.h"

namespace lamina::yolov3 {

struct GridCell {
  Picture picture;
  std::string caption;  // one line; its end is cut where it is too long
};

struct GridOptions {
  int64_t columns = 0;      // 0: about as many as rows
  int64_t cell_side = 320;  // pixels that a picture is fitted into, keeping its aspect ratio
};

// Row by row. Throws ErrorKind::usage for no cells, negative columns, a side below 32, or a sheet of more than 32767 pixels a
// side.
Picture picture_grid(std::span<const GridCell> cells, const GridOptions& options = {});

}  // namespace lamina::yolov3
