// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/darknet/cfg.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "apps/yolov3/darknet/cfg_section.h"
#include "core/base/check.h"
#include "core/io/read_file.h"
#include "core/io/untrusted_text.h"

namespace lamina::yolov3 {
namespace {

// Generous, and far from where a product would leave 64 bits.
constexpr CfgRange kPixels{kDarknetStride, 16384};
constexpr CfgRange kChannels{1, 1024};
constexpr CfgRange kFilters{1, 65536};
constexpr CfgRange kWindow{1, 255};
constexpr CfgRange kStride{1, 64};
constexpr CfgRange kPadding{0, 254};
constexpr CfgRange kClasses{1, 100'000};
constexpr CfgRange kAnchors{1, 100};
constexpr CfgRange kAnchorSide{0.001, 100'000};
constexpr CfgRange kLayerIndex{-kMaxDarknetLayers, kMaxDarknetLayers};
constexpr size_t kMaxJoined = 100;  // layers of one route
constexpr CfgRange kCount{0, 1e9};
constexpr CfgRange kFactor{0, 1e4};
constexpr CfgRange kShare{0, 1};

// darknet's other activations, so that one that exists is not called a misspelling.
const std::vector<std::string> kOtherActivations = {"elu",  "hardtan", "lhtan", "loggy", "logistic", "mish",  "plse",
                                                    "ramp", "relie",   "relu",  "selu",  "stair",    "swish", "tanh"};

int64_t side(const CfgSection& net, const char* key, int64_t otherwise) {
  const int64_t pixels = net.whole(key, kPixels, otherwise);
  if (pixels % kDarknetStride != 0) {
    const int64_t below = pixels / kDarknetStride * kDarknetStride;
    const int64_t nearest = pixels - below < kDarknetStride / 2 ? below : below + kDarknetStride;
    net.refuse(key, text("not a multiple of ", kDarknetStride, "; the nearest is ", nearest));
  }
  return pixels;
}

// Training as darknet does it: shapes no network, but a file with nonsense in it is refused as a whole.
void check_training(const CfgSection& net) {
  const int64_t batch = net.whole("batch", {1, 65536}, 1);
  net.whole("subdivisions", {1, static_cast<double>(batch)}, 1);
  for (const char* key : {"momentum", "decay", "hue", "gamma", "scale", "B1", "B2", "eps"}) net.real(key, kShare, 0);
  for (const char* key : {"learning_rate", "saturation", "exposure", "power", "aspect", "max_ratio", "min_ratio"}) {
    net.real(key, kFactor, 0);
  }
  for (const char* key : {"burn_in", "max_batches", "step", "time_steps", "max_crop", "min_crop"}) net.whole(key, kCount, 0);
  net.real("angle", {0, 360}, 0);
  for (const char* key : {"random", "adam"}) net.flag(key, false);
  net.word("policy", {"constant", "exp", "poly", "random", "sig", "step", "steps"}, "constant");
  if (net.has("steps")) net.wholes("steps", kCount);
  if (net.has("scales")) net.reals("scales", kFactor);
}

DarknetNetwork read_net(const CfgSection& net) {
  net.check_keys({"width",      "height",    "channels", "batch",         "subdivisions", "momentum",    "decay",    "angle",
                  "saturation", "exposure",  "hue",      "learning_rate", "burn_in",      "max_batches", "policy",   "steps",
                  "scales",     "step",      "scale",    "gamma",         "power",        "time_steps",  "max_crop", "min_crop",
                  "max_ratio",  "min_ratio", "aspect",   "random",        "adam",         "B1",          "B2",       "eps"});
  check_training(net);
  return {.width = side(net, "width", 416), .height = side(net, "height", 416), .channels = net.whole("channels", kChannels, 3)};
}

DarknetActivation read_activation(const CfgSection& section, const std::string& otherwise) {
  constexpr const char* kKey = "activation";
  std::vector<std::string> all = kOtherActivations;
  all.insert(all.end(), {"linear", "leaky"});
  const std::string name = section.word(kKey, all, otherwise);
  if (name == "linear") return DarknetActivation::linear;
  if (name == "leaky") return DarknetActivation::leaky;
  if (section.has(kKey)) section.refuse(kKey, "not built here; there are linear and leaky");
  throw Error(ErrorKind::model,
              text(section.where(), " lacks 'activation', which is ", name, " in darknet; write linear or leaky"));
}

DarknetKind read_convolutional(const CfgSection& section, const DarknetNetwork&) {
  section.check_keys(
      {"filters", "size", "stride", "pad", "padding", "batch_normalize", "activation", "groups", "binary", "xnor", "flipped"});
  section.whole("groups", {1, 1}, 1);  // the one value that is built here
  for (const char* key : {"binary", "xnor", "flipped"}) section.whole(key, {0, 0}, 0);
  const int64_t size = section.whole("size", kWindow, 1);
  return DarknetConvolutional{
      .filters = section.whole("filters", kFilters),
      .size = size,
      .stride = section.whole("stride", kStride, 1),
      .padding = section.flag("pad", false) ? size / 2 : section.whole("padding", kPadding, 0),  // pad wins, as in darknet
      .batch_normalize = section.flag("batch_normalize", false),
      .activation = read_activation(section, "logistic")};
}

// Negative numbers count back from this layer.
int64_t from_first(int64_t index, const DarknetNetwork& network) {
  return index < 0 ? static_cast<int64_t>(network.layers.size()) + index : index;
}

DarknetKind read_shortcut(const CfgSection& section, const DarknetNetwork& network) {
  section.check_keys({"from", "activation"});
  if (read_activation(section, "linear") != DarknetActivation::linear) {
    section.refuse("activation", "not built here for a shortcut; there is linear");
  }
  return DarknetShortcut{from_first(section.whole("from", kLayerIndex), network)};
}

DarknetKind read_route(const CfgSection& section, const DarknetNetwork& network) {
  section.check_keys({"layers"});
  const std::vector<int64_t> indices = section.wholes("layers", kLayerIndex);
  LAMINA_CHECK(indices.size() <= kMaxJoined, section.where(), " joins ", indices.size(), " layers, at most ", kMaxJoined);
  DarknetRoute route;
  for (const int64_t index : indices) route.layers.push_back(from_first(index, network));
  return route;
}

DarknetKind read_upsample(const CfgSection& section, const DarknetNetwork&) {
  section.check_keys({"stride", "scale"});
  section.real("scale", {1, 1}, 1);
  return DarknetUpsample{section.whole("stride", kStride, 2)};
}

DarknetKind read_maxpool(const CfgSection& section, const DarknetNetwork&) {
  section.check_keys({"size", "stride", "padding"});
  const int64_t stride = section.whole("stride", kStride, 1);
  const int64_t size = section.whole("size", kWindow, stride);
  return DarknetMaxpool{size, stride, section.whole("padding", {0, static_cast<double>(size - 1)}, size - 1)};
}

std::vector<DarknetAnchor> read_anchors(const CfgSection& section, int64_t count) {
  const std::vector<double> sides = section.reals("anchors", kAnchorSide);
  if (static_cast<int64_t>(sides.size()) != 2 * count) {
    section.refuse("anchors",
                   text(sides.size(), " numbers, but num=", count, " takes ", 2 * count, ", a width and a height each"));
  }
  std::vector<DarknetAnchor> anchors;
  for (size_t i = 0; i < sides.size(); i += 2) anchors.push_back({sides[i], sides[i + 1]});
  return anchors;
}

std::vector<int64_t> read_mask(const CfgSection& section, int64_t count) {
  const std::vector<int64_t> mask = section.wholes("mask", {0, static_cast<double>(count - 1)});
  const std::set<int64_t> distinct(mask.begin(), mask.end());
  if (distinct.size() != mask.size()) section.refuse("mask", "names an anchor twice");
  return mask;
}

DarknetKind read_yolo(const CfgSection& section, const DarknetNetwork&) {
  section.check_keys({"mask", "anchors", "classes", "num", "ignore_thresh", "jitter", "truth_thresh", "random", "max"});
  section.real("jitter", kShare, 0.2);
  section.real("truth_thresh", kShare, 1);
  section.flag("random", false);
  section.whole("max", {1, 100'000}, 90);
  const int64_t count = section.whole("num", kAnchors);
  return DarknetYolo{.mask = read_mask(section, count),
                     .anchors = read_anchors(section, count),
                     .classes = section.whole("classes", kClasses),
                     .ignore_threshold = section.real("ignore_thresh", kShare, 0.5)};
}

using ReadLayer = std::function<DarknetKind(const CfgSection&, const DarknetNetwork&)>;

const std::map<std::string, ReadLayer>& layer_readers() {
  static const std::map<std::string, ReadLayer> readers = {
      {"convolutional", read_convolutional}, {"conv", read_convolutional}, {"shortcut", read_shortcut}, {"route", read_route},
      {"upsample", read_upsample},           {"maxpool", read_maxpool},    {"max", read_maxpool},       {"yolo", read_yolo}};
  return readers;
}

void append_layer(const CfgSection& section, DarknetNetwork& network) {
  const auto found = layer_readers().find(section.name());
  if (found == layer_readers().end()) {
    std::vector<std::string> names;
    for (const auto& [name, unused] : layer_readers()) names.push_back(name);
    throw Error(ErrorKind::model, text(section.where(), " is no layer that is built here", did_you_mean(section.name(), names),
                                       "; there are ", join(names)));
  }
  network.append(found->second(section, network), section.where());
}

}  // namespace

DarknetNetwork parse_cfg(std::string_view cfg, const std::string& source) {
  const std::string shown_source = printable(source);
  const std::vector<CfgSection> sections = read_cfg_sections(cfg, shown_source);
  LAMINA_CHECK(!sections.empty(), shown_source, ": has no sections; the first is [net]");
  const std::string& first = sections.front().name();
  LAMINA_CHECK(first == "net" || first == "network", sections.front().where(), " is the first section; [net] goes before it");
  DarknetNetwork network = read_net(sections.front());
  for (size_t i = 1; i < sections.size(); ++i) append_layer(sections[i], network);
  LAMINA_CHECK(!network.layers.empty(), shown_source, ": has no layers behind [", first, "]");
  return network;
}

DarknetNetwork read_cfg(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = read_file(path, {.file_bytes = 16 << 20});
  return parse_cfg({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.native());
}

}  // namespace lamina::yolov3
