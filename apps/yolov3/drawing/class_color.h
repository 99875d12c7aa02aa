// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "apps/yolov3/drawing/canvas.h"

namespace lamina::yolov3 {

// A color of its own for each class or curve, the same in every picture: hues turn by the golden angle, so that neighbours in
// the list lie far apart.
Color class_color(int index);

// Black or white, whichever is easier to read on `background`.
Color readable_on(const Color& background);

}  // namespace lamina::yolov3
