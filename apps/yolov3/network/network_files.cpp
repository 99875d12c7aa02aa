// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/network/network_files.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/app.h"
#include "apps/yolov3/darknet/cfg.h"
#include "apps/yolov3/darknet/weights.h"
#include "apps/yolov3/data/load_data.h"
#include "core/base/check.h"
#include "core/io/safetensors.h"
#include "layers/model/weights.h"

namespace lamina::yolov3 {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCfgKey = "yolov3.cfg";
constexpr const char* kNamesKey = "yolov3.names";  // a JSON list

enum class Format { safetensors, darknet };

Format format_of(const std::string& file) {
  const std::string ending = fs::path(file).extension().string();
  if (ending == ".safetensors") return Format::safetensors;
  if (ending == ".weights" || ending == ".74") return Format::darknet;  // darknet53.conv.74
  throw Error(ErrorKind::usage, text("weights file '", file, "': the name must end in .safetensors or, of darknet, in .weights"));
}

std::string beside(const std::string& file, const char* ending) { return fs::path(file).replace_extension(ending).string(); }

std::vector<NamedVariable> variables_of(const YoloNetwork& network) {
  std::vector<Value> outputs;
  for (const Head& head : network.heads) outputs.push_back(head.raw);
  return Network({network.image}, outputs).weights();
}

// Darknet divides by sqrt(variance) + 1e-6 and we by sqrt(variance + epsilon): the difference goes into gamma, so that the
// network computes what it did. `kOut`: on the way to darknet.
constexpr double kDarknetEpsilon = 1e-6;

HostTensor rescaled_gamma(const HostTensor& gamma, const HostTensor& variance, double epsilon, bool to_darknet) {
  HostTensor scaled = gamma;
  for (int64_t i = 0; i < gamma.count(); ++i) {
    const double ours = std::sqrt(variance.at(i) + epsilon), theirs = std::sqrt(variance.at(i)) + kDarknetEpsilon;
    scaled.as<float>()[static_cast<size_t>(i)] = static_cast<float>(gamma.at(i) * (to_darknet ? theirs / ours : ours / theirs));
  }
  return scaled;
}

ConvolutionWeights weights_of(const Convolution& convolution) {
  std::vector<HostTensor> conv = convolution.conv.weights();
  ConvolutionWeights weights;
  weights.kernel = conv[0];
  if (!convolution.norm) {
    weights.bias = conv[1];
    return weights;
  }
  const std::vector<HostTensor> norm = convolution.norm->weights();
  weights.batch_normalization = BatchNormalizationWeights{rescaled_gamma(norm[0], norm[3], kEpsilon, true), norm[1], norm[2], norm[3]};
  return weights;
}

void set_weights(const Convolution& convolution, const ConvolutionWeights& weights) {
  if (weights.bias) {
    convolution.conv.set_weights({weights.kernel, *weights.bias});
    return;
  }
  const BatchNormalizationWeights& norm = *weights.batch_normalization;
  convolution.conv.set_weights({weights.kernel});
  convolution.norm->set_weights({rescaled_gamma(norm.gamma, norm.moving_variance, kEpsilon, false), norm.beta, norm.moving_mean,
                                 norm.moving_variance});
}

std::string take_darknet_weights(const std::string& file, const YoloNetwork& network, bool partial) {
  const std::vector<DarknetConvolutionShape> shapes = network.description.convolutions();
  const DarknetLoad load = take_convolutions(read_weights(file), shapes, {.partial = partial});
  for (size_t i = 0; i < load.convolutions.size(); ++i) set_weights(network.convolutions[i], load.convolutions[i]);
  return load.report();
}

std::vector<std::string> numbered(int64_t classes) {
  std::vector<std::string> names;
  for (int64_t i = 0; i < classes; ++i) names.push_back(text("class ", i));
  return names;
}

void check_names(const std::vector<std::string>& names, int64_t classes, const std::string& source) {
  LAMINA_CHECK(static_cast<int64_t>(names.size()) == classes, source, " has ", names.size(), " class names, the network ", classes,
               " classes");
}

LoadedNetwork load_ours(const std::string& file, const LoadNetworkOptions& options) {
  const NamedTensors stored = read_safetensors(file);
  const auto entry = [&](const char* key) {
    const auto found = stored.metadata.find(key);
    LAMINA_CHECK(found != stored.metadata.end(), "weights file '", file, "' has no entry '", key,
                 "' in its metadata: it was not written by yolov3 train, so its network is not known");
    return found->second;
  };
  DarknetNetwork description = parse_cfg(entry(kCfgKey), file + " (" + kCfgKey + ")");
  if (options.size) description = resized(description, options.size);
  LoadedNetwork loaded{make_network(description), {}, false, {}};
  const nlohmann::json names = nlohmann::json::parse(entry(kNamesKey), nullptr, false);
  LAMINA_CHECK(names.is_array() && std::all_of(names.begin(), names.end(), [](const auto& name) { return name.is_string(); }),
               "weights file '", file, "': the entry '", kNamesKey, "' in its metadata is no list of names");
  loaded.class_names = names.get<std::vector<std::string>>();
  if (!options.names.empty()) loaded.class_names = read_class_names(options.names);
  check_names(loaded.class_names, loaded.network.classes, options.names.empty() ? file : options.names);
  const LoadReport report = lamina::load_weights(variables_of(loaded.network), file, {});
  loaded.report = text(file, ": ", report.loaded, " tensors");
  return loaded;
}

LoadedNetwork load_darknet(const std::string& file, const LoadNetworkOptions& options) {
  const std::string cfg = options.cfg.empty() ? beside(file, ".cfg") : options.cfg;
  if (options.cfg.empty() && !fs::exists(cfg)) {
    throw Error(ErrorKind::io, text("darknet's weights '", file, "' need the network's description: there is no '", cfg, "'; give --cfg FILE"));
  }
  DarknetNetwork description = read_cfg(cfg);
  if (options.size) description = resized(description, options.size);
  LoadedNetwork loaded{make_network(description), {}, true, {}};
  const std::string names = options.names.empty() ? beside(file, ".names") : options.names;
  loaded.class_names = options.names.empty() && !fs::exists(names) ? numbered(loaded.network.classes) : read_class_names(names);
  check_names(loaded.class_names, loaded.network.classes, names);
  loaded.report = text(file, ": ", take_darknet_weights(file, loaded.network, false));
  return loaded;
}

}  // namespace

void save_network(const std::string& file, const YoloNetwork& network, const std::vector<std::string>& class_names) {
  const std::string cfg = cfg_text(network.description);
  if (format_of(file) == Format::safetensors) {
    lamina::save_weights(variables_of(network), file, {{kCfgKey, cfg}, {kNamesKey, nlohmann::json(class_names).dump()}});
    return;
  }
  std::vector<ConvolutionWeights> convolutions;
  for (const Convolution& convolution : network.convolutions) convolutions.push_back(weights_of(convolution));
  write_weights(file, convolutions, 0);
  apps::write_text_file(beside(file, ".cfg"), cfg);
  apps::write_text_file(beside(file, ".names"), join(class_names, "\n") + "\n");
}

std::vector<std::string> files_of_network(const std::string& file) {
  if (format_of(file) == Format::safetensors) return {file};
  return {file, beside(file, ".cfg"), beside(file, ".names")};
}

LoadedNetwork load_network(const std::string& file, const LoadNetworkOptions& options) {
  return format_of(file) == Format::safetensors ? load_ours(file, options) : load_darknet(file, options);
}

std::string load_start_weights(const std::string& file, const YoloNetwork& network) {
  if (format_of(file) == Format::darknet) return text(file, ": ", take_darknet_weights(file, network, true));
  const LoadReport report = lamina::load_weights(variables_of(network), file, {.skip_mismatch = true, .allow_missing = true});
  return text(file, ": ", report.loaded, " of ", report.rows.size(), " tensors loaded, the others keep their first values");
}

DarknetNetwork resized(const DarknetNetwork& description, int64_t size) {
  if (size < kDarknetStride || size % kDarknetStride != 0) {
    const int64_t nearest = std::max(kDarknetStride, (size + kDarknetStride / 2) / kDarknetStride * kDarknetStride);
    throw Error(ErrorKind::usage, text("the side of the input must be a multiple of ", kDarknetStride, ", got ", size, "; the nearest is ", nearest));
  }
  DarknetNetwork result;
  result.width = result.height = size;
  result.channels = description.channels;
  for (const DarknetLayer& layer : description.layers) {
    result.append(layer.kind, text("layer ", result.layers.size(), " at ", size, " x ", size, ":"));
  }
  return result;
}

}  // namespace lamina::yolov3
