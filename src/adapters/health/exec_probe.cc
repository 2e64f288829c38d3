#include "adapters/health/exec_probe.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/units.h"

extern char** environ;

namespace outrigger::adapters {
namespace {

using namespace std::chrono_literals;

constexpr Duration kDeath = 1s;  // from SIGKILL to the end; only a process that waits for a device takes longer

void kill_group(pid_t pid) { ::kill(-pid, SIGKILL); }

// What posix_spawn sets up in the child.
struct Preparation {
  Preparation(int output) {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    ::posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~Preparation() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

}  // namespace

ExecProbe::ExecProbe(std::vector<std::string> command, Duration timeout, const AdapterServices& services)
    : command_(std::move(command)),
      timeout_(timeout),
      loop_(services.loop),
      children_(services.children),
      deadline_(loop_, [this] { expired(); }) {}

ExecProbe::~ExecProbe() {
  if (pid_ > 0) {
    kill_group(pid_);
    children_.take(pid_);
  }
  close();
}

void ExecProbe::begin(Done done) {
  done_ = std::move(done);
  output_.clear();
  read_ = 0;
  is_killed_ = false;
  const std::string problem = spawn();
  if (!problem.empty()) return finish("cannot run " + command_.front() + ": " + problem);
  deadline_.start(timeout_);
  read_output();
  exit_watch_->wait_readable(&exit_wake_);
}

std::string ExecProbe::spawn() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::strerror(errno);
  output_fd_ = ends[0];
  ::fcntl(output_fd_, F_SETFL, O_NONBLOCK);
  std::vector<char*> arguments;
  for (const std::string& each : command_) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  const Preparation preparation(ends[1]);
  const int error =
      ::posix_spawnp(&pid_, arguments[0], &preparation.actions, &preparation.attributes, arguments.data(), environ);
  ::close(ends[1]);
  if (error != 0) {
    pid_ = -1;
    return std::strerror(error);
  }
  pid_fd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (pid_fd_ < 0) {
    const std::string why = std::strerror(errno);
    kill_group(pid_);
    children_.take(std::exchange(pid_, -1));
    return "its end cannot be waited for: " + why;
  }
  exit_watch_ = std::make_unique<FdWatch>(loop_);
  exit_watch_->set_fd(pid_fd_);
  output_watch_ = std::make_unique<FdWatch>(loop_);
  output_watch_->set_fd(output_fd_);
  return "";
}

void ExecProbe::read_output() {
  char buffer[4096];
  while (read_ < kMostRead) {
    const ssize_t size = ::read(output_fd_, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size == 0) return;
    if (size < 0) return output_watch_->wait_readable(&output_wake_);
    const std::size_t room = kMostOutput - output_.size();
    read_ += static_cast<std::size_t>(size);
    output_.append(buffer, std::min(room, static_cast<std::size_t>(size)));
  }
  // Who writes without end is not read without end: it stands still until it is killed.
}

void ExecProbe::on_exit() {
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0) {
    return exit_watch_->wait_readable(&exit_wake_);
  }
  pid_ = -1;
  read_output();
  if (is_killed_) return finish("did not end within " + base::format_duration(timeout_));
  if (info.si_code == CLD_EXITED && info.si_status == 0) return finish("");
  std::string problem = info.si_code == CLD_EXITED ? "exit code " : "killed by signal ";
  problem += std::to_string(info.si_status);
  const std::string line = first_line();
  finish(line.empty() ? problem : problem + ": " + line);
}

std::string ExecProbe::first_line() const {
  std::string line = output_.substr(0, std::min(output_.find('\n'), std::size_t{200}));
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = '?';
  }
  return line;
}

void ExecProbe::expired() {
  if (is_killed_) return give_up();
  is_killed_ = true;
  kill_group(pid_);
  deadline_.start(kDeath);
}

void ExecProbe::give_up() {
  children_.take(std::exchange(pid_, -1));
  finish("did not end within " + base::format_duration(timeout_) + ", nor when it was killed");
}

void ExecProbe::close() {
  exit_watch_.reset();
  output_watch_.reset();
  for (int* fd : {&pid_fd_, &output_fd_}) {
    if (*fd >= 0) ::close(*fd);
    *fd = -1;
  }
}

void ExecProbe::finish(std::string problem) {
  close();
  deadline_.stop();
  std::exchange(done_, nullptr)(std::move(problem));
}

}  // namespace outrigger::adapters
