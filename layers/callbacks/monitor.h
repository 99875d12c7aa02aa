// SPDX-License-Identifier: Apache-2.0
// Whether a watched number got better: what EarlyStopping, ReduceLROnPlateau and ModelCheckpoint share.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "layers/callbacks.h"

namespace lamina {

class Monitor {
 public:
  Monitor(std::string name, MonitorMode mode);

  const std::string& name() const { return name_; }
  bool wants_more() const { return more_; }

  // `value` beats `reference` by more than `min_delta`.
  bool improves(double value, double reference, double min_delta = 0) const {
    return more_ ? value - min_delta > reference : value + min_delta < reference;
  }
  double worst() const;

  // The number, or nothing and a warning that lists what there is. `what` is what hangs on it: "Early stopping".
  std::optional<double> read(const Logs& logs, const char* what, std::ostream& out) const;

 private:
  std::string name_;
  bool more_;
};

}  // namespace lamina
