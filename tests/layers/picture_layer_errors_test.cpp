// SPDX-License-Identifier: Apache-2.0
// What users read who make or call a layer over pictures wrongly: one row per message, which names the layer and the option.
#include "layers/lamina.h"
#include "tests/layers/mistake.h"

namespace lamina {
namespace {

using testing::at;
using testing::Mistake;

Value picture() { return Input({4, 6, 3}, {.name = "picture"}); }
Value row() { return Input({4}, {.name = "row"}); }
Value of_unknown_channels() { return Input({4, 6, Dim::symbol("channels")}, {.name = "deep"}); }

const std::vector<Mistake>& mistakes() {
  static const std::vector<Mistake> table = {
      {"Conv2DFilters", [] { Conv2D(0, 3); }, "[Conv2D] filters must be positive, got 0"},
      {"Conv2DKernelSize", [] { Conv2D(8, {3, 0}); }, "[Conv2D] kernel_size must be positive, got (3, 0)"},
      {"Conv2DStrides", [] { Conv2D(8, 3, {.strides = -2}); }, "[Conv2D] strides must be positive, got (-2, -2)"},
      {"Conv2DDilationRate", [] { Conv2D(8, 3, {.dilation_rate = {0, 1}}); },
       "[Conv2D] dilation_rate must be positive, got (0, 1)"},
      {"Conv2DPaddingRule", [] { Conv2D(8, 3, {.padding = "smae"}); },
       "[Conv2D] padding: expected valid or same, got 'smae' (did you mean 'same'?)"},
      {"Conv2DPaddingAmounts", [] { Conv2D(8, 3, {.padding = {{1, 0}, {-1, 0}}}); },
       "[Conv2D] padding must not be negative, got ((1, 0), (-1, 0))"},
      {"Conv2DOfTwo", [] { Conv2D(8, 3)({picture(), picture()}); }, at("conv2d", "[Conv2D] takes one input, got 2")},
      {"Conv2DOfARow", [] { Conv2D(8, 3)(row()); },
       at("conv2d", "[Conv2D] takes (batch, height, width, channels), got (batch, 4)")},
      {"Conv2DOfUnknownChannels", [] { Conv2D(8, 3)(of_unknown_channels()); },
       at("conv2d", "[Conv2D] the number of channels must be known, got (batch, 4, 6, channels)")},
      {"Conv2DLargerThanThePicture", [] { Conv2D(8, {5, 3})(picture()); },
       at("conv2d", "[Conv2D] kernel_size (5, 3) needs a height of at least 5, got 4; make it smaller, or the padding \"same\"")},
      {"Conv2DDilatedBeyondThePicture", [] { Conv2D(8, 3, {.padding = {{1, 0}, {1, 0}}, .dilation_rate = {1, 4}})(picture()); },
       at("conv2d",
          "[Conv2D] kernel_size (3, 3) with dilation_rate (1, 4) needs a width of at least 8, got 6; make it smaller, or the "
          "padding \"same\"")},
      {"Conv2DOfAnotherNumberOfChannels",
       [] {
         const Conv2D shared(8, 3);
         shared(picture());
         shared(Input({4, 6, 2}, {.name = "thin"}));
       },
       at("conv2d",
          "[conv2d] node \"conv2d/conv2d/conv2d\": input has 2 channels, weight expects 3: x is (batch, 4, 6, 2), w is "
          "(3, 3, 3, 8)")},

      {"MaxPoolingSize", [] { MaxPooling2D(0); }, "[MaxPooling2D] pool_size must be positive, got (0, 0)"},
      {"MaxPoolingStrides", [] { MaxPooling2D(2, {.strides = {1, 0}}); }, "[MaxPooling2D] strides must be positive, got (1, 0)"},
      {"MaxPoolingPaddingRule", [] { MaxPooling2D(2, {.padding = "full"}); },
       "[MaxPooling2D] padding: expected valid or same, got 'full'"},
      {"MaxPoolingPaddingAmounts", [] { MaxPooling2D(2, {.padding = {{1, 0}, {1, 0}}}); },
       "[MaxPooling2D] padding: expected valid or same, got ((1, 0), (1, 0)); put a ZeroPadding2D before the layer"},
      {"MaxPoolingOfARow", [] { MaxPooling2D()(row()); },
       at("max_pooling2d", "[MaxPooling2D] takes (batch, height, width, channels), got (batch, 4)")},
      {"MaxPoolingOfTwo", [] { MaxPooling2D()({picture(), picture()}); },
       at("max_pooling2d", "[MaxPooling2D] takes one input, got 2")},
      {"MaxPoolingLargerThanThePicture", [] { MaxPooling2D(5)(picture()); },
       at("max_pooling2d",
          "[MaxPooling2D] pool_size (5, 5) needs a height of at least 5, got 4; make it smaller, or the padding \"same\"")},
      {"AveragePoolingSize", [] { AveragePooling2D(-1); }, "[AveragePooling2D] pool_size must be positive, got (-1, -1)"},
      {"AveragePoolingOfARow", [] { AveragePooling2D(2)(row()); },
       at("average_pooling2d", "[AveragePooling2D] takes (batch, height, width, channels), got (batch, 4)")},
      {"GlobalMaxPoolingOfARow", [] { GlobalMaxPooling2D()(row()); },
       at("global_max_pooling2d", "[GlobalMaxPooling2D] takes (batch, height, width, channels), got (batch, 4)")},
      {"GlobalAveragePoolingOfARow", [] { GlobalAveragePooling2D()(row()); },
       at("global_average_pooling2d", "[GlobalAveragePooling2D] takes (batch, height, width, channels), got (batch, 4)")},

      {"UpSamplingSize", [] { UpSampling2D({2, 0}); }, "[UpSampling2D] size must be positive, got (2, 0)"},
      {"UpSamplingInterpolation", [] { UpSampling2D(2, {.interpolation = "bilinear"}); },
       "[UpSampling2D] interpolation: expected nearest, got 'bilinear'"},
      {"UpSamplingOfARow", [] { UpSampling2D()(row()); },
       at("up_sampling2d", "[UpSampling2D] takes (batch, height, width, channels), got (batch, 4)")},

      {"ZeroPaddingAmount", [] { ZeroPadding2D(-1); }, "[ZeroPadding2D] padding must not be negative, got ((-1, -1), (-1, -1))"},
      {"ZeroPaddingOfOneSide", [] { ZeroPadding2D({{0, 0}, {0, -2}}); },
       "[ZeroPadding2D] padding must not be negative, got ((0, 0), (0, -2))"},
      {"ZeroPaddingOfARow", [] { ZeroPadding2D()(row()); },
       at("zero_padding2d", "[ZeroPadding2D] takes (batch, height, width, channels), got (batch, 4)")},
  };
  return table;
}

class PictureLayerMistake : public testing::MistakeTest {};

TEST_P(PictureLayerMistake, IsToldWordForWord) { expect_told(); }

INSTANTIATE_TEST_SUITE_P(Layers, PictureLayerMistake, ::testing::ValuesIn(mistakes()), PictureLayerMistake::name);

}  // namespace
}  // namespace lamina
