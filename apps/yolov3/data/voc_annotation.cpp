// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/voc_annotation.h"

#include <tinyxml2.h>

#include <charconv>
#include <cmath>
#include <string_view>

#include "core/base/check.h"
#include "core/io/read_file.h"
#include "core/io/untrusted_text.h"

namespace lamina::yolov3 {
namespace {

using tinyxml2::XMLElement;

constexpr Limits kLimits{.file_bytes = 16 << 20};
constexpr double kMaxSide = 1 << 30;  // of a picture, in pixels

std::string_view trimmed(std::string_view value) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t first = value.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return value.substr(first, value.find_last_not_of(kBlanks) - first + 1);
}

class AnnotationReader {
 public:
  explicit AnnotationReader(const std::filesystem::path& file) : file_(file) {
    const std::vector<std::byte> bytes = read_file(file, kLimits);
    const tinyxml2::XMLError error = document_.Parse(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    LAMINA_CHECK(error == tinyxml2::XML_SUCCESS, at(document_.ErrorLineNum()), "broken XML (", document_.ErrorName(),
                 "); write the annotation anew");
  }

  VocAnnotation read() const {
    const XMLElement* root = document_.RootElement();
    LAMINA_CHECK(root && root->Name() == std::string_view("annotation"), at(root ? root->GetLineNum() : 1), "the root is <",
                 root ? printable(root->Name()) : "", ">, Pascal VOC has <annotation> there");
    VocAnnotation annotation;
    if (const XMLElement* name = root->FirstChildElement("filename")) annotation.picture = base_name(text_of(*name));
    if (const XMLElement* size = root->FirstChildElement("size")) {
      annotation.width = side(*size, "width");
      annotation.height = side(*size, "height");
    }
    for (const XMLElement* object = root->FirstChildElement("object"); object; object = object->NextSiblingElement("object")) {
      annotation.objects.push_back(read_object(*object));
    }
    return annotation;
  }

 private:
  std::string at(int line) const { return text(printable(file_.native(), 4096), ":", line, ": "); }

  static std::string_view text_of(const XMLElement& element) {
    const char* value = element.GetText();
    return value ? trimmed(value) : std::string_view{};
  }

  // Without what some programs put before it, on whichever system.
  static std::string base_name(std::string_view path) { return std::string(path.substr(path.find_last_of("/\\") + 1)); }

  const XMLElement& child(const XMLElement& parent, const char* name) const {
    const XMLElement* element = parent.FirstChildElement(name);
    LAMINA_CHECK(element, at(parent.GetLineNum()), "<", printable(parent.Name()), "> has no <", name, ">");
    return *element;
  }

  double number(const XMLElement& parent, const char* name) const {
    const XMLElement& element = child(parent, name);
    const std::string_view value = text_of(element);
    double result = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), result);
    const bool whole = error == std::errc() && end == value.data() + value.size();
    LAMINA_CHECK(whole && std::isfinite(result), at(element.GetLineNum()), "<", name, "> is ", in_quotes(value),
                 ", expected a number of pixels");
    return result;
  }

  // 0 where it is absent or the program that wrote the file did not know it.
  int64_t side(const XMLElement& size, const char* name) const {
    if (!size.FirstChildElement(name)) return 0;
    const double value = number(size, name);
    LAMINA_CHECK(value >= 0 && value <= kMaxSide && value == std::floor(value), at(child(size, name).GetLineNum()), "<", name,
                 "> is ", value, ", expected a whole number of pixels");
    return static_cast<int64_t>(value);
  }

  VocObject read_object(const XMLElement& element) const {
    VocObject object;
    object.line = element.GetLineNum();
    const XMLElement& name = child(element, "name");
    object.name = text_of(name);
    LAMINA_CHECK(!object.name.empty(), at(name.GetLineNum()), "<name> is empty, expected a class");
    const XMLElement& box = child(element, "bndbox");
    object.xmin = number(box, "xmin");
    object.ymin = number(box, "ymin");
    object.xmax = number(box, "xmax");
    object.ymax = number(box, "ymax");
    if (element.FirstChildElement("difficult")) object.difficult = number(element, "difficult") != 0;
    return object;
  }

  const std::filesystem::path& file_;
  tinyxml2::XMLDocument document_;
};

}  // namespace

VocAnnotation read_voc_annotation(const std::filesystem::path& file) { return AnnotationReader(file).read(); }

}  // namespace lamina::yolov3
