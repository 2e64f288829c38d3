// The service behind every proxy: answers GET /bytes/N with N bytes, takes any body, and counts what reached it.
// GET /paused/N answers after 2 ms, in which nobody else is served: whoever waits has surely gone to sleep.
//
// usage: backend PORT [FIELD...]     counts also the requests that carry each FIELD
// GET /stats gives the counters as JSON, GET /echo the request head as it arrived; neither is counted.
// Runs until its standard input ends.
#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "message.h"
#include "socket.h"

namespace bench {
namespace {

struct Counters {
  std::uint64_t requests = 0;
  std::uint64_t connections = 0;
  std::uint64_t body_bytes = 0;
  std::uint64_t wrong_bodies = 0;
  std::vector<std::pair<std::string, std::uint64_t>> fields;
};

std::string response(std::string_view body) {
  std::string text =
      "HTTP/1.1 200 OK\r\nServer: legacy/1.0\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: text/plain\r\n"
      "X-Powered-By: legacy\r\nContent-Length: ";
  return text.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
}

class Service {
 public:
  explicit Service(std::vector<std::string> fields) {
    for (auto& name : fields) counters_.fields.emplace_back(std::move(name), 0);
  }

  Counters& counters() { return counters_; }

  // The answer to `head`, valid until the next call.
  const std::string& answer(std::string_view head) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    if (line.starts_with("GET /stats ")) return scratch_ = response(report());
    if (line.starts_with("GET /echo ")) return scratch_ = response(head);
    ++counters_.requests;
    for (auto& [name, count] : counters_.fields) count += field(head, name).empty() ? 0 : 1;
    constexpr std::string_view kBytes = "GET /bytes/", kPaused = "GET /paused/";
    if (line.starts_with(kPaused)) {
      ::usleep(2000);
      return bytes(number(line.substr(kPaused.size())));
    }
    return bytes(line.starts_with(kBytes) ? number(line.substr(kBytes.size())) : 2);
  }

 private:
  const std::string& bytes(std::uint64_t count) {
    std::string& made = answers_[count];
    if (made.empty()) made = response(std::string_view(pattern()).substr(0, count));
    return made;
  }

  std::string report() const {
    std::string text = "{\"requests\": " + std::to_string(counters_.requests) +
                       ", \"connections\": " + std::to_string(counters_.connections) +
                       ", \"body_bytes\": " + std::to_string(counters_.body_bytes) +
                       ", \"wrong_bodies\": " + std::to_string(counters_.wrong_bodies) + ", \"fields\": {";
    const char* separator = "";
    for (const auto& [name, count] : counters_.fields) {
      text.append(separator).append("\"").append(name).append("\": ").append(std::to_string(count));
      separator = ", ";
    }
    return text + "}}";
  }

  Counters counters_;
  std::map<std::uint64_t, std::string> answers_;
  std::string scratch_;
};

// One connection; requests one after the other.
class Connection {
 public:
  Connection(int fd, Service& service) : fd_(fd), service_(service) {}
  ~Connection() { ::close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Reads, answers, writes until the kernel says no more. False: the connection is over.
  bool go_on() {
    static std::array<char, 256 * 1024> buffer;
    for (;;) {
      if (!flush()) return false;
      if (!unsent_.empty()) return true;
      if (closing_) return false;
      const auto got = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (got < 0) return would_block();
      if (got == 0) return false;
      take({buffer.data(), static_cast<std::size_t>(got)});
      // Edge-triggered: what comes after a short read is announced.
      if (static_cast<std::size_t>(got) < buffer.size() && unsent_.empty() && !closing_) return true;
    }
  }

 private:
  void take(std::string_view bytes) {
    while (!bytes.empty()) {
      if (body_left_ > 0) {
        const std::string_view part = bytes.substr(0, body_left_);
        if (!matches_pattern(body_offset_, part)) wrong_ = true;
        body_offset_ += part.size();
        body_left_ -= part.size();
        bytes.remove_prefix(part.size());
        service_.counters().body_bytes += part.size();
        if (body_left_ == 0) finish_request();
        continue;
      }
      std::size_t from = head_.size();
      head_.append(bytes);
      const std::size_t size = head_size(head_);
      if (size == 0) return;
      bytes.remove_prefix(size - from);
      head_.resize(size);
      body_left_ = content_length(head_);
      body_offset_ = 0;
      if (body_left_ == 0) finish_request();
    }
  }

  void finish_request() {
    if (wrong_) ++service_.counters().wrong_bodies;
    wrong_ = false;
    closing_ = asks_to_close(head_);
    const std::string& answer = service_.answer(head_);
    head_.clear();
    if (!unsent_.empty()) {
      unsent_.append(answer);
      return;
    }
    const auto sent = ::send(fd_, answer.data(), answer.size(), MSG_NOSIGNAL);
    const std::size_t done = sent < 0 ? 0 : static_cast<std::size_t>(sent);
    if (done < answer.size()) unsent_.assign(answer, done);
  }

  bool flush() {
    while (!unsent_.empty()) {
      const auto sent = ::send(fd_, unsent_.data() + sent_, unsent_.size() - sent_, MSG_NOSIGNAL);
      if (sent < 0) return would_block();
      sent_ += static_cast<std::size_t>(sent);
      if (sent_ < unsent_.size()) continue;
      unsent_.clear();
      sent_ = 0;
    }
    return true;
  }

  int fd_;
  Service& service_;
  std::string head_;
  std::string unsent_;
  std::size_t sent_ = 0;
  std::uint64_t body_left_ = 0;
  std::uint64_t body_offset_ = 0;
  bool closing_ = false;
  bool wrong_ = false;
};

void accept_all(int epoll, int listener, Service& service) {
  for (int fd = 0; (fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
    set_no_delay(fd);
    ++service.counters().connections;
    watch(epoll, fd, EPOLLIN | EPOLLOUT | EPOLLET, std::make_unique<Connection>(fd, service).release());
  }
}

int serve(std::uint16_t port, std::vector<std::string> fields) {
  Service service(std::move(fields));
  const int listener = listen_on(port);
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  int input_mark = 0;
  watch(epoll, listener, EPOLLIN, nullptr);
  watch(epoll, STDIN_FILENO, EPOLLIN, &input_mark);
  std::array<epoll_event, 256> events;
  for (;;) {
    const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      void* what = events[static_cast<std::size_t>(i)].data.ptr;
      if (what == &input_mark) return 0;
      if (what == nullptr) {
        accept_all(epoll, listener, service);
      } else if (!static_cast<Connection*>(what)->go_on()) {
        delete static_cast<Connection*>(what);
      }
    }
  }
}

}  // namespace
}  // namespace bench

int main(int count, char** arguments) {
  if (count < 2) return 2;
  return bench::serve(static_cast<std::uint16_t>(bench::number(arguments[1])), {arguments + 2, arguments + count});
}
