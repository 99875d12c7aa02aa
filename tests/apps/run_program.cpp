// SPDX-License-Identifier: Apache-2.0
#include "tests/apps/run_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>

extern char** environ;

namespace lamina::testing {
namespace {

// A started program and the pipe that it writes to.
struct Child {
  Child(std::vector<std::string> arguments, const std::string& standard_output) {
    arguments.at(0) = std::string(LAMINA_BIN_DIR) + "/" + arguments.at(0);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);

    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe for the program's output");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (standard_output.empty()) {
      posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    } else {
      posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, standard_output.c_str(), O_WRONLY, 0);
    }
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    const int failed = posix_spawn(&process, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (failed != 0) {
      close(ends[0]);
      throw std::runtime_error("cannot run " + arguments[0]);
    }
    pipe = ends[0];
  }

  // Appends what there is to `out`; false at the end of the output.
  bool read_some(std::string& out) const {
    char buffer[4096];
    const ssize_t count = read(pipe, buffer, sizeof buffer);
    if (count > 0) out.append(buffer, static_cast<size_t>(count));
    return count > 0;
  }

  int wait() const {
    close(pipe);
    int status = 0;
    waitpid(process, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  pid_t process = 0;
  int pipe = -1;
};

}  // namespace

ProgramResult run_program(std::vector<std::string> arguments, const std::string& standard_output) {
  const Child child(std::move(arguments), standard_output);
  ProgramResult result;
  while (child.read_some(result.out)) {
  }
  result.exit_code = child.wait();
  return result;
}

std::string output_until(const std::string& awaited, int seconds, std::vector<std::string> arguments) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  const Child child(std::move(arguments), {});
  std::string out;
  while (out.find(awaited) == std::string::npos && std::chrono::steady_clock::now() < end) {
    pollfd waiting{child.pipe, POLLIN, 0};
    if (poll(&waiting, 1, 100) > 0 && !child.read_some(out)) break;
  }
  kill(child.process, SIGKILL);
  child.wait();
  return out;
}

}  // namespace lamina::testing
