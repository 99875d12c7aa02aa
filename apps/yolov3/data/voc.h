// SPDX-License-Identifier: Apache-2.0
// Pascal VOC: one XML file of boxes per picture. Two forms of folder are read:
//
//   FOLDER/Annotations/*.xml  FOLDER/JPEGImages/*  FOLDER/ImageSets/Main/{train,val,trainval,test}.txt
//   FOLDER/*.xml beside the pictures, of which a tenth becomes validation and a tenth test, drawn by the seed
//
// Without lists the first form is split like the second. Box edges are taken as they stand in the file, as keras-yolo3 does:
// VOC counts pixels from 1 and includes the last, which moves a box by one pixel at most.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "apps/yolov3/data/detection_data.h"

namespace lamina::yolov3 {

struct VocOptions {
  std::vector<std::string> class_names;  // empty: all that occur, sorted
  uint64_t seed = 0;                     // of the split, where the folder has no lists
};

// Boxes without area are left out and reported; one that reaches over the edge of its picture by less than 2 % of it is cut
// there. Throws ErrorKind::io for what cannot be read, and ErrorKind::model, naming file, line and value, for damaged XML, a
// class that is not among the given names, a number that is none or not finite, a box further outside, a missing picture, and a
// folder without annotations. The pictures themselves are opened, not decoded.
DetectionData read_voc(const std::filesystem::path& folder, const VocOptions& options = {});

}  // namespace lamina::yolov3
