// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/darknet/standard_networks.h"

#include "apps/yolov3/darknet/cfg.h"
#include "core/base/check.h"

namespace lamina::yolov3 {
namespace {

constexpr double kIgnoreThreshold = 0.7;

// Appends layers in the words of the papers.
class Builder {
 public:
  Builder(int64_t classes, std::span<const DarknetAnchor> anchors, size_t wanted_anchors, int64_t size)
      : classes_(classes), anchors_(anchors.begin(), anchors.end()), network_{.width = size, .height = size} {
    const auto check = [](bool fine, const std::string& what) {
      if (!fine) throw Error(ErrorKind::usage, what);
    };
    check(classes >= 1, text("a network of ", classes, " classes; there is at least one"));
    check(size >= kDarknetStride && size % kDarknetStride == 0,
          text("a network of ", size, " pixels a side; it is a multiple of ", kDarknetStride));
    check(anchors.size() == wanted_anchors, text("the network takes ", wanted_anchors, " anchors, got ", anchors.size()));
    for (const DarknetAnchor& anchor : anchors) {
      check(anchor.width > 0 && anchor.height > 0, text("an anchor of ", anchor.width, " x ", anchor.height, " pixels"));
    }
  }

  void convolution(int64_t filters, int64_t size, int64_t stride = 1) {
    append(DarknetConvolutional{filters, size, stride, size / 2, true, DarknetActivation::leaky});
  }
  void maxpool(int64_t stride) { append(DarknetMaxpool{2, stride, 1}); }
  void route(std::vector<int64_t> layers) { append(DarknetRoute{std::move(layers)}); }

  // Halves height and width, then `repeats` times narrow, widen and add.
  void residual_stage(int64_t filters, int repeats) {
    convolution(filters, 3, 2);
    for (int i = 0; i < repeats; ++i) {
      convolution(filters / 2, 1);
      convolution(filters, 3);
      append(DarknetShortcut{next() - 3});
    }
  }

  void narrow_and_widen(int64_t filters, int repeats) {
    for (int i = 0; i < repeats; ++i) {
      convolution(filters, 1);
      convolution(2 * filters, 3);
    }
  }

  void head(std::vector<int64_t> mask) {
    const auto channels = static_cast<int64_t>(mask.size()) * (5 + classes_);
    append(DarknetConvolutional{channels, 1, 1, 0, false, DarknetActivation::linear});
    append(DarknetYolo{std::move(mask), anchors_, classes_, kIgnoreThreshold});
  }

  // From what the last head read to the next scale: narrowed, doubled, and joined with a finer layer.
  void finer_scale(int64_t filters, int64_t finer_layer) {
    route({next() - 4});
    convolution(filters, 1);
    append(DarknetUpsample{2});
    route({next() - 1, finer_layer});
  }

  int64_t next() const { return static_cast<int64_t>(network_.layers.size()); }
  DarknetNetwork take() { return std::move(network_); }

 private:
  void append(DarknetKind kind) { network_.append(std::move(kind), text("layer ", next())); }

  int64_t classes_;
  std::vector<DarknetAnchor> anchors_;
  DarknetNetwork network_;
};

}  // namespace

DarknetNetwork yolov3_network(int64_t classes, std::span<const DarknetAnchor> anchors, int64_t size) {
  Builder net(classes, anchors, 9, size);
  net.convolution(32, 3);
  net.residual_stage(64, 1);
  net.residual_stage(128, 2);
  net.residual_stage(256, 8);
  const int64_t stride_8 = net.next() - 1;
  net.residual_stage(512, 8);
  const int64_t stride_16 = net.next() - 1;
  net.residual_stage(1024, 4);

  net.narrow_and_widen(512, 3);
  net.head({6, 7, 8});
  net.finer_scale(256, stride_16);
  net.narrow_and_widen(256, 3);
  net.head({3, 4, 5});
  net.finer_scale(128, stride_8);
  net.narrow_and_widen(128, 3);
  net.head({0, 1, 2});
  return net.take();
}

DarknetNetwork yolov3_tiny_network(int64_t classes, std::span<const DarknetAnchor> anchors, int64_t size) {
  Builder net(classes, anchors, 6, size);
  for (const int64_t filters : {16, 32, 64, 128}) {
    net.convolution(filters, 3);
    net.maxpool(2);
  }
  net.convolution(256, 3);
  const int64_t stride_16 = net.next() - 1;
  net.maxpool(2);
  net.convolution(512, 3);
  net.maxpool(1);
  net.convolution(1024, 3);
  net.narrow_and_widen(256, 1);
  net.head({3, 4, 5});
  net.finer_scale(128, stride_16);
  net.convolution(256, 3);
  net.head({0, 1, 2});
  return net.take();
}

std::vector<DarknetAnchor> yolov3_anchors() {
  return {{10, 13}, {16, 30}, {33, 23}, {30, 61}, {62, 45}, {59, 119}, {116, 90}, {156, 198}, {373, 326}};
}

std::vector<DarknetAnchor> yolov3_tiny_anchors() { return {{10, 14}, {23, 27}, {37, 58}, {81, 82}, {135, 169}, {344, 319}}; }

}  // namespace lamina::yolov3
