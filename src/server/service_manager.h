#pragma once

#include <functional>
#include <string_view>

#include "event/event_loop.h"

namespace outrigger::server {

// What systemd is told about this process: one datagram to $NOTIFY_SOCKET for each change, by the protocol of
// sd_notify(3). Nothing where the variable is not set. Thread: the loop's.
class ServiceManager {
 public:
  // Takes its variables out of the environment, so that no child speaks for us. Before any thread.
  explicit ServiceManager(EventLoop& loop);
  ~ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  // Once: the service is up. `status` is the sentence that `systemctl status` shows.
  void ready(std::string_view status);
  void reloading();
  void reloaded(std::string_view status);
  void stopping();
  void status(std::string_view status);

  // Where a watchdog is set, tells it twice a period that all is well, as long as `ask` gets its answers: it has every
  // worker asked, and calls the function it is given once all have answered.
  using Ask = std::function<void(std::function<void()> all_answered)>;
  void start_watchdog(Ask ask);

 private:
  void send(std::string_view lines);
  void tick();

  int socket_ = -1;
  bool is_ready_ = false;
  Duration period_{};  // half of what the watchdog waits; 0: there is none
  Timer timer_;
  Ask ask_;
  bool is_answered_ = true;
};

}  // namespace outrigger::server
