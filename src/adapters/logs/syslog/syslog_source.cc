#include "adapters/logs/syslog/syslog_source.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "adapters/logs/hand_over.h"
#include "net/address.h"
#include "outrigger/process_log.h"

namespace outrigger::adapters::logs {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kTurnBytes = 1024 * 1024;

std::string name_of(const sockaddr_storage& storage, socklen_t length) {
  if (length <= sizeof(sa_family_t) || storage.ss_family == AF_UNIX) return "unix";
  return net::Address(reinterpret_cast<const sockaddr*>(&storage), length).ip();
}

}  // namespace

class SyslogSource::Connection final : private Wakeable {
 public:
  Connection(SyslogSource& source, std::unique_ptr<SyslogStream> stream)
      : source_(source),
        stream_(std::move(stream)),
        watch_(source.loop_),
        again_(source.loop_, [this] { wake(); }),
        idle_(source.loop_, [this] { end(); }) {
    stream_->framing.set_most(source_.options_.longest_line);
    watch_.set_fd(stream_->fd);
    source_.stats_.connections.add();
    idle_.start(source_.options_.idle);
    again_.start(Duration::zero());
  }
  ~Connection() {
    watch_.close();
    source_.stats_.connections.add(-1);
  }

  // The connection stays open, for another; this one is destroyed.
  std::unique_ptr<SyslogStream> leave() {
    watch_.close();
    return std::move(stream_);
  }
  void resume() { again_.start(Duration::zero()); }
  void flush() { source_.finish(*stream_); }
  void wake() override {
    std::array<char, 64 * 1024> buffer;
    for (std::size_t total = 0; total < kTurnBytes;) {
      if (source_.sink_.is_full()) return;
      const ssize_t got = ::recv(stream_->fd, buffer.data(), buffer.size(), 0);
      if (got < 0 && errno == EAGAIN) return watch_.wait_readable(this);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return end();
      total += static_cast<std::size_t>(got);
      idle_.start(source_.options_.idle);
      if (!feed({buffer.data(), static_cast<std::size_t>(got)})) return;
    }
    again_.start(Duration::zero());
  }

 private:
  bool feed(std::string_view bytes) {
    const bool good = stream_->framing.feed(
        bytes, [this](std::string_view message, std::uint64_t cut) { source_.give(stream_->origin, message, cut); });
    if (good) return true;
    source_.stats_.broken_frames.add();
    log(LogLevel::warn, "a syslog connection is closed: what came is no frame of syslog",
        {{"peer", stream_->origin.name}});
    source_.retire(*this);
    return false;
  }
  void end() {
    flush();
    source_.retire(*this);
  }

  SyslogSource& source_;
  std::unique_ptr<SyslogStream> stream_;
  FdWatch watch_;
  Timer again_;
  Timer idle_;
};

class SyslogSource::Acceptor final : private Wakeable {
 public:
  explicit Acceptor(SyslogSource& source)
      : source_(source), watch_(source.loop_), again_(source.loop_, [this] { wake(); }) {
    watch_.set_fd(source.sockets_.stream->fd());
    again_.start(Duration::zero());
  }
  ~Acceptor() { watch_.close(); }

  void wake() override {
    for (;;) {
      sockaddr_storage from{};
      socklen_t length = sizeof from;
      const int fd = ::accept4(watch_.fd(), reinterpret_cast<sockaddr*>(&from), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
      if (fd < 0 && errno != EAGAIN) return again_.start(1s);  // no descriptors left
      if (fd < 0) return watch_.wait_readable(this);
      if (source_.connections_.size() >= source_.options_.most_connections) {
        source_.stats_.refused_connections.add();
        ::close(fd);
        continue;
      }
      source_.add(std::make_unique<SyslogStream>(fd, name_of(from, length), source_.options_.longest_line));
    }
  }

 private:
  SyslogSource& source_;
  FdWatch watch_;
  Timer again_;
};

SyslogSource::SyslogSource(EventLoop& loop, SyslogSockets sockets, SyslogOptions options,
                           std::vector<std::unique_ptr<SyslogStream>> before, EventSink& sink, LogStats& stats)
    : loop_(loop),
      sockets_(std::move(sockets)),
      options_(options),
      before_(std::move(before)),
      sink_(sink),
      stats_(stats),
      bury_timer_(loop, [this] { retired_.clear(); }) {}

SyslogSource::~SyslogSource() = default;

void SyslogSource::start() {
  if (sockets_.datagram) {
    datagrams_.emplace(
        loop_, sockets_.datagram, [this](const DatagramReader::Datagram& datagram) { take(datagram); },
        [this] { return !sink_.is_full(); });
    datagrams_->start();
  }
  for (auto& stream : std::exchange(before_, {})) {
    if (sockets_.stream) {
      add(std::move(stream));
    } else {
      finish(*stream);
    }
  }
  if (sockets_.stream) acceptor_ = std::make_unique<Acceptor>(*this);
}

void SyslogSource::resume() {
  if (datagrams_) datagrams_->start();
  for (const auto& connection : connections_) connection->resume();
}

void SyslogSource::flush() {
  for (const auto& connection : connections_) connection->flush();
}

void SyslogSource::leave(HandOver& to) {
  for (const auto& connection : connections_) to.streams.push_back(connection->leave());
  connections_.clear();
}

void SyslogSource::add(std::unique_ptr<SyslogStream> stream) {
  connections_.push_back(std::make_unique<Connection>(*this, std::move(stream)));
}

// One datagram, one message. A sender that goes on is known by its address: its name need not be made again.
void SyslogSource::take(const DatagramReader::Datagram& datagram) {
  if (datagram.dropped > 0) stats_.lost("socket_buffer").add(datagram.dropped);
  if (datagram.from_length != from_length_ || std::memcmp(&datagram.from, &from_, from_length_) != 0) {
    from_ = datagram.from;
    from_length_ = datagram.from_length;
    origin_.name = name_of(from_, from_length_);
  }
  const std::string_view kept = datagram.content.substr(0, options_.longest_line);
  give(origin_, kept, datagram.size - kept.size());
}

// The sender says no more: what it began is passed on as it is.
void SyslogSource::finish(SyslogStream& stream) {
  stream.framing.finish([&](std::string_view message, std::uint64_t cut) { give(stream.origin, message, cut); });
}

void SyslogSource::give(const Origin& origin, std::string_view message, std::uint64_t cut) {
  if (message.empty()) return;
  Event event;
  event.text = event.last = message;
  event.cut = cut;
  sink_.take(origin, event);
}

// Its own code is on the stack: it is destroyed when that is done.
void SyslogSource::retire(Connection& connection) {
  const auto found = std::ranges::find_if(connections_, [&](const auto& each) { return each.get() == &connection; });
  if (found == connections_.end()) return;
  retired_.splice(retired_.end(), connections_, found);
  bury_timer_.start(Duration::zero());
}

}  // namespace outrigger::adapters::logs
