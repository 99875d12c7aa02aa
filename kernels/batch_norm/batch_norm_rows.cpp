// SPDX-License-Identifier: Apache-2.0
// Compiled with -fno-trapping-math (kernels/CMakeLists.txt): the sides of the activation vectorise only if both may be computed.
// Sums take four rows at a time, so that a running sum is loaded and stored once for four elements.
#include "kernels/batch_norm/batch_norm_rows.h"

#include <algorithm>

#include "kernels/program/vector_widths.h"

namespace lamina {
namespace {

constexpr int64_t kTogether = 4;

template <class Loop>
LAMINA_INLINED inline void with_storage(DType type, Loop loop) {
  switch (type) {
    case DType::bf16: return loop.template operator()<bf16>();
    case DType::f16: return loop.template operator()<f16>();
    default: return loop.template operator()<float>();
  }
}

// Calls body.operator()<rows>(first element, columns) for every kTogether whole rows, then for each row that is left.
template <class Body>
LAMINA_INLINED inline void over_rows(int64_t count, int64_t width, Body body) {
  int64_t at = 0;
  for (; count - at >= kTogether * width; at += kTogether * width) body.template operator()<kTogether>(at, width);
  for (; at < count; at += width) body.template operator()<1>(at, std::min(width, count - at));
}

LAMINA_INLINED inline float leaky(float z, float value, float slope) { return z < 0 ? slope * value : value; }

}  // namespace

LAMINA_VECTOR_WIDTHS
void add_moments(DType type, const void* x, int64_t count, int64_t width, const float* center, float* sums, float* squares) {
  with_storage(type, [=]<class T>() LAMINA_INLINED {
    over_rows(count, width, [=]<int64_t kRows>(int64_t first, int64_t columns) LAMINA_INLINED {
      const T* const from = static_cast<const T*>(x) + first;
#pragma GCC ivdep
      for (int64_t j = 0; j < columns; ++j) {
        float sum = 0, square = 0;
        for (int64_t row = 0; row < kRows; ++row) {
          const float distance = convert<float>(from[row * width + j]) - center[j];
          sum += distance;
          square += distance * distance;
        }
        sums[j] += sum;
        squares[j] += square;
      }
    });
  });
}

LAMINA_VECTOR_WIDTHS
void normalise(DType type, const void* x, const void* residual, void* y, int64_t count, int64_t width,
               const BatchNormColumns& columns_of, float slope) {
  const auto [center, scale, shift] = columns_of;
  with_storage(type, [=]<class T>() LAMINA_INLINED {
    for (int64_t at = 0; at < count; at += width) {
      const int64_t columns = std::min(width, count - at);
      const T* const from = static_cast<const T*>(x) + at;
      T* const to = static_cast<T*>(y) + at;
      if (residual) {
        const T* const added = static_cast<const T*>(residual) + at;
#pragma GCC ivdep
        for (int64_t j = 0; j < columns; ++j) {
          const float z = (convert<float>(from[j]) - center[j]) * scale[j] + shift[j];
          to[j] = convert<T>(leaky(z, z, slope) + convert<float>(added[j]));
        }
      } else {
#pragma GCC ivdep
        for (int64_t j = 0; j < columns; ++j) {
          const float z = (convert<float>(from[j]) - center[j]) * scale[j] + shift[j];
          to[j] = convert<T>(leaky(z, z, slope));
        }
      }
    }
  });
}

LAMINA_VECTOR_WIDTHS
void add_gradient_sums(DType type, const void* dy, const void* x, int64_t count, int64_t width, const BatchNormColumns& columns_of,
                       float slope, float* sums, float* products) {
  const auto [center, scale, shift] = columns_of;
  with_storage(type, [=]<class T>() LAMINA_INLINED {
    over_rows(count, width, [=]<int64_t kRows>(int64_t first, int64_t columns) LAMINA_INLINED {
      const T *const from = static_cast<const T*>(x) + first, *const gradient = static_cast<const T*>(dy) + first;
#pragma GCC ivdep
      for (int64_t j = 0; j < columns; ++j) {
        float sum = 0, product = 0;
        for (int64_t row = 0; row < kRows; ++row) {
          const float distance = convert<float>(from[row * width + j]) - center[j];
          const float dz = leaky(distance * scale[j] + shift[j], convert<float>(gradient[row * width + j]), slope);
          sum += dz;
          product += dz * distance;
        }
        sums[j] += sum;
        products[j] += product;
      }
    });
  });
}

LAMINA_VECTOR_WIDTHS
void differentiate(DType type, const void* dy, const void* x, void* dx, int64_t count, int64_t width,
                   const BatchNormColumns& columns_of, const float* factor, const float* offset, float slope) {
  const auto [center, scale, shift] = columns_of;
  with_storage(type, [=]<class T>() LAMINA_INLINED {
    for (int64_t at = 0; at < count; at += width) {
      const int64_t columns = std::min(width, count - at);
      const T *const from = static_cast<const T*>(x) + at, *const gradient = static_cast<const T*>(dy) + at;
      T* const to = static_cast<T*>(dx) + at;
#pragma GCC ivdep
      for (int64_t j = 0; j < columns; ++j) {
        const float distance = convert<float>(from[j]) - center[j];
        const float dz = leaky(distance * scale[j] + shift[j], convert<float>(gradient[j]), slope);
        to[j] = convert<T>(scale[j] * (dz - (factor[j] * distance + offset[j])));
      }
    }
  });
}

}  // namespace lamina
