// SPDX-License-Identifier: Apache-2.0
// A darknet network as layers: the one way by which YOLOv3, YOLOv3-tiny and a user's own .cfg become models. Layers are named
// by darknet's numbers: conv_0, bn_0, leaky_0, add_4, maxpool_1, upsample_85, concat_86; a head's last convolution is named by
// its [yolo] section: yolo_82.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "apps/yolov3/darknet/network.h"
#include "layers/batch_normalization.h"
#include "layers/conv2d.h"

namespace lamina::yolov3 {

inline constexpr double kEpsilon = 1e-3;  // of every normalisation, inside of the root, as in Keras

struct NetworkOptions {
  double weight_decay = 5e-4;  // l2 of every kernel, as in keras-yolo3: the loss counts weight_decay * sum(w^2)
  FrozenMode frozen = FrozenMode::inference;  // what frozen normalisations do in training
};

// One convolution with what stands behind it, in the order of a .weights file.
struct Convolution {
  int64_t index = 0;  // of the layer in the cfg
  Conv2D conv;
  std::optional<BatchNormalization> norm;
};

// A [yolo] section and the value that it reads.
struct Head {
  Value raw;  // (batch, grid height, grid width, anchors * (5 + classes)): x, y, w, h, objectness, classes per anchor
  DarknetYolo yolo;
  int64_t stride = 32;  // pixels of the input per cell

  // Those of the mask, in its order.
  std::vector<DarknetAnchor> anchors() const;
};

struct YoloNetwork {
  DarknetNetwork description;
  Value image;  // (batch, height, width, channels) f32 from 0 to 1
  std::vector<Head> heads;  // in the order of the cfg: the coarsest first
  std::vector<Convolution> convolutions;
  int64_t classes = 0;
};

// Throws ErrorKind::model where the description has no head, its heads differ in their classes, or a stride is not whole.
YoloNetwork make_network(const DarknetNetwork& description, const NetworkOptions& options = {});

// Which layers do not train: none; the body (what stands before the first head: Darknet-53, or what takes its place in tiny);
// or everything but the last convolution of each head, as keras-yolo3's first stage. Takes effect at the next compile.
enum class Freeze { none, body, all_but_outputs };
void freeze(const YoloNetwork& network, Freeze what);

}  // namespace lamina::yolov3
