// SPDX-License-Identifier: Apache-2.0
// Folders in the form of Pascal VOC.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "apps/yolov3/data/detection_data.h"

namespace lamina::yolov3 {

struct VocOptions {
  std::vector<std::string> class_names;  // empty: those of the data, sorted
  uint64_t seed = 0;                     // of the split, where the folder has none
  double validation_share = 0.1;         // then, of all pictures
};

// Either Annotations/*.xml, JPEGImages/ and, if there, ImageSets/Main/{train,val,trainval,test}.txt; or one folder with the
// .xml files beside their pictures. A picture has the name of its annotation and the ending jpg, jpeg or png; where there
// is none, the name that <filename> tells.
//
// A box reaches from (xmin, ymin) to (xmax, ymax) as they are, as in keras-yolo3; that VOC counts pixels from 1 and includes
// the last one is left aside. One that reaches less than 2 % of the picture's side beyond it is cut and counted, one without
// area is left out and listed, one that repeats another counts once.
//
// Throws ErrorKind::io where a folder or file cannot be read, ErrorKind::usage for class names that are empty or there
// twice, else ErrorKind::model: one error for all bad annotations, with the places of the first ten.
DetectionData read_voc(const std::filesystem::path& folder, const VocOptions& options = {});

}  // namespace lamina::yolov3
