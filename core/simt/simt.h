// SPDX-License-Identifier: Apache-2.0
// The one header a .cu includes for the device vocabulary. The file is compiled twice, by nvcc (SIMT_BACKEND=cuda) and
// by the host compiler for the simulator (SIMT_BACKEND=sim); everything a kernel may say has a meaning in both copies.
// docs/simulator.md lists the vocabulary and what the simulator sees.
#pragma once

#include "core/simt/atomic.h"
#include "core/simt/launch.h"
#include "core/simt/math.h"
#include "core/simt/qualifiers.h"
#include "core/simt/sync.h"
#include "core/simt/types.h"
#include "core/simt/warp.h"
