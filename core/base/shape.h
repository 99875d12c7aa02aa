// SPDX-License-Identifier: Apache-2.0
// Shapes whose dimensions are numbers or symbols ("batch", "image.h"), with just the arithmetic that shape rules need.
// A Dim is a polynomial with integer coefficients over symbols and floor divisions, in one normal form, so that two
// dims are equal exactly when their forms are.
#pragma once

#include <compare>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/extents.h"

namespace lamina {

using SymbolBindings = std::map<std::string, int64_t>;

class Dim {
 public:
  Dim() = default;                    // 0
  Dim(int64_t number);                // NOLINT: numbers are dims
  Dim(int number) : Dim(static_cast<int64_t>(number)) {}  // NOLINT
  static Dim symbol(const std::string& name);

  bool is_number() const;
  int64_t number() const;  // throws, naming the symbol, unless is_number()
  std::string to_string() const;

  // Throws where a symbol of this dim has no binding.
  Dim substitute(const SymbolBindings& bindings) const;
  void collect_symbols(std::map<std::string, bool>& into) const;

  friend Dim operator+(const Dim& a, const Dim& b);
  friend Dim operator-(const Dim& a, const Dim& b);
  friend Dim operator*(const Dim& a, const Dim& b);
  friend Dim operator/(const Dim& a, const Dim& b);  // floor; b is a positive number or divides a exactly
  friend bool operator==(const Dim& a, const Dim& b) { return a.terms_ == b.terms_; }

 private:
  struct Quotient;
  // A symbol, or a floor division that did not come out even; compared by its text.
  struct Atom {
    std::string text;
    std::shared_ptr<const Quotient> quotient;
    friend bool operator==(const Atom& a, const Atom& b) { return a.text == b.text; }
    friend std::strong_ordering operator<=>(const Atom& a, const Atom& b) { return a.text <=> b.text; }
  };
  using Monomial = std::vector<Atom>;  // sorted; empty for the constant term
  std::map<Monomial, int64_t> terms_;  // no zero coefficients
};

class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<Dim> dims) : dims_(dims) {}
  explicit Shape(std::vector<Dim> dims) : dims_(std::move(dims)) {}
  Shape(const Extents& extents) : dims_(extents.begin(), extents.end()) {}  // NOLINT: numbers are shapes

  int rank() const { return static_cast<int>(dims_.size()); }
  const Dim& operator[](int axis) const { return dims_.at(static_cast<size_t>(axis)); }
  Dim& operator[](int axis) { return dims_.at(static_cast<size_t>(axis)); }
  auto begin() const { return dims_.begin(); }
  auto end() const { return dims_.end(); }
  void push_back(Dim dim) { dims_.push_back(std::move(dim)); }
  Shape without_axis(int axis) const;
  Shape with_axis(int axis, Dim dim) const;  // inserted before `axis`

  bool is_concrete() const;
  Extents extents() const;  // throws unless is_concrete()
  Dim count() const;        // product of the dims
  Shape substitute(const SymbolBindings& bindings) const;

  friend bool operator==(const Shape&, const Shape&) = default;

 private:
  std::vector<Dim> dims_;
};

std::ostream& operator<<(std::ostream& out, const Dim& dim);
std::ostream& operator<<(std::ostream& out, const Shape& shape);  // "(batch, 3)"

// `axis` counted from the end where it is negative; throws, naming `what`, outside [-rank, rank).
int normalized_axis(int axis, int rank, const char* what);

// The shape to which all broadcast by NumPy's rule; throws where two dims differ and neither is 1.
Shape broadcast_shapes(const Shape& a, const Shape& b);

}  // namespace lamina
