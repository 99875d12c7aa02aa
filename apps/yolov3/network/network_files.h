// SPDX-License-Identifier: Apache-2.0
// A network with its weights, to and from files. Our own (.safetensors) carry the darknet description and the class names in
// their metadata, so that nothing else is needed to detect with them; darknet's .weights need their .cfg.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "apps/yolov3/network/yolo_network.h"

namespace lamina::yolov3 {

// Replaces `file`: .safetensors, or darknet's .weights with FILE.cfg and FILE.names beside it.
void save_network(const std::string& file, const YoloNetwork& network, const std::vector<std::string>& class_names);

// What save_network writes for `file`: that and, of .weights, those beside it.
std::vector<std::string> files_of_network(const std::string& file);

struct LoadNetworkOptions {
  std::string cfg;    // of .weights; where empty, the file's name with .cfg
  std::string names;  // one class a line; where empty: of .weights, the file's name with .names, or numbers where that is not there
  int64_t size = 0;   // side of the input; 0: the file's own
};

struct LoadedNetwork {
  YoloNetwork network;
  std::vector<std::string> class_names;
  bool from_darknet = false;
  std::string report;  // what was loaded, one line
};

// Throws ErrorKind::usage for another ending, ErrorKind::io for what cannot be read, and ErrorKind::model for what is damaged
// or does not fit, naming the file.
LoadedNetwork load_network(const std::string& file, const LoadNetworkOptions& options = {});

// Start weights for training: what of the file fits by name and shape is taken, from .weights as many convolutions as it
// holds, in order (darknet53.conv.74). Returns the report; throws where nothing fits.
std::string load_start_weights(const std::string& file, const YoloNetwork& network);

// The same layers for another side of the input, a multiple of 32.
DarknetNetwork resized(const DarknetNetwork& description, int64_t size);

}  // namespace lamina::yolov3
