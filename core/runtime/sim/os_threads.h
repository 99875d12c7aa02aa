// SPDX-License-Identifier: Apache-2.0
// OS threads that live as long as the program, because each keeps a pool of stacks and its copies of __shared__.
#pragma once

#include <functional>

namespace lamina::simt {

// Runs job(0) ... job(count - 1), each on an OS thread of its own, the first on the calling one; returns when all are
// done, or throws what the first of the jobs that failed has thrown. ErrorKind::device where no OS thread is to be had; no
// job has begun then. One call at a time.
void run_on_os_threads(int count, const std::function<void(int)>& job);

}  // namespace lamina::simt
