// SPDX-License-Identifier: Apache-2.0
// What a model prints of itself: the layer table, the loss bindings, the plan, the graph as DOT.
#include <iostream>
#include <set>

#include "core/base/check.h"
#include "core/compile/make_plan.h"
#include "layers/model/model_state.h"

namespace lamina {
namespace {

// "(None, 100, 128)": symbols as Keras shows them.
std::string shown(const Shape& shape) {
  std::vector<std::string> dims;
  for (const Dim& dim : shape) dims.push_back(dim.is_number() ? dim.to_string() : "None");
  return "(" + join(dims) + (dims.size() == 1 ? ",)" : ")");
}

struct Row {
  std::string name, shape, parameters, from;
};

int64_t count(const Layer& layer, std::set<const Variable*>& seen) {
  int64_t total = 0;
  for (const auto& [path, variable] : all_variables(layer)) {
    if (!variable->is_state && seen.insert(variable.get()).second) total += variable->count();
  }
  return total;
}

std::vector<Row> rows_of(const Network& network) {
  std::vector<Row> rows;
  std::set<const Variable*> seen;
  for (const Listed& listed : network.listed()) {
    if (listed.is_input) {
      rows.push_back({network.input_names()[listed.index] + " (Input)", shown(network.inputs()[listed.index].shape()), "0", ""});
      continue;
    }
    const LayerCall& call = network.calls()[listed.index];
    std::vector<std::string> shapes;
    for (const TensorType& type : call.node->outputs) shapes.push_back(shown(type.shape));
    rows.push_back({call.name + " (" + call.layer->type() + ")", join(shapes), with_thousands(count(*call.layer, seen)), join(call.from)});
  }
  return rows;
}

// Each layer reads the one before it and nothing else: then "Connected to" would say nothing.
bool is_linear(const Network& network) {
  std::string before = network.input_names().front();
  for (const LayerCall& call : network.calls()) {
    if (!call.first_call || call.from.size() != 1 || call.from.front() != before) return false;
    before = call.name;
  }
  return network.inputs().size() == 1;
}

void print_line(std::ostream& out, const std::vector<std::pair<std::string, size_t>>& columns) {
  for (const auto& [cell, width] : columns) {
    out << cell;
    if (&cell != &columns.back().first) out << std::string(width > cell.size() ? width - cell.size() : 1, ' ');
  }
  out << "\n";
}

size_t widest(const std::vector<Row>& rows, std::string Row::* column, const char* title) {
  size_t width = std::string(title).size();
  for (const Row& row : rows) width = std::max(width, (row.*column).size());
  return width + 3;
}

}  // namespace

void Model::summary(std::ostream& out) const {
  const std::vector<Row> rows = rows_of(state_->network);
  const bool linear = is_linear(state_->network);
  const size_t name = widest(rows, &Row::name, "Layer (type)"), shape = widest(rows, &Row::shape, "Output Shape"),
               parameters = widest(rows, &Row::parameters, "Param #"), from = linear ? 0 : widest(rows, &Row::from, "Connected to");
  const std::string rule(name + shape + parameters + from, '=');
  if (!state_->name.empty()) out << "Model: \"" << state_->name << "\"\n";
  const auto print_row = [&](const std::string& a, const std::string& b, const std::string& c, const std::string& d) {
    std::vector<std::pair<std::string, size_t>> columns = {{a, name}, {b, shape}, {c, parameters}};
    if (!linear) columns.emplace_back(d, from);
    print_line(out, columns);
  };
  print_row("Layer (type)", "Output Shape", "Param #", "Connected to");
  out << rule << "\n";
  for (const Row& row : rows) print_row(row.name, row.shape, row.parameters, row.from);
  out << rule << "\n";
  int64_t total = 0, trainable = 0;
  for (const NamedVariable& named : weights()) {
    total += named.variable->count();
    trainable += named.trainable ? named.variable->count() : 0;
  }
  out << "Total params: " << with_thousands(total) << "\nTrainable params: " << with_thousands(trainable)
      << "\nNon-trainable params: " << with_thousands(total - trainable) << "\n";
}

void Model::summary() const { summary(std::cout); }

void Model::print_bindings(std::ostream& out) const {
  LAMINA_CHECK(state_->compiled, "You must compile a model before training/testing. Use `model.compile(optimizer, loss)`.");
  lamina::print_bindings(state_->losses, out);
}

void Model::print_bindings() const { print_bindings(std::cout); }

void Model::print_plan(std::ostream& out) const {
  LAMINA_CHECK(last_plan(), "no plan yet: plans are made for the shapes of the first batch");
  lamina::print_plan(*last_plan(), out);
}

Plan Model::training_plan(int64_t batch_size) const {
  state_->check_compiled();
  const StepGraph step = training_graph(state_->network, state_->graph_options({}));
  return make_plan(step.graph, {{"batch", batch_size}}, *state_->ops, state_->plan_options);
}

void Model::print_memory_plan(std::ostream& out) const {
  LAMINA_CHECK(last_plan(), "no plan yet: plans are made for the shapes of the first batch");
  lamina::print_memory_plan(*last_plan(), out);
}

void Model::plot(std::ostream& out) const {
  const auto node = [](const std::string& name) { return "\"" + name + "\""; };
  out << "digraph model {\n  rankdir=TB;\n  node [shape=record, fontname=\"Helvetica\"];\n";
  for (size_t i = 0; i < state_->network.inputs().size(); ++i) {
    const std::string& name = state_->network.input_names()[i];
    out << "  " << node(name) << " [label=\"" << name << "\\nInput\\n" << shown(state_->network.inputs()[i].shape()) << "\"];\n";
  }
  for (const LayerCall& call : state_->network.calls()) {
    if (call.first_call) {
      out << "  " << node(call.name) << " [label=\"" << call.name << "\\n" << call.layer->type() << "\\n"
          << shown(call.node->outputs.front().shape) << "\"];\n";
    }
    for (const std::string& from : call.from) out << "  " << node(from) << " -> " << node(call.name) << ";\n";
  }
  for (const NetworkOutput& output : state_->network.outputs()) out << "  // output " << output.name << "\n";
  out << "}\n";
}

}  // namespace lamina
