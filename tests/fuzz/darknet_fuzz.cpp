// SPDX-License-Identifier: Apache-2.0
// libFuzzer target for the readers of darknet's .cfg and .weights, built by clang with -fsanitize=fuzzer,address,undefined. An
// input is tried as either file. Whatever is accepted as a cfg must survive a round trip through the writer.
#include <cstdint>
#include <cstdlib>

#include "apps/yolov3/darknet/cfg.h"
#include "apps/yolov3/darknet/weights.h"
#include "core/base/error.h"

namespace {

using namespace lamina::yolov3;

template <class Read>
void unless_refused(const Read& read) {
  try {
    read();
  } catch (const lamina::Error& error) {
    if (error.kind() != lamina::ErrorKind::model) std::abort();  // a refusal of any other kind is a bug
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  unless_refused([&] {
    const DarknetNetwork network = parse_cfg({reinterpret_cast<const char*>(data), size}, "input");
    if (parse_cfg(cfg_text(network), "written") != network) std::abort();
  });
  const DarknetConvolutionShape shapes[] = {{2, 1, 3, true}, {6, 4, 1, false}};  // of tests/apps/yolov3/darknet/data/small.cfg
  for (const bool partial : {false, true}) {
    unless_refused([&] {
      take_convolutions(parse_weights(std::as_bytes(std::span(data, size)), "input"), shapes,
                        {.partial = partial});
    });
  }
  return 0;
}
