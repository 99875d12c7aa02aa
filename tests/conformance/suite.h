// SPDX-License-Identifier: Apache-2.0
// Every check that follows from the cases of a registry: one row per (mode, op, case, implementation, type). The modes:
//
// - parity: each implementation against the f64 reference, on sim with every access checked
// - gradient: the gradient rule against finite differences in f64, and each implementation's gradient in f32 against it
// - repeat: two runs are bitwise equal, also with another case in between
// - race: five shuffled thread orders on sim: no fault, and bitwise equal results
// - undeclared: types that a case does not list: refused with a reason, or right
// - symbolic: traced with symbols for dimensions, outputs and gradients are the same once the symbols are numbers
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/op/op_registry.h"

namespace lamina::conformance {

enum class Mode { parity, gradient, repeat, race, undeclared, symbolic };
std::string_view name_of(Mode mode);
Mode mode_from_name(std::string_view name);  // throws, listing the names
const std::vector<Mode>& all_modes();

struct Row {
  Mode mode{};
  std::string op;
  const OpCase* one = nullptr;
  const KernelImpl* impl = nullptr;  // null where the graph itself refuses the types
  std::string dtype;                 // "f32"; "tf32": f32 with tf32 allowed; undeclared "i32@1": input 1 alone is i32
  std::vector<DType> types;          // of the case's inputs
  bool tf32 = false;

  std::string impl_name() const;  // "sim/tiled", or "graph"
  std::string repro() const;      // the flags that run this row alone
};

// What a flag gives; empty takes all. `impl` is "tiled", "sim/tiled" or "matmul/sim/tiled".
struct Filter {
  std::string op, one, impl, dtype;
  std::vector<Mode> modes = all_modes();
  std::vector<DeviceKind> devices;
};

class Suite {
 public:
  explicit Suite(OpRegistry ops);

  const OpRegistry& ops() const { return ops_; }
  const std::vector<OpCase>& cases(const std::string& op) const { return cases_.at(op); }

  // In the order of op, mode, case, type, implementation. Throws ErrorKind::usage where a name of the filter is
  // unknown.
  std::vector<Row> rows(const Filter& filter) const;

 private:
  void add_rows(Mode mode, const std::string& op, const OpCase& one, std::vector<Row>& rows) const;
  void add_undeclared(const std::string& op, const OpCase& one, std::vector<Row>& rows) const;
  void check_names(const Filter& filter) const;

  OpRegistry ops_;
  std::map<std::string, std::vector<OpCase>> cases_;
};

// Small enough for finite differences and many thread orders.
bool is_small(const OpCase& one);

}  // namespace lamina::conformance
