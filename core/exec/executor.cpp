// SPDX-License-Identifier: Apache-2.0
#include "core/exec/executor.h"

#include <chrono>

#include "core/base/check.h"
#include "core/tensor/variable.h"

namespace lamina {

Executor::Executor(std::shared_ptr<const Plan> plan, std::shared_ptr<Device> device)
    : plan_(std::move(plan)), device_(std::move(device)), addresses_(plan_->slots.size(), nullptr) {
  LAMINA_ASSERT(plan_->device == device_->kind(), "a plan for ", plan_->device, " on ", device_->kind());
  allocate();
  place_variables();
  bind();
}

Executor::~Executor() {
  // Poisoned memory goes back to its allocator as it came.
  if (!device_->checks_slots()) return;
  for (size_t i = 0; i < plan_->slots.size(); ++i) {
    if (plan_->slots[i].kind == Slot::Kind::arena) device_->unpoison(addresses_[i], plan_->slots[i].bytes);
  }
}

void Executor::allocate() {
  const bool separate = device_->checks_slots();
  if (!separate && plan_->arena_bytes) buffers_.push_back(device_->allocate(plan_->arena_bytes, "the arena of a plan"));
  char* const arena = buffers_.empty() ? nullptr : static_cast<char*>(buffers_.front().data());
  for (size_t i = 0; i < plan_->slots.size(); ++i) {
    const Slot& slot = plan_->slots[i];
    if (slot.kind == Slot::Kind::variable) continue;
    if (slot.kind == Slot::Kind::arena && !separate) {
      addresses_[i] = arena + slot.offset;
      continue;
    }
    buffers_.push_back(device_->allocate(slot.bytes, slot.name));
    addresses_[i] = buffers_.back().data();
    if (slot.kind == Slot::Kind::constant) device_->upload(addresses_[i], slot.constant->data(), slot.bytes);
    if (slot.kind == Slot::Kind::arena) device_->poison(addresses_[i], slot.bytes);
  }
}

// A variable may have moved since the last run (another model placed it elsewhere); then everything is bound again.
void Executor::place_variables() {
  bool moved = false;
  for (size_t i = 0; i < plan_->slots.size(); ++i) {
    const Slot& slot = plan_->slots[i];
    if (slot.kind != Slot::Kind::variable) continue;
    void* const address = slot.variable->place(device_);
    moved = moved || address != addresses_[i];
    addresses_[i] = address;
  }
  if (moved && !bound_.empty()) {
    captured_.reset();
    bind();
  }
}

void Executor::bind() {
  const auto view = [&](const Argument& argument) {
    return TensorView{addresses_[static_cast<size_t>(argument.slot)], argument.dtype, argument.extents};
  };
  bound_.assign(plan_->steps.size(), {});
  for (size_t i = 0; i < plan_->steps.size(); ++i) {
    const Step& step = plan_->steps[i];
    for (const Argument& input : step.inputs) bound_[i].inputs.push_back(view(input));
    for (const Argument& output : step.outputs) bound_[i].outputs.push_back(view(output));
    if (step.workspace_slot >= 0) bound_[i].workspace = addresses_[static_cast<size_t>(step.workspace_slot)];
  }
  if (!device_->checks_slots()) return;
  for (size_t i = 0; i < plan_->slots.size(); ++i) {
    const Slot& slot = plan_->slots[i];
    if (slot.kind != Slot::Kind::arena) continue;
    bound_[static_cast<size_t>(slot.first_step)].starting.push_back(static_cast<int>(i));
    if (slot.last_step < static_cast<int>(bound_.size())) {
      bound_[static_cast<size_t>(slot.last_step)].ending.push_back(static_cast<int>(i));
    }
  }
}

void Executor::upload_inputs(const Feed& feed) {
  for (const Binding& input : plan_->inputs) {
    const auto given = feed.find(input.name);
    if (given == feed.end()) {
      std::vector<std::string> names;
      for (const auto& [name, tensor] : feed) names.push_back(name);
      throw Error(ErrorKind::model, text("no data for input '", input.name, "'; given are ", join(names, ", ", "'"),
                                         did_you_mean(input.name, names)));
    }
    const HostTensor& tensor = given->second;
    LAMINA_CHECK(tensor.extents() == input.argument.extents && tensor.dtype() == input.argument.dtype, "input '", input.name,
                 "' takes ", input.argument.dtype, input.argument.extents, ", given was ", tensor.dtype(), tensor.extents());
    device_->upload(addresses_[static_cast<size_t>(input.argument.slot)], tensor.data(), tensor.bytes());
  }
}

void Executor::launch(size_t index) {
  const Step& step = plan_->steps[index];
  const Bound& bound = bound_[index];
  const auto bytes = [&](int slot) { return plan_->slots[static_cast<size_t>(slot)].bytes; };
  for (const int slot : bound.starting) device_->unpoison(addresses_[static_cast<size_t>(slot)], bytes(slot));
  KernelContext context{step.attributes, bound.inputs,          bound.outputs,
                        bound.workspace, step.prepared.state.get(), device_->stream()};
  try {
    step.impl.launch(context);
  } catch (const Error& error) {
    throw Error(error.kind(), text("[", step.impl.full_name(), "] node \"", step.name, "\": ", error.what()));
  }
  for (const int slot : bound.ending) device_->poison(addresses_[static_cast<size_t>(slot)], bytes(slot));
}

void Executor::run_steps() {
  for (size_t i = 0; i < plan_->steps.size(); ++i) launch(i);
}

void Executor::run_observed() {
  using Clock = std::chrono::steady_clock;
  for (size_t i = 0; i < plan_->steps.size(); ++i) {
    const auto start = Clock::now();
    launch(i);
    device_->synchronize();
    observer_->on_step(plan_->steps[i], std::chrono::duration<double>(Clock::now() - start).count());
  }
}

Feed Executor::run(const Feed& feed) {
  place_variables();
  upload_inputs(feed);
  if (observer_) {
    run_observed();
  } else if (captured_) {
    captured_->replay();
  } else {
    // The first run is plain: libraries set themselves up in it, which a capture would not allow.
    if (has_run_ && !device_->checks_slots()) captured_ = device_->capture([this] { run_steps(); });
    if (captured_) {
      captured_->replay();
    } else {
      run_steps();
    }
  }
  has_run_ = true;
  Feed results;
  for (const Binding& output : plan_->outputs) {
    HostTensor tensor(output.argument.dtype, output.argument.extents);
    device_->download(tensor.data(), addresses_[static_cast<size_t>(output.argument.slot)], tensor.bytes());
    results.emplace(output.name, std::move(tensor));
  }
  device_->synchronize();
  return results;
}

}  // namespace lamina
