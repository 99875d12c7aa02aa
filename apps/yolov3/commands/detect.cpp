// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/commands/detect.h"

#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/app.h"
#include "apps/yolov3/commands/weights_flags.h"
#include "apps/yolov3/drawing/canvas.h"
#include "apps/yolov3/drawing/draw_boxes.h"
#include "apps/yolov3/network/detector.h"
#include "apps/yolov3/picture/read_picture.h"
#include "apps/yolov3/run/run_folder.h"
#include "core/base/check.h"

namespace lamina::yolov3 {
namespace {

namespace fs = std::filesystem;

struct Flags {
  WeightsFlags weights;
  std::string names, out, json;
  std::vector<std::string> pictures;
  apps::ModelFlags model;
  double score = 0.3, iou = 0.45;
  int64_t size = 0, max_per_class = 100;
};

bool is_picture(const fs::path& file) {
  std::string ending = file.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending == ".jpg" || ending == ".jpeg" || ending == ".png";
}

// Files as they were named; of a folder its pictures, by name.
std::vector<fs::path> files_of(const std::vector<std::string>& named) {
  std::vector<fs::path> files;
  for (const std::string& name : named) {
    if (!fs::is_directory(name)) {
      files.emplace_back(name);
      continue;
    }
    std::vector<fs::path> inside;
    for (const auto& entry : fs::directory_iterator(name)) {
      if (entry.is_regular_file() && is_picture(entry.path())) inside.push_back(entry.path());
    }
    LAMINA_CHECK(!inside.empty(), "the folder ", name, " holds no .jpg, .jpeg or .png file");
    std::sort(inside.begin(), inside.end());
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

nlohmann::ordered_json to_json(const std::vector<Detection>& found, const std::vector<std::string>& class_names) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Detection& one : found) {
    list.push_back({{"class", class_names[static_cast<size_t>(one.box.label)]},
                    {"score", one.score},
                    {"box", {one.box.left, one.box.top, one.box.right, one.box.bottom}}});
  }
  return list;
}

// A name in the folder that no other picture has taken: pictures of several folders may bear the same.
fs::path free_name(const fs::path& folder, const fs::path& picture) {
  fs::path name = folder / (picture.stem().string() + ".png");
  for (int number = 2; fs::exists(name); ++number) name = folder / text(picture.stem().string(), "-", number, ".png");
  return name;
}

int detect(const Flags& flags) {
  apps::check_output_files({{"--json", flags.json}});
  const std::vector<fs::path> files = files_of(flags.pictures);
  const DeviceChoice device = flags.model.open();
  const LoadedNetwork loaded = flags.weights.load(flags.names, flags.size);
  std::cout << device.line << "\n" << loaded.report << "\n";
  CompileOptions options;
  flags.model.apply_to(options);
  const DetectorOptions how{.score = flags.score, .iou = flags.iou, .max_per_class = flags.max_per_class, .darknet_letterbox = loaded.from_darknet};
  Detector detector(loaded.network, how, options);
  RunFolder out = flags.out.empty() ? RunFolder::fresh(".", "detections") : RunFolder::at(flags.out);
  nlohmann::ordered_json report = nlohmann::ordered_json::array();
  int64_t refused = 0;
  for (const fs::path& file : files) {
    Picture picture;
    try {
      picture = read_picture(file);
    } catch (const Error& error) {  // the others are still worth looking at
      std::cerr << "yolov3: " << error.what() << "\n";
      ++refused;
      continue;
    }
    const std::vector<Detection> found = detector.detect({&picture, 1}).front();
    const fs::path drawn = free_name(out.path(), file);
    write_png(drawn, draw_boxes(picture, found, loaded.class_names));
    std::cout << file.string() << ": " << found.size() << " found, " << drawn.string() << "\n";
    for (const Detection& one : found) {
      std::cout << "  " << loaded.class_names[static_cast<size_t>(one.box.label)] << " " << std::fixed << std::setprecision(3) << one.score
                << std::setprecision(1) << "  (" << one.box.left << ", " << one.box.top << ") to (" << one.box.right << ", " << one.box.bottom << ")\n";
    }
    report.push_back({{"picture", file.string()}, {"drawn", drawn.string()}, {"detections", to_json(found, loaded.class_names)}});
    apps::flush_output();
  }
  out.record("weights", flags.weights.file);
  out.record("pictures", report);
  if (!flags.json.empty()) apps::write_text_file(flags.json, report.dump(2) + "\n");
  if (refused > 0) throw Error(ErrorKind::model, text(refused, " of ", files.size(), " pictures could not be read"));
  return 0;
}

}  // namespace

void add_detect_command(CLI::App& cli, std::function<int()>& body) {
  CLI::App* const command = cli.add_subcommand("detect", "find things in pictures");
  const auto flags = std::make_shared<Flags>();
  flags->weights.add_to(*command)->required();
  command->add_option("PICTURES", flags->pictures, "JPEG or PNG files, and folders of them")->required();
  flags->model.add_to(*command);
  command->add_option("--names", flags->names, "class names, one a line");
  command->add_option("--score", flags->score, "lower scores are left out")->check(CLI::Range(0.0, 1.0))->capture_default_str();
  command->add_option("--iou", flags->iou, "overlap above which the lower of two boxes is suppressed")->check(CLI::Range(0.0, 1.0))->capture_default_str();
  command->add_option("--max-per-class", flags->max_per_class, "boxes of a class in a picture")->check(apps::whole_number(1, 100000))->capture_default_str();
  command->add_option("--size", flags->size, "side of the network's input (0: as trained)")->check(apps::whole_number(0, 4096))->capture_default_str();
  command->add_option("--out", flags->out, "new or empty folder for the pictures with boxes (default: detections, detections-2, ...)");
  command->add_option("--json", flags->json, "write what was found to this file")->check(apps::output_name());
  command->callback([flags, &body] { body = [flags] { return detect(*flags); }; });
}

}  // namespace lamina::yolov3
