// SPDX-License-Identifier: Apache-2.0
// One implementation of one op on one device. The compiler asks accepts() in order of preference; the first that says
// yes is prepared (primitives made, layouts and workspace asked for), and the executor calls launch() once per step.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/op/attributes.h"
#include "core/op/tensor_type.h"
#include "core/runtime/device.h"
#include "core/tensor/layout.h"
#include "core/tensor/tensor_view.h"

namespace lamina {

// What an implementation is asked to run: concrete types, row-major unless prepare() asks for other layouts.
struct KernelQuery {
  const Attributes& attributes;
  std::span<const TensorType> inputs;
  std::span<const TensorType> outputs;
  int threads = 1;             // of the cpu device
  bool deterministic = true;   // bitwise equal runs are demanded
  bool allow_tf32 = false;     // tensor cores may round f32 factors to 10 bits of mantissa (policy tf32)

  DType in(size_t index) const { return inputs[index].dtype; }
  Extents in_extents(size_t index) const { return inputs[index].shape.extents(); }
  Extents out_extents(size_t index) const { return outputs[index].shape.extents(); }
};

// Yes, or the reason why not ("needs f32, got bf16"), kept for print_plan.
class Verdict {
 public:
  static Verdict yes() { return Verdict(std::nullopt); }
  static Verdict no(std::string reason) { return Verdict(std::move(reason)); }
  bool accepted() const { return !reason_; }
  const std::string& reason() const { return *reason_; }

 private:
  explicit Verdict(std::optional<std::string> reason) : reason_(std::move(reason)) {}
  std::optional<std::string> reason_;
};

// What prepare() hands back. Empty layouts mean row-major everywhere.
struct Prepared {
  std::shared_ptr<void> state;
  size_t workspace_bytes = 0;
  std::vector<Layout> input_layouts;
  std::vector<Layout> output_layouts;
};

// What launch() sees. Views are in the order of the node's inputs and outputs; workspace is aligned to 256 bytes.
struct KernelContext {
  const Attributes& attributes;
  std::span<const TensorView> inputs;
  std::span<const TensorView> outputs;
  void* workspace = nullptr;
  void* state = nullptr;
  void* stream = nullptr;  // a cudaStream_t on cuda

  template <class T>
  T& state_as() const {
    return *static_cast<T*>(state);
  }
};

struct KernelImpl {
  std::string op;
  DeviceKind device;
  std::string name;  // by algorithm: "tiled", "onednn", "reference"
  Verdict (*accepts)(const KernelQuery&);
  Prepared (*prepare)(const KernelQuery&);  // may be null: nothing to prepare
  void (*launch)(KernelContext&);

  std::string full_name() const { return op + "/" + std::string(name_of(device)) + "/" + name; }
};

}  // namespace lamina
