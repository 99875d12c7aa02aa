// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/network/yolo_network.h"

#include "core/base/check.h"
#include "layers/lamina.h"

namespace lamina::yolov3 {
namespace {

constexpr double kLeakySlope = 0.1;

// Makes one layer after the other, and remembers what each puts out: routes and shortcuts reach back.
class Builder {
 public:
  Builder(const DarknetNetwork& description, const NetworkOptions& options) : options_(options) {
    network_.description = description;
    network_.image = Input({description.height, description.width, description.channels}, {.name = "image"});
    last_ = network_.image;
  }

  YoloNetwork build() {
    const auto& layers = network_.description.layers;
    for (size_t i = 0; i < layers.size(); ++i) {
      index_ = static_cast<int64_t>(i);
      last_ = std::visit([&](const auto& layer) { return add(layer); }, layers[i].kind);
      outputs_.push_back(last_);
    }
    LAMINA_CHECK(!network_.heads.empty(), "the network has no [yolo] section, so there is nothing that it detects");
    return std::move(network_);
  }

 private:
  std::string named(const char* what) const { return text(what, "_", index_); }

  // The convolution before a [yolo] section is that head's output and bears its name.
  bool feeds_a_head() const {
    const auto& layers = network_.description.layers;
    const auto next = static_cast<size_t>(index_) + 1;
    return next < layers.size() && std::holds_alternative<DarknetYolo>(layers[next].kind);
  }

  Value add(const DarknetConvolutional& layer) {
    const int64_t pad = layer.padding;
    const Conv2D conv(layer.filters, layer.size,
                      {.name = feeds_a_head() ? text("yolo_", index_ + 1) : named("conv"),
                       .strides = layer.stride,
                       .padding = Padding2D{{pad, pad}, {pad, pad}},
                       .use_bias = !layer.batch_normalize,
                       .kernel_initializer = he_normal(),
                       .kernel_regularizer = l2(options_.weight_decay)});
    Convolution made{index_, conv, {}};
    Value y = conv(last_);
    if (layer.batch_normalize) {
      made.norm.emplace(BatchNormalizationOptions{.name = named("bn"), .epsilon = kEpsilon, .frozen = options_.frozen});
      y = (*made.norm)(y);
    }
    network_.convolutions.push_back(std::move(made));
    if (layer.activation == DarknetActivation::leaky) y = LeakyReLU(kLeakySlope, {.name = named("leaky")})(y);
    return y;
  }

  Value add(const DarknetShortcut& layer) { return Add({.name = named("add")})({last_, output_of(layer.from)}); }

  Value add(const DarknetRoute& layer) {
    std::vector<Value> values;
    for (const int64_t from : layer.layers) values.push_back(output_of(from));
    return values.size() == 1 ? values.front() : Concatenate(-1, {.name = named("concat")})(values);
  }

  Value add(const DarknetUpsample& layer) { return UpSampling2D(layer.stride, {.name = named("upsample")})(last_); }

  // darknet's padding reaches half before and the rest behind; with 2x2 windows that is TensorFlow's "same".
  Value add(const DarknetMaxpool& layer) {
    LAMINA_CHECK(layer.padding == layer.size - 1, "[maxpool] of layer ", index_, " has padding ", layer.padding, "; only size - 1 = ",
                 layer.size - 1, " is supported");
    return MaxPooling2D(layer.size, {.name = named("maxpool"), .strides = layer.stride, .padding = "same"})(last_);
  }

  Value add(const DarknetYolo& layer) {
    LAMINA_CHECK(network_.heads.empty() || layer.classes == network_.classes, "layer ", index_, ": this [yolo] section has ",
                 layer.classes, " classes, an earlier one has ", network_.classes);
    const DarknetNetwork& whole = network_.description;
    const DarknetShape grid = whole.layers[static_cast<size_t>(index_)].output;
    LAMINA_CHECK(whole.height % grid.height == 0 && whole.width % grid.width == 0 && whole.height / grid.height == whole.width / grid.width,
                 "layer ", index_, ": a grid of ", grid.height, " x ", grid.width, " does not divide the input of ", whole.height, " x ",
                 whole.width, " into square cells");
    network_.classes = layer.classes;
    network_.heads.push_back({last_, layer, whole.height / grid.height});
    return last_;
  }

  const Value& output_of(int64_t layer) const { return outputs_[static_cast<size_t>(layer)]; }

  NetworkOptions options_;
  YoloNetwork network_;
  std::vector<Value> outputs_;
  Value last_;
  int64_t index_ = 0;
};

// The last layer before the first [yolo] section that is no convolution: the last shortcut of Darknet-53, the last pool of
// tiny. What stands up to it is the body.
int64_t end_of_body(const DarknetNetwork& network) {
  int64_t end = 0;
  for (size_t i = 0; i < network.layers.size(); ++i) {
    if (std::holds_alternative<DarknetYolo>(network.layers[i].kind)) break;
    if (!std::holds_alternative<DarknetConvolutional>(network.layers[i].kind)) end = static_cast<int64_t>(i);
  }
  return end;
}

}  // namespace

std::vector<DarknetAnchor> Head::anchors() const {
  std::vector<DarknetAnchor> chosen;
  for (const int64_t index : yolo.mask) chosen.push_back(yolo.anchors[static_cast<size_t>(index)]);
  return chosen;
}

YoloNetwork make_network(const DarknetNetwork& description, const NetworkOptions& options) { return Builder(description, options).build(); }

void freeze(const YoloNetwork& network, Freeze what) {
  const int64_t body_end = end_of_body(network.description);
  for (const Convolution& convolution : network.convolutions) {
    const bool trains = what == Freeze::none || (what == Freeze::body ? convolution.index > body_end : !convolution.norm.has_value());
    convolution.conv.set_trainable(trains);
    if (convolution.norm) convolution.norm->set_trainable(trains);
  }
}

}  // namespace lamina::yolov3
