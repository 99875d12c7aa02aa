// SPDX-License-Identifier: Apache-2.0
// The toy: ten tokens, each repeated over the time steps, through an LSTM whose loss a Lambda layer computes. The loss
// is bound by the Lambda's name to the identity, so no y is needed; training drives one unit of the Dense layer down.
#include <chrono>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/app.h"

namespace {

using namespace lamina;

constexpr int64_t kTokens = 10, kEncodeSize = 64;

struct Flags {
  apps::ModelFlags model;
  int64_t timesteps = 100;
  int64_t epochs = 10;
  std::string init = "keras";
  std::string binding = "dict";
  std::string json, save;
  bool plan = false;
};

Model build(int64_t timesteps) {
  const Value input = Input({timesteps}, {.name = "input", .dtype = DType::i32});
  Value x = Embedding(kTokens, 128)(input);
  x = LSTM(kEncodeSize)(x);
  x = Dense(kEncodeSize)(x);
  const Lambda test_loss([](const std::vector<Value>& v) { return relu(0.001 + slice(v[0], 1, 1, 2) + 100.0); }, {.name = "test_loss"});
  return Model({input}, {test_loss({x})}, "toy_lstm");
}

// Weights as functions of their row-major position, so that other programs can start from the same numbers.
void initialise_by_formula(Model& model) {
  for (const NamedVariable& named : model.variables()) {
    const std::string& path = named.path;
    std::vector<float> values(static_cast<size_t>(named.variable->count()), 0.0f);
    for (size_t i = 0; i < values.size(); ++i) {
      const auto n = static_cast<double>(i + 1);
      if (path == "embedding/embeddings") values[i] = static_cast<float>(0.05 * std::sin(n));
      if (path == "lstm/kernel") values[i] = static_cast<float>(0.1 * std::sin(n));
      if (path == "lstm/recurrent_kernel") values[i] = static_cast<float>(0.1 * std::cos(n));
      if (path == "lstm/bias") values[i] = i >= kEncodeSize && i < 2 * kEncodeSize ? 1.0f : 0.0f;
      if (path == "dense/kernel") values[i] = static_cast<float>(0.15 * std::sin(n));
    }
    named.variable->assign(HostTensor::of<float>(named.variable->extents, values));
  }
}

// Row i is token i at every step.
HostTensor tokens(int64_t timesteps) {
  std::vector<int32_t> ids;
  for (int32_t token = 0; token < kTokens; ++token) ids.insert(ids.end(), static_cast<size_t>(timesteps), token);
  return HostTensor::of<int32_t>({kTokens, timesteps}, ids);
}

Losses losses_for(const std::string& binding) {
  const auto identity = [](Value, Value y_pred) { return y_pred; };
  if (binding == "dict") return {{"test_loss", identity}};
  if (binding == "callable") return identity;
  return {{"tset_loss", identity}};
}

int train(const Flags& flags) {
  const auto start = std::chrono::steady_clock::now();
  Model model = build(flags.timesteps);
  model.summary(std::cout);
  CompileOptions options;
  options.optimizer = "adam";
  options.loss = losses_for(flags.binding);
  flags.model.apply_to(options);
  if (flags.init == "formula") initialise_by_formula(model);
  model.compile(std::move(options));
  std::cout << model.device_line() << "\n";
  model.print_bindings(std::cout);

  const HostTensor x = tokens(flags.timesteps);
  std::cout << "x: " << kTokens << " tokens, each repeated over " << flags.timesteps << " time steps\n";
  apps::flush_output();
  const History history = model.fit(x, {}, {.epochs = flags.epochs, .shuffle = false});
  if (flags.plan) model.print_plan(std::cout);
  const double predicted = model.predict(x.rows(5, 1)).at(0);
  std::cout << "[[" << text(predicted) << "]]\n";

  if (!flags.save.empty()) model.save_weights(flags.save);
  if (!flags.json.empty()) {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const nlohmann::ordered_json report = {{"device", name_of(model.device()->kind())},
                                           {"timesteps", flags.timesteps},
                                           {"init", flags.init},
                                           {"losses", *history.find("loss")},
                                           {"predict", predicted},
                                           {"seconds", seconds}};
    apps::write_text_file(flags.json, report.dump(2) + "\n");
  }
  return 0;
}

// A misspelt output name is the mistake this binding exists for: the message is the point, and exit code 2.
int show_misspelt(const Flags& flags) {
  try {
    return train(flags);
  } catch (const Error& error) {
    std::cerr << "compile(loss={'tset_loss': ...}): " << error.what() << "\n";
    return static_cast<int>(ErrorKind::usage);
  }
}

int check_and_run(const Flags& flags) {
  apps::check_output_files({{"--save", flags.save}, {"--json", flags.json}});
  const DeviceChoice device = flags.model.open();
  return flags.binding == "misspelt" ? show_misspelt(flags) : train(flags);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App cli("Trains the toy LSTM, whose loss is a Lambda layer bound by name.", "toy_lstm");
  Flags flags;
  flags.model.add_to(cli);
  cli.add_option("--timesteps", flags.timesteps, "time steps per token")->check(apps::whole_number(1, 100000))->capture_default_str();
  cli.add_option("--epochs", flags.epochs, "epochs of one step each")->check(apps::whole_number(1, 1000000))->capture_default_str();
  cli.add_option("--init", flags.init, "keras (random, by --seed) or formula (fixed)")->check(CLI::IsMember({"keras", "formula"}))->capture_default_str();
  cli.add_option("--binding", flags.binding, "how the loss is given: dict, callable or misspelt")
      ->check(CLI::IsMember({"dict", "callable", "misspelt"}))
      ->capture_default_str();
  cli.add_option("--json", flags.json, "write device, losses, prediction and seconds to this file")->check(apps::output_name());
  cli.add_option("--save", flags.save, "write the weights to this .safetensors or .npz file")
      ->check(apps::output_name({".safetensors", ".npz"}));
  cli.add_flag("--plan", flags.plan, "print the plan of the training step");
  return apps::run(cli, argc, argv, [&] { return check_and_run(flags); });
}
