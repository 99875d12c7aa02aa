// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/darknet/network.h"

#include <algorithm>
#include <ostream>

#include "core/base/check.h"

namespace lamina::yolov3 {
namespace {

// Far above any real network, and small enough that no product of a shape leaves 64 bits.
constexpr int64_t kMaxSide = 1 << 16;
constexpr int64_t kMaxChannels = 1 << 20;

// The shape that a layer puts out behind `network`, or an error that begins with `where`.
class OutputShape {
 public:
  OutputShape(const DarknetNetwork& network, const std::string& where) : network_(network), where_(where) {}

  DarknetShape operator()(const DarknetConvolutional& layer) const {
    const DarknetShape in = network_.last_output();
    return {window(in.height, layer.size, layer.stride, 2 * layer.padding),
            window(in.width, layer.size, layer.stride, 2 * layer.padding), layer.filters};
  }

  DarknetShape operator()(const DarknetMaxpool& layer) const {
    const DarknetShape in = network_.last_output();
    return {window(in.height, layer.size, layer.stride, layer.padding), window(in.width, layer.size, layer.stride, layer.padding),
            in.channels};
  }

  DarknetShape operator()(const DarknetUpsample& layer) const {
    const DarknetShape in = network_.last_output();
    return {in.height * layer.stride, in.width * layer.stride, in.channels};
  }

  DarknetShape operator()(const DarknetShortcut& layer) const {
    const DarknetShape in = network_.last_output();
    const DarknetShape other = output_of(layer.from);
    LAMINA_CHECK(in == other, where_, " adds layer ", layer.from, " of ", other, " to the layer before it of ", in,
                 "; name a layer of the same shape");
    return in;
  }

  DarknetShape operator()(const DarknetRoute& layer) const {
    LAMINA_CHECK(!layer.layers.empty(), where_, " joins no layers; name at least one, as in layers=-4");
    DarknetShape joined = output_of(layer.layers.front());
    for (size_t i = 1; i < layer.layers.size(); ++i) {
      const DarknetShape other = output_of(layer.layers[i]);
      LAMINA_CHECK(other.height == joined.height && other.width == joined.width, where_, " joins layer ", layer.layers.front(),
                   " of ", output_of(layer.layers.front()), " and layer ", layer.layers[i], " of ", other,
                   "; height and width must agree");
      joined.channels += other.channels;
    }
    return joined;
  }

  DarknetShape operator()(const DarknetYolo& layer) const {
    const DarknetShape in = network_.last_output();
    const auto boxes = static_cast<int64_t>(layer.mask.size());
    const int64_t wanted = boxes * (5 + layer.classes);
    LAMINA_CHECK(in.channels == wanted, where_, " reads ", in.channels, " channels, but ", boxes, " masks * (5 + ", layer.classes,
                 " classes) are ", wanted, "; write filters=", wanted, " in the [convolutional] before it");
    return in;
  }

 private:
  int64_t window(int64_t side, int64_t size, int64_t stride, int64_t padding) const {
    LAMINA_CHECK(side + padding >= size, where_, " has a window of ", size, ", larger than its input of ", side, " with ",
                 padding, " pixels of padding");
    return (side + padding - size) / stride + 1;
  }

  const DarknetShape& output_of(int64_t index) const {
    const auto count = static_cast<int64_t>(network_.layers.size());
    LAMINA_CHECK(count > 0, where_, " is the first layer and has none to refer to");
    LAMINA_CHECK(index >= 0 && index < count, where_, " refers to layer ", index, ", the layers before it are 0 to ", count - 1);
    return network_.layers[static_cast<size_t>(index)].output;
  }

  const DarknetNetwork& network_;
  const std::string& where_;
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const DarknetShape& shape) {
  return out << shape.height << " x " << shape.width << " x " << shape.channels;
}

void DarknetNetwork::append(DarknetKind kind, const std::string& where) {
  const DarknetShape output = std::visit(OutputShape(*this, where), kind);
  LAMINA_CHECK(std::max(output.height, output.width) <= kMaxSide && output.channels <= kMaxChannels, where, " puts out ", output,
               "; at most ", kMaxSide, " x ", kMaxSide, " x ", kMaxChannels, " is possible");
  layers.push_back({std::move(kind), output});
}

std::vector<DarknetConvolutionShape> DarknetNetwork::convolutions() const {
  std::vector<DarknetConvolutionShape> found;
  DarknetShape in = input();
  for (const DarknetLayer& layer : layers) {
    if (const auto* convolution = std::get_if<DarknetConvolutional>(&layer.kind)) {
      found.push_back({convolution->filters, in.channels, convolution->size, convolution->batch_normalize});
    }
    in = layer.output;
  }
  return found;
}

}  // namespace lamina::yolov3
