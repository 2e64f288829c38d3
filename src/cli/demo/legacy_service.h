#pragma once

#include <thread>

#include "server/local_service.h"

namespace outrigger::cli {

// What is demonstrated against: plain HTTP on a thread of its own that answers, but of a hundred requests ten with 500,
// five with 503, five by hanging up, and five only after most of a second.
class LegacyService {
 public:
  explicit LegacyService(std::shared_ptr<server::ListenSockets> sockets);
  ~LegacyService();
  LegacyService(const LegacyService&) = delete;
  LegacyService& operator=(const LegacyService&) = delete;

 private:
  void run(std::shared_ptr<server::ListenSockets> sockets);
  EventLoop loop_;
  std::thread thread_;
};

}  // namespace outrigger::cli
