// SPDX-License-Identifier: Apache-2.0
// yolov3: trains YOLOv3 and YOLOv3-tiny on pictures with boxes, detects with them, measures them, converts their weights, and
// looks at data.
#include "apps/app.h"
#include "apps/yolov3/commands/check.h"
#include "apps/yolov3/commands/convert.h"
#include "apps/yolov3/commands/detect.h"
#include "apps/yolov3/commands/eval.h"
#include "apps/yolov3/commands/info.h"
#include "apps/yolov3/commands/train.h"

int main(int argc, char** argv) {
  using namespace lamina;
  CLI::App cli("Trains YOLOv3 and YOLOv3-tiny on your pictures, and finds things in others.", "yolov3");
  cli.require_subcommand(1);
  std::function<int()> body;
  yolov3::add_train_command(cli, body);
  yolov3::add_detect_command(cli, body);
  yolov3::add_eval_command(cli, body);
  yolov3::add_convert_command(cli, body);
  yolov3::add_check_command(cli, body);
  yolov3::add_info_command(cli, body);
  return apps::run(cli, argc, argv, [&] { return body(); });
}
