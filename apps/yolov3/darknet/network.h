// SPDX-License-Identifier: Apache-2.0
// What a darknet .cfg describes: layers in order, each with the shape that it puts out. Every network is made by append(),
// which checks a layer against those before it, so that a network that exists fits together.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <variant>
#include <vector>

namespace lamina::yolov3 {

struct DarknetShape {
  int64_t height = 0;
  int64_t width = 0;
  int64_t channels = 0;
  friend bool operator==(const DarknetShape&, const DarknetShape&) = default;
};
std::ostream& operator<<(std::ostream& out, const DarknetShape& shape);  // "52 x 52 x 256"

enum class DarknetActivation { linear, leaky };  // leaky: x where x > 0, else 0.1 x

struct DarknetConvolutional {
  int64_t filters = 1;
  int64_t size = 1;  // of the square kernel
  int64_t stride = 1;
  int64_t padding = 0;  // pixels of zero on each of the four sides; 'pad=1' in a file is size / 2
  bool batch_normalize = false;
  DarknetActivation activation = DarknetActivation::leaky;
  friend bool operator==(const DarknetConvolutional&, const DarknetConvolutional&) = default;
};

// The output of the layer before plus that of layer `from`; the shapes are equal.
struct DarknetShortcut {
  int64_t from = 0;  // index from the first layer
  friend bool operator==(const DarknetShortcut&, const DarknetShortcut&) = default;
};

// The outputs of `layers`, in this order, side by side along the channels.
struct DarknetRoute {
  std::vector<int64_t> layers;  // indices from the first layer
  friend bool operator==(const DarknetRoute&, const DarknetRoute&) = default;
};

// Each pixel becomes stride x stride equal ones.
struct DarknetUpsample {
  int64_t stride = 2;
  friend bool operator==(const DarknetUpsample&, const DarknetUpsample&) = default;
};

struct DarknetMaxpool {
  int64_t size = 2;
  int64_t stride = 2;
  int64_t padding = 1;  // pixels on both sides together, padding / 2 of them before; they never win
  friend bool operator==(const DarknetMaxpool&, const DarknetMaxpool&) = default;
};

// In pixels of the network's input.
struct DarknetAnchor {
  double width = 0;
  double height = 0;
  friend bool operator==(const DarknetAnchor&, const DarknetAnchor&) = default;
};

// A head: channels are, for each anchor of the mask, x, y, w, h, objectness and the classes.
struct DarknetYolo {
  std::vector<int64_t> mask;  // indices into anchors
  std::vector<DarknetAnchor> anchors;
  int64_t classes = 0;
  double ignore_threshold = 0.5;
  friend bool operator==(const DarknetYolo&, const DarknetYolo&) = default;
};

using DarknetKind =
    std::variant<DarknetConvolutional, DarknetShortcut, DarknetRoute, DarknetUpsample, DarknetMaxpool, DarknetYolo>;

struct DarknetLayer {
  DarknetKind kind;
  DarknetShape output;
  friend bool operator==(const DarknetLayer&, const DarknetLayer&) = default;
};

// The sizes of one convolution, as far as its weights depend on them.
struct DarknetConvolutionShape {
  int64_t filters = 0;
  int64_t channels = 0;
  int64_t size = 0;
  bool batch_normalize = false;
  friend bool operator==(const DarknetConvolutionShape&, const DarknetConvolutionShape&) = default;
};

struct DarknetNetwork {
  int64_t width = 416;
  int64_t height = 416;
  int64_t channels = 3;
  std::vector<DarknetLayer> layers;

  DarknetShape input() const { return {height, width, channels}; }

  // What the next layer reads: the output of the last one, or the input.
  DarknetShape last_output() const { return layers.empty() ? input() : layers.back().output; }

  // Adds a layer behind the others. Throws ErrorKind::model, beginning with `where` ("yolo.cfg:12: [route]"), where it does
  // not fit those before it.
  void append(DarknetKind kind, const std::string& where);

  // In the order in which a .weights file holds them.
  std::vector<DarknetConvolutionShape> convolutions() const;

  friend bool operator==(const DarknetNetwork&, const DarknetNetwork&) = default;
};

}  // namespace lamina::yolov3
