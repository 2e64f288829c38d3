#include "adapters/logs/output/syslog_output.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "adapters/logs/syslog/message.h"
#include "adapters/logs/transform/level.h"
#include "net/connecting.h"

namespace outrigger::adapters::logs {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPatience = 10s;        // to connect, or between two bytes
constexpr Duration kAgain = 20ms;          // a device's queue was full, and nothing tells when it has room
constexpr std::size_t kDatagram = 60'000;  // what fits into one on loopback; longer messages are cut

std::string_view value_of(const Record& record, std::string_view name, std::string_view otherwise) {
  const Field* field = record.find(name);
  return field == nullptr || field->value.empty() ? otherwise : std::string_view(field->value);
}

// A header's part: visible ASCII, at most `most` characters (RFC 5424 section 6).
void append_part(std::string_view text, std::size_t most, std::string& out) {
  text = text.substr(0, most);
  for (const char c : text) out += c > ' ' && c < '\x7F' ? c : '_';
  if (text.empty()) out += '-';
}

void append_3164_time(WallTime time, std::string& out) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<seconds>(time - day));
  fmt::format_to(std::back_inserter(out), "{} {:2} {:02}:{:02}:{:02}",
                 kMonths.substr((static_cast<unsigned>(date.month()) - 1) * 3, 3), static_cast<unsigned>(date.day()),
                 clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace

SyslogOutput::SyslogOutput(EventLoop& loop, SyslogTarget target)
    : target_(std::move(target)),
      watch_(loop),
      patience_(loop, [this] { fail("no progress", ETIMEDOUT); }),
      again_(loop, [this] { go_on(); }) {}

void SyslogOutput::encode(const Record& record, std::string& out) {
  const unsigned facility = find_facility(value_of(record, "facility", "")).value_or(target_.facility);
  fmt::format_to(std::back_inserter(out), "<{}>", facility * 8 + severity_of(record.level));
  append_header(record, out);
  if (!target_.text_only) {
    append_json(record, out);
    return;
  }
  const std::size_t content = out.size();
  out += record.message.empty() ? record.line : std::string_view(record.message);
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(content), out.end(), [](char c) { return c == '\n' || c == '\0'; },
      ' ');
  out += '\n';
}

void SyslogOutput::append_header(const Record& record, std::string& out) const {
  const WallTime time = record.time.value_or(record.read_at);
  const std::string_view host = value_of(record, "host", target_.host);
  const std::string_view app = value_of(record, "app", target_.app);
  const std::string_view process = value_of(record, "pid", "");
  if (target_.form == SyslogForm::rfc5424) {
    out += "1 ";
    append_time(std::chrono::floor<std::chrono::microseconds>(time), out);
    for (const auto& [part, most] : {std::pair(host, 255), std::pair(app, 48), std::pair(process, 128),
                                     std::pair(value_of(record, "msgid", ""), 32)}) {
      out += ' ';
      append_part(part, static_cast<std::size_t>(most), out);
    }
    out += " - ";
    return;
  }
  append_3164_time(time, out);
  out += ' ';
  append_part(host, 255, out);
  out += ' ';
  append_part(app, 32, out);
  if (!process.empty()) {
    out += '[';
    append_part(process, 32, out);
    out += ']';
  }
  out += ": ";
}

void SyslogOutput::deliver(const std::string& bytes, std::function<void(Delivery)> done) {
  done_ = std::move(done);
  left_ = std::string_view(bytes).substr(std::min(sent_, bytes.size()));
  patience_.start(kPatience);
  go_on();
}

void SyslogOutput::go_on() {
  if (!done_) return;
  if (is_connecting_) {
    const int error = net::connect_error(fd_, target_.address);
    if (error != 0) return fail("cannot connect", error);
    is_connecting_ = false;
  }
  if (fd_ < 0 && !connect()) return;
  while (!left_.empty()) {
    if (!send_next()) return;
  }
  sent_ = 0;
  finish({});
}

// False: connecting takes its time, or failed.
bool SyslogOutput::connect() {
  net::Connecting connecting;
  if (target_.is_stream) {
    connecting = net::start_connect(target_.address);
  } else {
    connecting.fd = ::socket(target_.address.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connecting.fd < 0 || ::connect(connecting.fd, target_.address.get(), target_.address.length()) != 0) {
      connecting.error = errno;
      if (connecting.fd >= 0) ::close(std::exchange(connecting.fd, -1));
    }
  }
  if (connecting.fd < 0) {
    fail("cannot connect", connecting.error);
    return false;
  }
  fd_ = connecting.fd;
  watch_.set_fd(fd_);
  is_connecting_ = connecting.in_progress;
  if (is_connecting_) watch_.wait_writable(this);
  return !is_connecting_;
}

// False: it takes its time, or failed.
bool SyslogOutput::send_next() {
  const std::string_view message = left_.substr(0, left_.find('\n'));
  if (target_.is_stream) {
    if (frame_.empty()) frame_ = std::to_string(message.size()) + " " + std::string(message);
    if (!flush_frame()) return false;
    frame_.clear();
    frame_sent_ = 0;
  } else if (::send(fd_, message.data(), std::min(message.size(), kDatagram), MSG_NOSIGNAL) < 0) {
    if (errno == EAGAIN) {
      watch_.wait_writable(this);
    } else if (errno == ENOBUFS) {
      again_.start(kAgain);
    } else {
      fail("cannot send", errno);
    }
    return false;
  }
  sent_ += message.size() + 1;
  left_.remove_prefix(std::min(left_.size(), message.size() + 1));
  patience_.start(kPatience);
  return true;
}

bool SyslogOutput::flush_frame() {
  while (frame_sent_ < frame_.size()) {
    const ssize_t sent = ::send(fd_, frame_.data() + frame_sent_, frame_.size() - frame_sent_, MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) {
      watch_.wait_writable(this);
      return false;
    }
    if (sent < 0) {
      fail("cannot send", errno);
      return false;
    }
    frame_sent_ += static_cast<std::size_t>(sent);
  }
  return true;
}

void SyslogOutput::close() {
  watch_.close();
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  is_connecting_ = false;
}

void SyslogOutput::finish(Delivery delivery) {
  patience_.stop();
  again_.stop();
  std::exchange(done_, nullptr)(std::move(delivery));
}

// A message that was sent in part is sent again whole, on the next connection.
void SyslogOutput::fail(const char* what, int error) {
  close();
  frame_.clear();
  frame_sent_ = 0;
  if (!done_) return;
  finish({Delivery::Result::later,
          std::string(what) + " to syslog at " + target_.address.text() + ": " + std::strerror(error),
          {}});
}

}  // namespace outrigger::adapters::logs
