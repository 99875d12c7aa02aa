// SPDX-License-Identifier: Apache-2.0
// The layers over pictures as the golden files describe them; golden_layer.h has all layers.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "layers/lamina.h"

namespace lamina::testing {

using nlohmann::json;

// Numbers that Keras takes as one or as a pair.
inline Size2D golden_size(const json& args, const std::string& name, Size2D otherwise) {
  if (!args.contains(name)) return otherwise;
  const json& size = args.at(name);
  return size.is_array() ? Size2D(size.at(0), size.at(1)) : Size2D(size.get<int64_t>());
}

inline Edges2D::Ends golden_ends(const json& ends) { return {ends.at(0), ends.at(1)}; }

inline Padding2D golden_padding(const json& args) {
  if (!args.contains("padding")) return "valid";
  const json& padding = args.at("padding");
  if (padding.is_string()) return padding.get<std::string>();
  return {golden_ends(padding.at(0)), golden_ends(padding.at(1))};
}

inline Edges2D golden_edges(const json& args) {
  if (!args.contains("padding")) return 1;
  const json& padding = args.at("padding");
  if (padding.is_number()) return padding.get<int64_t>();
  if (padding.at(0).is_number()) return {padding.at(0).get<int64_t>(), padding.at(1).get<int64_t>()};
  return {golden_ends(padding.at(0)), golden_ends(padding.at(1))};
}

inline Pooling2DOptions golden_pooling(const json& args, const std::string& name) {
  Pooling2DOptions options{.name = name, .padding = golden_padding(args)};
  if (args.contains("strides")) options.strides = golden_size(args, "strides", 1);
  return options;
}

// The layers over pictures; nullopt: another one.
inline std::optional<LayerHandle> golden_picture_layer(const std::string& type, const json& args, const std::string& name) {
  if (type == "Conv2D") {
    return Conv2D(args.at("filters"), golden_size(args, "kernel_size", 1),
                  {.name = name,
                   .strides = golden_size(args, "strides", 1),
                   .padding = golden_padding(args),
                   .dilation_rate = golden_size(args, "dilation_rate", 1),
                   .activation = args.at("activation").get<std::string>(),
                   .use_bias = args.at("use_bias")});
  }
  const Size2D pool_size = golden_size(args, "pool_size", 2);
  if (type == "MaxPooling2D") return MaxPooling2D(pool_size, golden_pooling(args, name));
  if (type == "AveragePooling2D") return AveragePooling2D(pool_size, golden_pooling(args, name));
  if (type == "GlobalMaxPooling2D") return GlobalMaxPooling2D({.name = name, .keepdims = args.at("keepdims")});
  if (type == "GlobalAveragePooling2D") return GlobalAveragePooling2D({.name = name, .keepdims = args.at("keepdims")});
  if (type == "UpSampling2D") return UpSampling2D(golden_size(args, "size", 2), {.name = name});
  if (type == "ZeroPadding2D") return ZeroPadding2D(golden_edges(args), {.name = name});
  return std::nullopt;
}

}  // namespace lamina::testing
