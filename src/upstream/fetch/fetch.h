#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/url.h"
#include "event/event_loop.h"
#include "net/dns/resolver.h"
#include "net/input_buffer.h"
#include "net/io.h"
#include "net/tls/context.h"
#include "outrigger/message.h"
#include "outrigger/task.h"

namespace outrigger::upstream {

using FetchFields = std::vector<std::pair<std::string, std::string>>;

// What is asked. Host, Content-Length and Connection are written by Fetch; User-Agent and Accept where `fields` have
// none.
struct FetchRequest {
  std::string method = "GET";
  std::string url;  // http:// or https://, with a host name or an IP address
  FetchFields fields{};
  std::string content{};
  Duration timeout = std::chrono::seconds(5);  // for everything together, names and handshakes included
  std::size_t max_content = 1024 * 1024;       // bytes of the answer; more is an error
  // Whom to trust; null: the system's certificates, read anew for this request (10 ms). Only for https.
  std::shared_ptr<net::tls::ClientContext> trust{};
};

// The final answer, whatever its status: redirects are not followed.
struct FetchAnswer {
  std::uint16_t status = 0;
  FetchFields fields{};  // in their order; names in the case that the server chose
  std::string content{};

  // The first field of this name, compared without case; null: there is none.
  const std::string* find(std::string_view name) const;
  // What Retry-After says in seconds, the form of machines (RFC 9110 section 10.2.3); nothing where it is a date.
  std::optional<Duration> retry_after() const;
};

// One HTTP/1.1 request outside the data path (key sets, collectors, pages to be scraped), on a connection of its own.
// Names are looked up as for endpoints. Destroying it cancels.
// Thread: the loop's, which is also the resolver's. Cost: a connection, and up to 64 KiB beside the answer.
class Fetch final : private RootTask::Owner, private Deferred, private Deadline {
 public:
  using Result = std::expected<FetchAnswer, std::string>;  // the error is a sentence without full stop

  // Calls `done` once, from an event and never inside the constructor; it may destroy the Fetch. `resolver` and the
  // loop outlive it.
  Fetch(EventLoop& loop, net::dns::Resolver& resolver, FetchRequest request, std::function<void(Result)> done);
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;
  ~Fetch() { task_.reset(); }

  Arena& arena() { return arena_; }

 private:
  void start();
  RootTask run(Fetch& self);
  Task<bool> find_addresses(Fetch& self, std::vector<net::Address>& addresses);
  Task<bool> connect(Fetch& self, std::vector<net::Address> addresses);
  Task<bool> send(Fetch& self);
  Task<bool> read_head(Fetch& self, ResponseHead& head);
  Task<bool> read_content(Fetch& self, ResponseHead& head);
  std::string head_text() const;
  std::string problem() const;
  bool fail(std::string why);
  void on_root_done(std::exception_ptr failure) noexcept override;
  void run_deferred() override { finish(); }
  void expired() override;
  void finish();

  EventLoop& loop_;
  net::dns::Resolver& resolver_;
  FetchRequest request_;
  std::function<void(Result)> done_;
  Timer start_;
  base::Url url_;
  FetchAnswer answer_;
  std::string error_;
  net::WaitSlot wait_;
  Arena arena_;
  net::InputBuffer input_;
  std::unique_ptr<net::Transport> transport_;
  RootTask task_;  // last: its frames refer to everything above
};

}  // namespace outrigger::upstream
