// SPDX-License-Identifier: Apache-2.0
// Replaces a file as a whole or not at all: whatever fails and whenever the process dies, `path` holds either the old
// bytes or all of the new ones.
#pragma once

#include <filesystem>
#include <functional>

#include "core/io/byte_sink.h"
#include "core/io/file_ops.h"

namespace lamina {

// Runs `writer` on a temporary file `.<name>.tmp-<pid>` in the folder of `path`, flushes it to the disk, renames it to
// `path` and flushes the folder. Every step is checked; a failure throws ErrorKind::io with the path, the system's
// reason and a remedy. Then, as when `writer` throws, the old file is untouched and the temporary file is removed. One
// failure comes after the rename, that of the folder's flush: the new file is in place then and the message says so.
// A file that is replaced keeps its permissions (narrowed by the umask); a symbolic link is followed and stays; a
// folder, pipe or device at `path` is refused. Costs one extra copy of the file on the disk while it is written.
// A write beyond `ulimit -f` raises SIGXFSZ, which ends a process that does not ignore it.
void write_file_atomically(const std::filesystem::path& path, const std::function<void(ByteSink&)>& writer,
                           FileOps& files = FileOps::system());

}  // namespace lamina
