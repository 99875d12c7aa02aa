// SPDX-License-Identifier: Apache-2.0
// A folder in the form of Pascal VOC that a test writes, file by file.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "apps/yolov3/drawing/canvas.h"
#include "core/base/text.h"
#include "tests/apps/yolov3/encoded_pictures.h"
#include "tests/testing/scratch_folder.h"

namespace lamina::yolov3::testing {

inline std::string object(const std::string& name, double xmin, double ymin, double xmax, double ymax) {
  return text("<object><name>", name, "</name><bndbox><xmin>", xmin, "</xmin><ymin>", ymin, "</ymin><xmax>", xmax, "</xmax><ymax>",
              ymax, "</ymax></bndbox></object>\n");
}

inline std::string annotation(const std::string& body) { return "<annotation>\n" + body + "</annotation>\n"; }

class VocFolder {
 public:
  VocFolder() {
    for (const char* name : {"Annotations", "JPEGImages", "ImageSets/Main"}) std::filesystem::create_directories(root / name);
  }

  std::filesystem::path file(const std::string& name) const { return root / name; }

  void write(const std::string& name, const std::string& content) const { std::ofstream(file(name), std::ios::binary) << content; }

  // A picture of 100 x 50 pixels and its annotation.
  void add(const std::string& stem, const std::string& body) const {
    write_png(file("JPEGImages/" + stem + ".png"), noise(100, 50));
    write("Annotations/" + stem + ".xml", annotation(body));
  }

 private:
  lamina::testing::ScratchFolder scratch_;

 public:
  const std::filesystem::path root = scratch_.path() / "voc";
};

}  // namespace lamina::yolov3::testing
