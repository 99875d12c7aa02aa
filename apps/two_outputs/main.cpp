// SPDX-License-Identifier: Apache-2.0
// The two-input two-output model of Keras' functional guide: headlines and a side input, a main and an auxiliary output.
// Given once by lists and once by names, the same data, losses and weights must train alike.
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/app.h"
#include "core/base/philox.h"

namespace {

using namespace lamina;

struct Flags {
  apps::ModelFlags model;
  int64_t samples = 64;
  int64_t epochs = 2;
  int64_t vocabulary = 10000, width = 512, length = 100;
  std::string json;
};

Model build(const Flags& flags) {
  const Value main_input = Input({flags.length}, {.name = "main_input", .dtype = DType::i32});
  Value x = Embedding(flags.vocabulary, flags.width)(main_input);
  const Value lstm_out = LSTM(32)(x);
  const Value aux_output = Dense(1, {.name = "aux_output", .activation = "sigmoid"})(lstm_out);
  const Value aux_input = Input({5}, {.name = "aux_input"});
  x = Concatenate()({lstm_out, aux_input});
  for (int i = 0; i < 3; ++i) x = Dense(64, {.activation = "relu"})(x);
  const Value main_output = Dense(1, {.name = "main_output", .activation = "sigmoid"})(x);
  return Model({main_input, aux_input}, {main_output, aux_output}, "headlines");
}

// Numbers by Philox, so that every run and machine has the same.
HostTensor random_floats(const Extents& extents, uint32_t stream) {
  std::vector<float> values;
  const RandomKey key{7, RandomPurpose::data, stream, 0};
  for (int64_t i = 0; i < extents.count(); ++i) values.push_back(key.uniform(static_cast<uint64_t>(i)));
  return HostTensor::of<float>(extents, values);
}

HostTensor random_whole(const Extents& extents, uint32_t stream, int64_t below) {
  std::vector<int32_t> values;
  const RandomKey key{7, RandomPurpose::data, stream, 0};
  for (int64_t i = 0; i < extents.count(); ++i) {
    values.push_back(static_cast<int32_t>(key.uniform(static_cast<uint64_t>(i)) * static_cast<float>(below)));
  }
  return HostTensor::of<int32_t>(extents, values);
}

struct Data {
  HostTensor headlines, side, labels;
};

History train(const Flags& flags, const Data& data, bool by_name) {
  Model model = build(flags);
  if (by_name) model.summary(std::cout);
  CompileOptions options;
  options.optimizer = "rmsprop";
  if (by_name) {
    options.loss = {{"main_output", "binary_crossentropy"}, {"aux_output", "binary_crossentropy"}};
    options.loss_weights = {{"main_output", 1.0}, {"aux_output", 0.2}};
  } else {
    options.loss = {"binary_crossentropy", "binary_crossentropy"};
    options.loss_weights = {1.0, 0.2};
  }
  flags.model.apply_to(options);
  model.compile(std::move(options));
  std::cout << (by_name ? "by name" : "by lists") << ", " << model.device_line() << "\n";
  model.print_bindings(std::cout);
  apps::flush_output();
  if (by_name) {
    return model.fit({{"main_input", data.headlines}, {"aux_input", data.side}},
                     {{"main_output", data.labels}, {"aux_output", data.labels}}, {.epochs = flags.epochs});
  }
  return model.fit({data.headlines, data.side}, {data.labels, data.labels}, {.epochs = flags.epochs});
}

int compare(const Flags& flags) {
  apps::check_output_files({{"--json", flags.json}});
  const DeviceChoice device = flags.model.open();
  const Data data = {random_whole({flags.samples, flags.length}, 1, flags.vocabulary), random_floats({flags.samples, 5}, 2),
                     random_whole({flags.samples, 1}, 3, 2).cast(DType::f32)};
  const History by_name = train(flags, data, true), by_list = train(flags, data, false);
  const bool equal = by_name.series == by_list.series;
  std::cout << "histories by name and by lists are " << (equal ? "identical" : "different") << "\n";
  if (!flags.json.empty()) {
    nlohmann::ordered_json report = {{"identical", equal}};
    for (const auto& [name, values] : by_name.series) report["history"][name] = values;
    apps::write_text_file(flags.json, report.dump(2) + "\n");
  }
  return equal ? 0 : static_cast<int>(ErrorKind::internal);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App cli("Trains a two-input two-output model twice, with data and losses by name and by lists.", "two_outputs");
  Flags flags;
  flags.model.add_to(cli);
  cli.add_option("--samples", flags.samples, "random samples to train on")->check(apps::whole_number(1, 1000000))->capture_default_str();
  cli.add_option("--epochs", flags.epochs, "epochs")->check(apps::whole_number(1, 1000000))->capture_default_str();
  cli.add_option("--vocabulary", flags.vocabulary, "words")->check(apps::whole_number(2, 1000000))->capture_default_str();
  cli.add_option("--width", flags.width, "features per word")->check(apps::whole_number(1, 65536))->capture_default_str();
  cli.add_option("--length", flags.length, "words per headline")->check(apps::whole_number(1, 10000))->capture_default_str();
  cli.add_option("--json", flags.json, "write the histories to this file")->check(apps::output_name());
  return apps::run(cli, argc, argv, [&] { return compare(flags); });
}
