// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/commands/weights_flags.h"

namespace lamina::yolov3 {

CLI::Option* WeightsFlags::add_to(CLI::App& cli) {
  cli.add_option("--cfg", cfg, "darknet's description of .weights (default: the file's name with .cfg)");
  return cli.add_option("WEIGHTS", file, "a .safetensors file of yolov3 train, or darknet's .weights");
}

}  // namespace lamina::yolov3
