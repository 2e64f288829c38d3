#include "server/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "support/temporary_file.h"

namespace outrigger::server {
namespace {

using namespace std::chrono_literals;

// The other end of $NOTIFY_SOCKET.
class Manager {
 public:
  Manager() : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::setenv("NOTIFY_SOCKET", path_.c_str(), 1);
  }
  ~Manager() {
    ::close(fd_);
    ::unlink(path_.c_str());
  }
  std::vector<std::string> take() const {
    std::vector<std::string> all;
    char buffer[1024];
    for (ssize_t size = 0; (size = ::recv(fd_, buffer, sizeof buffer, 0)) > 0;) all.emplace_back(buffer, size);
    return all;
  }

 private:
  const test::TemporaryFile place_{""};
  const std::string path_ = place_.path() + ".socket";
  int fd_;
};

void pass(EventLoop& loop, Duration time) {
  Timer timer(loop, [&loop] { loop.stop(); });
  timer.start(time);
  loop.run();
}

}  // namespace

TEST_CASE("service manager: the watchdog is fed no more once a worker does not answer", "[server]") {
  const Manager manager;
  ::setenv("WATCHDOG_USEC", "40000", 1);  // the kernel queues ten datagrams: not more than that in a pass
  EventLoop loop;
  ServiceManager told(loop);
  CHECK(::getenv("WATCHDOG_USEC") == nullptr);
  bool answers = true;
  std::size_t asked = 0;
  told.start_watchdog([&](const std::function<void()>& all_answered) {
    ++asked;
    if (answers) all_answered();
  });
  pass(loop, 100ms);
  CHECK(manager.take().size() == asked);
  CHECK(asked > 1);
  answers = false;
  pass(loop, 100ms);
  manager.take();
  pass(loop, 100ms);
  CHECK(manager.take().empty());
}

TEST_CASE("service manager: a status is one line, whatever is in it", "[server]") {
  const Manager manager;
  EventLoop loop;
  ServiceManager told(loop);
  told.status("a mistake\nREADY=1");
  CHECK(manager.take() == std::vector<std::string>{"STATUS=a mistake"});
  told.reloading();  // before it is ready there is nothing to reload
  told.ready("serving");
  told.ready("serving");
  CHECK(manager.take() == std::vector<std::string>{"READY=1\nSTATUS=serving"});
}

TEST_CASE("service manager: without a socket nothing is told", "[server]") {
  ::unsetenv("NOTIFY_SOCKET");
  ::setenv("WATCHDOG_USEC", "10000", 1);
  EventLoop loop;
  ServiceManager told(loop);
  bool asked = false;
  told.start_watchdog([&](const std::function<void()>&) { asked = true; });
  told.ready("serving");
  CHECK_FALSE(asked);
}

}  // namespace outrigger::server
