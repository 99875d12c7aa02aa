// SPDX-License-Identifier: Apache-2.0
// The attributes of a node, whatever the op: a value type that lists its fields once,
//
//   struct TransposeAttributes {
//     std::vector<int> permutation;
//     template <class Visitor> void visit(Visitor&& field) { field("permutation", permutation); }
//     friend bool operator==(const TransposeAttributes&, const TransposeAttributes&) = default;
//   };
//
// from which printing and the substitution of symbols (fields of type Dim and Shape) follow.
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <vector>

#include "core/base/check.h"
#include "core/base/shape.h"

namespace lamina {

namespace attribute_detail {

template <class T>
std::string print_field(const T& value) {
  if constexpr (std::is_enum_v<T>) {
    return std::to_string(static_cast<long long>(value));
  } else if constexpr (requires(std::ostream& out) { out << value; }) {
    return text(value);
  } else {
    std::string list = "[";
    for (const auto& item : value) list += (list.size() > 1 ? ", " : "") + print_field(item);
    return list + "]";
  }
}

}  // namespace attribute_detail

class Attributes {
 public:
  Attributes() : Attributes(None{}) {}

  template <class T>
    requires(!std::is_same_v<std::remove_cvref_t<T>, Attributes>)
  Attributes(T value) : held_(std::make_shared<Held<T>>(std::move(value))) {}  // NOLINT: any attribute struct converts

  template <class T>
  const T& get() const {
    const auto* held = dynamic_cast<const Held<T>*>(held_.get());
    LAMINA_ASSERT(held, "attributes hold ", held_->type().name(), ", asked for ", typeid(T).name());
    return held->value;
  }

  std::string to_string() const { return held_->print(); }  // "axis=1 keepdims=0"
  Attributes substitute(const SymbolBindings& bindings) const { return held_->substitute(bindings); }
  friend bool operator==(const Attributes& a, const Attributes& b) { return a.held_->equals(*b.held_); }

 private:
  struct None {
    template <class Visitor>
    void visit(Visitor&&) {}
    friend bool operator==(const None&, const None&) = default;
  };

  struct HeldBase {
    virtual ~HeldBase() = default;
    virtual std::string print() const = 0;
    virtual bool equals(const HeldBase& other) const = 0;
    virtual Attributes substitute(const SymbolBindings& bindings) const = 0;
    virtual const std::type_info& type() const = 0;
  };

  template <class T>
  struct Held final : HeldBase {
    explicit Held(T v) : value(std::move(v)) {}
    std::string print() const override {
      std::string out;
      T copy = value;
      copy.visit([&](const char* name, auto& field) {
        out += (out.empty() ? "" : " ") + std::string(name) + "=" + attribute_detail::print_field(field);
      });
      return out;
    }
    bool equals(const HeldBase& other) const override {
      const auto* same = dynamic_cast<const Held<T>*>(&other);
      return same && same->value == value;
    }
    Attributes substitute(const SymbolBindings& bindings) const override {
      T copy = value;
      copy.visit([&](const char*, auto& field) {
        if constexpr (requires { field.substitute(bindings); }) field = field.substitute(bindings);
      });
      return Attributes(std::move(copy));
    }
    const std::type_info& type() const override { return typeid(T); }
    T value;
  };

  std::shared_ptr<const HeldBase> held_;
};

}  // namespace lamina
