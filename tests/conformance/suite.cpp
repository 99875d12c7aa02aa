// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/suite.h"

#include <algorithm>
#include <set>

#include "core/base/check.h"
#include "tests/testing/case_inputs.h"
#include "tests/testing/case_runner.h"

namespace lamina::conformance {
namespace {

constexpr DType kAllTypes[] = {DType::f32, DType::bf16, DType::f16, DType::i32, DType::u8, DType::boolean, DType::f64};
constexpr int64_t kFewElements = 200;

bool takes_case_type(const OpCase& one) {
  return std::any_of(one.inputs.begin(), one.inputs.end(),
                     [](const CaseInput& input) { return input.dtype == DType::f32; });
}

// The types that a case runs in. Where no input is declared f32 there is one, named after the first input.
std::vector<DType> types_of(const OpCase& one) {
  if (one.inputs.empty() || takes_case_type(one)) return one.dtypes;
  return {one.inputs[0].dtype};
}

// An implementation that runs only where f32 factors may be rounded to tf32 is tested so.
bool needs_tf32(const KernelImpl& impl, const OpCase& one, const std::vector<DType>& types) {
  try {
    const std::shared_ptr<const Node> node = testing::trace_case(one, types).node;
    return !testing::ask(impl, *node).accepted() && testing::ask(impl, *node, {.allow_tf32 = true}).accepted();
  } catch (const std::exception&) {
    return false;  // its f32 row will say what is wrong
  }
}

bool matches(const std::string& wanted, const Row& row) {
  if (wanted.empty()) return true;
  const std::string name = row.impl_name();
  return wanted == name || wanted == row.op + "/" + name || (row.impl && wanted == row.impl->name);
}

bool selected(const Filter& filter, const Row& row) {
  const bool device = filter.devices.empty() ||
                      (row.impl && std::count(filter.devices.begin(), filter.devices.end(), row.impl->device)) ||
                      (!row.impl && std::count(filter.devices.begin(), filter.devices.end(), DeviceKind::cpu));
  return device && matches(filter.impl, row) && (filter.dtype.empty() || filter.dtype == row.dtype);
}

[[noreturn]] void unknown(const char* what, const std::string& name, const std::vector<std::string>& names) {
  throw Error(ErrorKind::usage,
              text("no ", what, " '", name, "'", did_you_mean(name, names), "; there are: ", join(names)));
}

}  // namespace

std::string_view name_of(Mode mode) {
  constexpr std::string_view kNames[] = {"parity", "gradient", "repeat", "race", "undeclared", "symbolic"};
  return kNames[static_cast<size_t>(mode)];
}

const std::vector<Mode>& all_modes() {
  static const std::vector<Mode> modes = {Mode::parity, Mode::gradient,   Mode::repeat,
                                          Mode::race,   Mode::undeclared, Mode::symbolic};
  return modes;
}

Mode mode_from_name(std::string_view name) {
  std::vector<std::string> names;
  for (const Mode mode : all_modes()) {
    if (name_of(mode) == name) return mode;
    names.emplace_back(name_of(mode));
  }
  unknown("mode", std::string(name), names);
}

std::string Row::impl_name() const { return impl ? text(impl->device, "/", impl->name) : "graph"; }

std::string Row::repro() const {
  return text("conformance --op ", op, " --case ", one->name, " --impl ", impl_name(), " --dtype ", dtype, " --mode ",
              name_of(mode));
}

bool is_small(const OpCase& one) {
  if (one.tag != CaseTag::odd) return one.tag == CaseTag::small;
  int64_t elements = 0;
  for (const CaseInput& input : one.inputs) elements += input.extents.count();
  return elements < kFewElements;
}

Suite::Suite(OpRegistry ops) : ops_(std::move(ops)) {
  for (const auto& [name, entry] : ops_.entries()) {
    std::vector<OpCase>& cases = cases_[name];
    if (entry.cases) cases = entry.cases();
    std::set<std::string> names;
    for (const OpCase& one : cases)
      LAMINA_CHECK(names.insert(one.name).second, "two cases of ", name, " are named ", one.name);
  }
}

void Suite::add_rows(Mode mode, const std::string& op, const OpCase& one, std::vector<Row>& rows) const {
  const OpRegistry::Entry& entry = ops_.at(op);
  if (mode == Mode::undeclared) return add_undeclared(op, one, rows);
  if (mode == Mode::symbolic) {
    for (const KernelImpl& impl : entry.impls) {
      const bool reference = impl.device == DeviceKind::cpu && impl.name == "reference";
      if (reference && is_small(one))
        rows.push_back({mode, op, &one, &impl, "f64", testing::input_types(one, DType::f64)});
    }
    return;
  }
  if (mode == Mode::gradient) {
    if (!entry.op->gradient || !is_small(one)) return;
    for (const KernelImpl& impl : entry.impls) {
      const bool reference = impl.device == DeviceKind::cpu && impl.name == "reference";
      if (reference) rows.push_back({mode, op, &one, &impl, "f64", testing::input_types(one, DType::f64)});
      rows.push_back({mode, op, &one, &impl, "f32", testing::input_types(one, DType::f32)});
    }
    return;
  }
  for (const DType type : types_of(one)) {
    const std::vector<DType> types = testing::input_types(one, type);
    for (const KernelImpl& impl : entry.impls) {
      if (mode == Mode::race && impl.device != DeviceKind::sim) continue;
      rows.push_back({mode, op, &one, &impl, std::string(lamina::name_of(type)), types});
      if (type == DType::f32 && needs_tf32(impl, one, types))
        rows.push_back({mode, op, &one, &impl, "tf32", types, true});
    }
  }
}

// All inputs that take the case's type in another one, then each input alone.
void Suite::add_undeclared(const std::string& op, const OpCase& one, std::vector<Row>& rows) const {
  if (one.tag != CaseTag::small) return;
  const auto add = [&](std::string label, std::vector<DType> types) {
    try {
      // A call that is the identity for these types, as a cast to the type that is there, makes no node.
      if (testing::trace_case(one, types).node->op->name != op) return;
    } catch (const std::exception&) {  // judged when the row runs
      rows.push_back({Mode::undeclared, op, &one, nullptr, std::move(label), std::move(types)});
      return;
    }
    for (const KernelImpl& impl : ops_.at(op).impls) rows.push_back({Mode::undeclared, op, &one, &impl, label, types});
  };
  const std::vector<DType> declared = types_of(one);
  for (const DType type : kAllTypes) {
    const std::string name(lamina::name_of(type));
    const bool known = std::count(declared.begin(), declared.end(), type) > 0;
    if (takes_case_type(one) && !known) add(name, testing::input_types(one, type));
    for (size_t i = 0; i < one.inputs.size(); ++i) {
      std::vector<DType> types = testing::input_types(one, DType::f32);
      const bool alone = one.inputs.size() == 1 && takes_case_type(one);  // then it is the row above
      if (types[i] == type || alone) continue;
      types[i] = type;
      add(text(name, "@", i), std::move(types));
    }
  }
}

void Suite::check_names(const Filter& filter) const {
  std::vector<std::string> ops, cases, impls;
  for (const auto& [name, list] : cases_) {
    ops.push_back(name);
    if (!filter.op.empty() && filter.op != name) continue;
    for (const OpCase& one : list) cases.push_back(one.name);
    for (const KernelImpl& impl : ops_.at(name).impls) {
      impls.push_back(text(impl.device, "/", impl.name));
    }
  }
  const auto has = [](const std::vector<std::string>& names, const std::string& name) {
    return name.empty() || std::count(names.begin(), names.end(), name) > 0;
  };
  if (!has(ops, filter.op)) unknown("op", filter.op, ops);
  if (!has(cases, filter.one)) unknown("case", filter.one, cases);
  const std::string impl = filter.op.empty() || filter.impl.find(filter.op + "/") != 0
                               ? filter.impl
                               : filter.impl.substr(filter.op.size() + 1);
  const bool short_name = std::any_of(impls.begin(), impls.end(), [&](const std::string& name) {
    return impl == name || name.substr(name.find('/') + 1) == impl ||
           (impl.size() > name.size() && impl.ends_with("/" + name));
  });
  if (!impl.empty() && impl != "graph" && !short_name) unknown("implementation", filter.impl, impls);
}

std::vector<Row> Suite::rows(const Filter& filter) const {
  check_names(filter);
  std::vector<Row> rows;
  for (const auto& [op, cases] : cases_) {
    if (!filter.op.empty() && filter.op != op) continue;
    for (const Mode mode : filter.modes) {
      for (const OpCase& one : cases) {
        if (!filter.one.empty() && filter.one != one.name) continue;
        std::vector<Row> made;
        add_rows(mode, op, one, made);
        std::copy_if(made.begin(), made.end(), std::back_inserter(rows),
                     [&](const Row& row) { return selected(filter, row); });
      }
    }
  }
  return rows;
}

}  // namespace lamina::conformance
