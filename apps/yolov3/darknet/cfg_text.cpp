// SPDX-License-Identifier: Apache-2.0
// The writer of .cfg text.
#include <charconv>

#include "apps/yolov3/darknet/cfg.h"
#include "core/base/text.h"

namespace lamina::yolov3 {
namespace {

// Shortest text that reads back to the same number.
std::string exact(double number) {
  char digits[32];
  const auto [end, error] = std::to_chars(digits, digits + sizeof(digits), number);
  return {digits, end};
}

std::string net_section(const DarknetNetwork& network) {
  return text("[net]\nbatch=64\nsubdivisions=16\nwidth=", network.width, "\nheight=", network.height,
              "\nchannels=", network.channels,
              "\nmomentum=0.9\ndecay=0.0005\nangle=0\nsaturation=1.5\nexposure=1.5\nhue=.1\n\nlearning_rate=0.001\nburn_in=1000\n"
              "max_batches=500200\npolicy=steps\nsteps=400000,450000\nscales=.1,.1\n");
}

// The section of one layer; `index` is its place among the layers.
class LayerSection {
 public:
  explicit LayerSection(int64_t index) : index_(index) {}

  std::string operator()(const DarknetConvolutional& layer) const {
    const bool pad = layer.padding == layer.size / 2;
    return text("[convolutional]\n", layer.batch_normalize ? "batch_normalize=1\n" : "", "filters=", layer.filters,
                "\nsize=", layer.size, "\nstride=", layer.stride, pad ? "\npad=1" : text("\npadding=", layer.padding),
                "\nactivation=", layer.activation == DarknetActivation::leaky ? "leaky" : "linear", "\n");
  }

  std::string operator()(const DarknetShortcut& layer) const {
    return text("[shortcut]\nfrom=", reference(layer.from), "\nactivation=linear\n");
  }

  std::string operator()(const DarknetRoute& layer) const {
    std::vector<int64_t> references;
    for (const int64_t index : layer.layers) references.push_back(reference(index));
    return text("[route]\nlayers=", join(references, ","), "\n");
  }

  std::string operator()(const DarknetUpsample& layer) const { return text("[upsample]\nstride=", layer.stride, "\n"); }

  std::string operator()(const DarknetMaxpool& layer) const {
    return text("[maxpool]\nsize=", layer.size, "\nstride=", layer.stride,
                layer.padding == layer.size - 1 ? "" : text("\npadding=", layer.padding), "\n");
  }

  std::string operator()(const DarknetYolo& layer) const {
    std::vector<std::string> anchors;
    for (const DarknetAnchor& anchor : layer.anchors) anchors.push_back(exact(anchor.width) + "," + exact(anchor.height));
    return text("[yolo]\nmask=", join(layer.mask, ","), "\nanchors=", join(anchors, ", "), "\nclasses=", layer.classes,
                "\nnum=", layer.anchors.size(), "\njitter=.3\nignore_thresh=", exact(layer.ignore_threshold),
                "\ntruth_thresh=1\nrandom=1\n");
  }

 private:
  int64_t reference(int64_t layer) const { return index_ - layer <= 4 ? layer - index_ : layer; }

  int64_t index_;
};

}  // namespace

std::string cfg_text(const DarknetNetwork& network) {
  std::string cfg = net_section(network);
  for (size_t i = 0; i < network.layers.size(); ++i) {
    cfg += "\n" + std::visit(LayerSection(static_cast<int64_t>(i)), network.layers[i].kind);
  }
  return cfg;
}

}  // namespace lamina::yolov3
