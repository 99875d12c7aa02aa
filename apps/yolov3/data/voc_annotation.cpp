// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/voc_annotation.h"

#include <tinyxml2.h>

#include <charconv>
#include <cmath>

#include "core/base/check.h"
#include "core/io/read_file.h"

namespace lamina::yolov3 {
namespace {

using tinyxml2::XMLElement;

constexpr int64_t kMaxAnnotationBytes = int64_t{64} << 20;

std::string trimmed(const char* words) {
  std::string result = words ? words : "";
  const char* const kBlanks = " \t\r\n";
  result.erase(0, result.find_first_not_of(kBlanks) == std::string::npos ? result.size() : result.find_first_not_of(kBlanks));
  result.erase(result.find_last_not_of(kBlanks) + 1);
  return result;
}

class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) : file_(file.string()) {
    const std::vector<std::byte> bytes = read_file(file, {.file_bytes = kMaxAnnotationBytes});
    const auto result = document_.Parse(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    LAMINA_CHECK(result == tinyxml2::XML_SUCCESS, file_, ":", document_.ErrorLineNum(), ": damaged XML (", document_.ErrorName(),
                 "); repair the file, or take it and its picture out of the data set");
  }

  VocAnnotation read() const {
    const XMLElement* const root = document_.RootElement();
    LAMINA_CHECK(root && std::string(root->Name()) == "annotation", file_, ": the XML is no Pascal VOC annotation: its outermost element is <",
                 root ? root->Name() : "", ">, not <annotation>");
    VocAnnotation annotation;
    if (const XMLElement* name = root->FirstChildElement("filename")) annotation.picture = trimmed(name->GetText());
    if (const XMLElement* size = root->FirstChildElement("size")) {
      annotation.width = number(*size, "width");
      annotation.height = number(*size, "height");
    }
    for (const XMLElement* object = root->FirstChildElement("object"); object; object = object->NextSiblingElement("object")) {
      annotation.objects.push_back(read_object(*object));
    }
    return annotation;
  }

 private:
  std::string at(const XMLElement& element) const { return text(file_, ":", element.GetLineNum(), ": "); }

  const XMLElement& child(const XMLElement& parent, const char* name) const {
    const XMLElement* const found = parent.FirstChildElement(name);
    LAMINA_CHECK(found, at(parent), "<", parent.Name(), "> has no <", name, ">");
    return *found;
  }

  double number(const XMLElement& parent, const char* name) const {
    const XMLElement& element = child(parent, name);
    const std::string digits = trimmed(element.GetText());
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    LAMINA_CHECK(error == std::errc() && end == digits.data() + digits.size() && std::isfinite(value), at(element), "<", name, "> is '", digits,
                 "', a finite number was expected");
    return value;
  }

  VocObject read_object(const XMLElement& element) const {
    VocObject object;
    object.line = element.GetLineNum();
    object.name = trimmed(child(element, "name").GetText());
    LAMINA_CHECK(!object.name.empty(), at(element), "the <name> of this <object> is empty");
    const XMLElement& box = child(element, "bndbox");
    object.left = number(box, "xmin");
    object.top = number(box, "ymin");
    object.right = number(box, "xmax");
    object.bottom = number(box, "ymax");
    if (const XMLElement* difficult = element.FirstChildElement("difficult")) object.difficult = trimmed(difficult->GetText()) == "1";
    return object;
  }

  std::string file_;
  tinyxml2::XMLDocument document_;
};

}  // namespace

VocAnnotation read_voc_annotation(const std::filesystem::path& file) { return Reader(file).read(); }

}  // namespace lamina::yolov3
