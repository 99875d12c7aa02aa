// SPDX-License-Identifier: Apache-2.0
#include "losses/losses.h"

namespace lamina::losses {

Loss identity() {
  return {"identity", [](const Value&, const Value& y_pred) { return y_pred; }};
}

}  // namespace lamina::losses
