// SPDX-License-Identifier: Apache-2.0
// A user's function of Values as a layer. It is traced, so it is built from differentiable ops and cannot branch on
// contents (where() chooses); the shape of its output follows from the trace and need not be given. It has no weights;
// what Keras passes as `arguments`, a function captures.
//
//   Lambda([](const Value& x) { return 2.0 * x; })
//   Lambda([](const std::vector<Value>& x) { return x[0] - x[1]; })      the list as it was passed: a list of one stays one
//   Lambda([](const Value& x, const LambdaCall& call) { return call.training ? x + 1.0 : x; })
#pragma once

#include <functional>

#include "layers/layer.h"

namespace lamina {

// What a function gets that asks for it by a second argument. Where a layer is called, the function is tried out once
// for its shapes, not training and without masks.
struct LambdaCall {
  bool training = false;
  std::vector<Value> masks = {};                       // of each input: boolean (batch, time), empty where it has none
  const Value& mask() const { return masks.front(); }  // of the first
};

template <class Function, class... Arguments>
concept GivesValue = std::is_invocable_r_v<Value, Function, Arguments...>;

// One of Value(x), Value(x, call), Value(list), Value(list, call).
class LambdaFunction {
 public:
  using Call = std::function<Value(const std::vector<Value>& inputs, const LambdaCall& call)>;

  template <class Function>
    requires GivesValue<Function, const Value&> || GivesValue<Function, const Value&, const LambdaCall&>
  LambdaFunction(Function of)  // NOLINT
      : call_([of = std::move(of)](const std::vector<Value>& x, const LambdaCall& call) mutable -> Value {
          if constexpr (GivesValue<Function, const Value&>) {
            return of(x[0]);
          } else {
            return of(x[0], call);
          }
        }),
        takes_list_(false) {}

  template <class Function>
    requires(!GivesValue<Function, const Value&> && !GivesValue<Function, const Value&, const LambdaCall&>) &&
            (GivesValue<Function, const std::vector<Value>&> || GivesValue<Function, const std::vector<Value>&, const LambdaCall&>)
  LambdaFunction(Function of)  // NOLINT
      : call_([of = std::move(of)](const std::vector<Value>& x, const LambdaCall& call) mutable -> Value {
          if constexpr (GivesValue<Function, const std::vector<Value>&>) {
            return of(x);
          } else {
            return of(x, call);
          }
        }),
        takes_list_(true) {}

  bool takes_list() const { return takes_list_; }
  Value operator()(const std::vector<Value>& inputs, const LambdaCall& call) const { return call_(inputs, call); }

 private:
  Call call_;
  bool takes_list_;
};

// The mask of the output: none (the input's mask ends here); a constant of booleans, (time) or (batch, time); a function
// of the first input's mask, which has none to give where there is none; or a function of all inputs and their masks,
// which are empty Values where there are none.
class LambdaMask {
 public:
  using Function = std::function<Value(const std::vector<Value>& inputs, const std::vector<Value>& masks)>;

  LambdaMask() = default;
  LambdaMask(HostTensor constant) : constant_(std::move(constant)) {}  // NOLINT
  template <class OfMask>
    requires GivesValue<OfMask, const Value&>
  LambdaMask(OfMask of)  // NOLINT
      : function_([of = std::move(of)](const std::vector<Value>&, const std::vector<Value>& masks) mutable {
          return masks[0].exists() ? of(masks[0]) : Value();
        }) {}
  template <class OfInputs>
    requires GivesValue<OfInputs, const std::vector<Value>&, const std::vector<Value>&>
  LambdaMask(OfInputs of) : function_(std::move(of)) {}  // NOLINT

  const std::optional<HostTensor>& constant() const { return constant_; }
  const Function& function() const { return function_; }

 private:
  std::optional<HostTensor> constant_;
  Function function_;
};

struct LambdaOptions {
  std::string name = {};
  LambdaMask mask = {};
  std::optional<DType> compute_type = {};  // f32 keeps a loss exact under mixed_bfloat16
};

class Lambda : public LayerHandle {
 public:
  explicit Lambda(LambdaFunction function, LambdaOptions options = {});
};

}  // namespace lamina
