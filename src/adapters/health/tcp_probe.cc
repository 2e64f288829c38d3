#include "adapters/health/tcp_probe.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/units.h"
#include "net/connecting.h"

namespace outrigger::adapters {

TcpProbe::TcpProbe(std::string target, Duration timeout, const AdapterServices& services)
    : target_(std::move(target)),
      timeout_(timeout),
      services_(services),
      deadline_(services.loop, [this] { finish("no connection in " + base::format_duration(timeout_)); }) {}

void TcpProbe::begin(Done done) {
  done_ = std::move(done);
  problem_ = "the name has no address";
  deadline_.start(timeout_);
  if (const auto address = net::Address::parse(target_)) {
    left_ = {*address};
    return try_next();
  }
  const auto parts = net::split_host_port(target_);
  lookup_ = services_.resolver.resolve(parts->host, {}, [this, port = parts->port](net::dns::Result result) {
    left_ = std::move(result.addresses);
    if (left_.empty() && !result.error.empty()) problem_ = result.error;
    for (net::Address& address : left_) address.set_port(port);
    std::ranges::reverse(left_);
    try_next();
  });
}

void TcpProbe::try_next() {
  close();
  while (!left_.empty()) {
    const net::Connecting begun = net::start_connect(left_.back());
    fd_ = begun.fd;
    if (begun.in_progress) {
      watch_ = std::make_unique<FdWatch>(services_.loop);
      watch_->set_fd(fd_);
      return watch_->wait_writable(this);
    }
    if (is_good(begun.error)) return finish("");
    close();
    left_.pop_back();
  }
  finish(problem_);
}

// The watch that called is destroyed in here, which it allows.
void TcpProbe::wake() {
  if (is_good(net::connect_error(fd_, left_.back()))) return finish("");
  left_.pop_back();
  try_next();
}

bool TcpProbe::is_good(int error) {
  problem_ = std::strerror(error);
  return error == 0;
}

void TcpProbe::close() {
  watch_.reset();
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void TcpProbe::finish(std::string problem) {
  close();
  lookup_.reset();
  deadline_.stop();
  std::exchange(done_, nullptr)(std::move(problem));
}

}  // namespace outrigger::adapters
