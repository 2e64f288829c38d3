#include "server/service_manager.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "outrigger/process_log.h"

namespace outrigger::server {

namespace {

constexpr timeval kSendLimit{1, 0};

std::string take_variable(const char* name) {
  const char* const value = ::getenv(name);
  std::string taken = value == nullptr ? "" : value;
  ::unsetenv(name);
  return taken;
}

template <typename Number>
Number number_in(const std::string& text) {
  Number value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// A path, or an abstract name behind "@".
int connect_to(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() < 2 || name.size() >= sizeof address.sun_path) return -1;
  std::memcpy(address.sun_path, name.data(), name.size());
  if (name.front() == '@') address.sun_path[0] = '\0';
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kSendLimit, sizeof kSendLimit);
  if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&address), length) == 0) return fd;
  log(LogLevel::warn, "cannot reach the service manager", {{"socket", name}, {"error", std::strerror(errno)}});
  ::close(fd);
  return -1;
}

// 0: no watchdog, or that of another process.
Duration take_watchdog_period() {
  const auto microseconds = number_in<std::uint64_t>(take_variable("WATCHDOG_USEC"));
  const std::string pid = take_variable("WATCHDOG_PID");
  if (!pid.empty() && number_in<pid_t>(pid) != ::getpid()) return {};
  return std::chrono::microseconds(microseconds / 2);
}

std::string status_line(std::string_view status) {
  std::string line("\nSTATUS=");
  return line.append(status.substr(0, status.find('\n')));
}

}  // namespace

ServiceManager::ServiceManager(EventLoop& loop) : period_(take_watchdog_period()), timer_(loop, [this] { tick(); }) {
  if (const std::string name = take_variable("NOTIFY_SOCKET"); !name.empty()) socket_ = connect_to(name);
}

ServiceManager::~ServiceManager() {
  if (socket_ >= 0) ::close(socket_);
}

void ServiceManager::ready(std::string_view status) {
  if (!std::exchange(is_ready_, true)) send("READY=1" + status_line(status));
}

void ServiceManager::reloading() {
  if (!is_ready_) return;
  const auto now =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch());
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count()));
}

void ServiceManager::reloaded(std::string_view status) {
  if (is_ready_) send("READY=1" + status_line(status));
}

void ServiceManager::stopping() { send("STOPPING=1\nSTATUS=draining"); }

void ServiceManager::status(std::string_view status) { send(status_line(status).substr(1)); }

void ServiceManager::send(std::string_view lines) {
  if (socket_ < 0 || ::send(socket_, lines.data(), lines.size(), MSG_NOSIGNAL) >= 0) return;
  log(LogLevel::warn, "cannot tell the service manager", {{"lines", lines}, {"error", std::strerror(errno)}});
}

void ServiceManager::start_watchdog(Ask ask) {
  if (period_ == Duration::zero() || socket_ < 0) return;
  ask_ = std::move(ask);
  tick();
}

void ServiceManager::tick() {
  if (is_answered_) {
    send("WATCHDOG=1");
    is_answered_ = false;
    ask_([this] { is_answered_ = true; });
  }
  timer_.start(period_);
}

}  // namespace outrigger::server
