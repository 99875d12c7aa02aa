// SPDX-License-Identifier: Apache-2.0
// The progress of fit as Keras prints it. On a terminal one line that is rewritten, with a bar and the time left;
// elsewhere one plain line per epoch.
#pragma once

#include <iosfwd>
#include <memory>

#include "layers/model/callback.h"

namespace lamina {

// verbose 1: "Epoch 3/10" and a line with bar, time and numbers; 2: one line per epoch. `interactive` says whether `out`
// is a terminal.
std::shared_ptr<Callback> progress_line(std::ostream& out, int verbose, bool interactive);

// Whether `out` is std::cout or std::cerr on a terminal.
bool is_terminal(const std::ostream& out);

// "1:02:03", "2:03", "12s", "350ms", "2ms/step" as the line shows times.
std::string shown_duration(double seconds);

}  // namespace lamina
