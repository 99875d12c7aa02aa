// SPDX-License-Identifier: Apache-2.0
#include "core/base/shape.h"

#include <algorithm>
#include <ostream>

#include "core/base/check.h"

namespace lamina {

struct Dim::Quotient {
  Dim numerator;
  Dim denominator;
};

Dim::Dim(int64_t number) {
  if (number != 0) terms_[{}] = number;
}

Dim Dim::symbol(const std::string& name) {
  LAMINA_CHECK(!name.empty(), "a symbolic dimension needs a name");
  Dim dim;
  dim.terms_[{Atom{name, nullptr}}] = 1;
  return dim;
}

bool Dim::is_number() const { return terms_.empty() || (terms_.size() == 1 && terms_.begin()->first.empty()); }

int64_t Dim::number() const {
  LAMINA_CHECK(is_number(), "dimension '", to_string(), "' is not known yet");
  return terms_.empty() ? 0 : terms_.begin()->second;
}

std::string Dim::to_string() const {
  if (is_number()) return std::to_string(number());
  std::string out;
  for (const auto& [monomial, coefficient] : terms_) {
    if (monomial.empty()) continue;
    if (!out.empty()) out += coefficient < 0 ? "-" : "+";
    const int64_t shown = out.empty() ? coefficient : std::abs(coefficient);
    if (shown == -1) out += "-";
    if (shown != 1 && shown != -1) out += std::to_string(shown) + "*";
    for (size_t i = 0; i < monomial.size(); ++i) out += (i ? "*" : "") + monomial[i].text;
  }
  if (const auto constant = terms_.find({}); constant != terms_.end()) {
    out += (constant->second < 0 ? "" : "+") + std::to_string(constant->second);
  }
  return out;
}

Dim operator+(const Dim& a, const Dim& b) {
  Dim sum = a;
  for (const auto& [monomial, coefficient] : b.terms_) {
    int64_t& term = sum.terms_[monomial];
    LAMINA_CHECK(!__builtin_add_overflow(term, coefficient, &term), "dimension: a sum does not fit 64 bits");
    if (term == 0) sum.terms_.erase(monomial);
  }
  return sum;
}

Dim operator-(const Dim& a, const Dim& b) { return a + Dim(-1) * b; }

Dim operator*(const Dim& a, const Dim& b) {
  Dim product;
  for (const auto& [left, left_coefficient] : a.terms_) {
    for (const auto& [right, right_coefficient] : b.terms_) {
      Dim::Monomial monomial = left;
      monomial.insert(monomial.end(), right.begin(), right.end());
      std::sort(monomial.begin(), monomial.end());
      Dim term;
      term.terms_[monomial] = checked_multiply(left_coefficient, right_coefficient, "dimension");
      product = product + term;
    }
  }
  return product;
}

Dim operator/(const Dim& a, const Dim& b) {
  LAMINA_CHECK(!b.terms_.empty(), "division of dimension '", a.to_string(), "' by zero");
  if (a.is_number() && b.is_number()) {
    LAMINA_CHECK(b.number() > 0, "dimension '", a.to_string(), "' divided by ", b.number());
    const int64_t quotient = a.number() / b.number();
    return quotient - (a.number() % b.number() < 0 ? 1 : 0);
  }
  if (b.terms_.size() == 1) {  // exact where the one term of b divides every term of a
    const auto& [divisor, divisor_coefficient] = *b.terms_.begin();
    Dim exact;
    bool divides = true;
    for (const auto& [monomial, coefficient] : a.terms_) {
      Dim::Monomial rest = monomial;
      for (const Dim::Atom& atom : divisor) {
        const auto at = std::find(rest.begin(), rest.end(), atom);
        if (at == rest.end()) {
          divides = false;
          break;
        }
        rest.erase(at);
      }
      divides = divides && coefficient % divisor_coefficient == 0;
      if (!divides) break;
      exact.terms_[rest] = coefficient / divisor_coefficient;
    }
    if (divides) return exact;
  }
  Dim quotient;
  const std::string name = "(" + a.to_string() + ")/" + (b.terms_.size() > 1 ? "(" + b.to_string() + ")" : b.to_string());
  quotient.terms_[{Dim::Atom{name, std::make_shared<Dim::Quotient>(Dim::Quotient{a, b})}}] = 1;
  return quotient;
}

Dim Dim::substitute(const SymbolBindings& bindings) const {
  Dim result;
  for (const auto& [monomial, coefficient] : terms_) {
    Dim product = coefficient;
    for (const Atom& atom : monomial) {
      if (atom.quotient) {
        product = product * (atom.quotient->numerator.substitute(bindings) / atom.quotient->denominator.substitute(bindings));
        continue;
      }
      const auto bound = bindings.find(atom.text);
      LAMINA_CHECK(bound != bindings.end(), "dimension '", atom.text, "' has no value; known are the symbols of the inputs");
      product = product * Dim(bound->second);
    }
    result = result + product;
  }
  return result;
}

void Dim::collect_symbols(std::map<std::string, bool>& into) const {
  for (const auto& [monomial, coefficient] : terms_) {
    for (const Atom& atom : monomial) {
      if (atom.quotient) {
        atom.quotient->numerator.collect_symbols(into);
        atom.quotient->denominator.collect_symbols(into);
      } else {
        into[atom.text] = true;
      }
    }
  }
}

Shape Shape::without_axis(int axis) const {
  Shape shape = *this;
  shape.dims_.erase(shape.dims_.begin() + axis);
  return shape;
}

Shape Shape::with_axis(int axis, Dim dim) const {
  Shape shape = *this;
  shape.dims_.insert(shape.dims_.begin() + axis, std::move(dim));
  return shape;
}

bool Shape::is_concrete() const {
  return std::all_of(dims_.begin(), dims_.end(), [](const Dim& dim) { return dim.is_number(); });
}

Extents Shape::extents() const {
  Extents extents;
  for (const Dim& dim : dims_) extents.push_back(dim.number());
  return extents;
}

Dim Shape::count() const {
  Dim product = 1;
  for (const Dim& dim : dims_) product = product * dim;
  return product;
}

Shape Shape::substitute(const SymbolBindings& bindings) const {
  Shape shape;
  for (const Dim& dim : dims_) shape.push_back(dim.substitute(bindings));
  return shape;
}

std::ostream& operator<<(std::ostream& out, const Dim& dim) { return out << dim.to_string(); }

std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  return out << '(' << join(shape) << (shape.rank() == 1 ? ",)" : ")");
}

int normalized_axis(int axis, int rank, const char* what) {
  LAMINA_CHECK(axis >= -rank && axis < rank, what, ": axis ", axis, " of a tensor with ", rank, " axes; allowed are ", -rank,
               " to ", rank - 1);
  return axis < 0 ? axis + rank : axis;
}

Shape broadcast_shapes(const Shape& a, const Shape& b) {
  const Shape& longer = a.rank() >= b.rank() ? a : b;
  const Shape& shorter = a.rank() >= b.rank() ? b : a;
  Shape result = longer;
  const int offset = longer.rank() - shorter.rank();
  for (int i = 0; i < shorter.rank(); ++i) {
    const Dim& left = longer[offset + i];
    const Dim& right = shorter[i];
    if (left == right || right == Dim(1)) continue;
    LAMINA_CHECK(left == Dim(1), "shapes ", a, " and ", b, " do not broadcast: ", left, " against ", right);
    result[offset + i] = right;
  }
  return result;
}

}  // namespace lamina
