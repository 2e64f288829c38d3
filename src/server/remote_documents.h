#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/remote_document.h"
#include "event/event_loop.h"
#include "net/dns/resolver.h"

namespace outrigger::server {

// Fetches the documents behind URLs (base/remote_document.h) that configurations name: at once, then as their rules
// say, and when somebody asks. What fails is tried again, in longer and longer pauses, and is loud each time.
// Thread: the loop's.
class RemoteDocuments {
 public:
  explicit RemoteDocuments(EventLoop& loop);
  ~RemoteDocuments();

  // Fetches from now on what is known by now.
  void follow(const std::vector<std::string>& dns_servers);
  // "https://a/keys: no answer in 5000 ms" for each that has never been good, or is not any more; `never` only those
  // that have never been.
  static std::string problems(bool never);

 private:
  class Follower;
  EventLoop& loop_;
  std::vector<std::string> dns_servers_;
  std::unique_ptr<net::dns::Resolver> resolver_;
  std::vector<std::unique_ptr<Follower>> followers_;
};

}  // namespace outrigger::server
