#pragma once

#include <functional>
#include <memory>
#include <string>

#include "config/settings.h"
#include "net/input_buffer.h"
#include "net/io.h"
#include "outrigger/message.h"
#include "outrigger/task.h"
#include "upstream/endpoint.h"

namespace outrigger::upstream {

// One check of one endpoint on a connection of its own: connects, with TLS where the upstream asks for it, and then, if
// a path is given, sends a GET in the upstream's protocol and looks at the answer; or asks the health service of gRPC.
// Destroying it cancels. Thread: its worker.
class HealthProbe final : private RootTask::Owner, private Deferred, private Deadline {
 public:
  // Calls `done` once, from an event, with what is wrong, or empty; it may destroy the probe.
  HealthProbe(EventLoop& loop, std::shared_ptr<Endpoint> endpoint, const config::HealthCheck& settings,
              std::function<void(std::string)> done);
  HealthProbe(const HealthProbe&) = delete;
  HealthProbe& operator=(const HealthProbe&) = delete;
  ~HealthProbe() { task_.reset(); }

  Arena& arena() { return arena_; }

 private:
  RootTask run(HealthProbe& self);
  Task<bool> connect(HealthProbe& self);
  Task<bool> exchange(HealthProbe& self);
  Task<bool> exchange_shared(HealthProbe& self);
  Task<bool> exchange_grpc(HealthProbe& self);
  Task<bool> read_head(HealthProbe& self, ResponseHead& head);
  Task<bool> read_content(HealthProbe& self, ResponseHead& head);
  bool speaks_http2() const;
  SharedConnection& share();
  std::string_view host() const { return settings_.host.empty() ? endpoint_->name() : settings_.host; }
  bool is_good(std::uint16_t status);
  bool contains_text(const std::string& content);
  bool fail(std::string why);
  void on_root_done(std::exception_ptr failure) noexcept override;
  void run_deferred() override;
  void expired() override;
  void finish();

  EventLoop& loop_;
  std::shared_ptr<Endpoint> endpoint_;
  config::HealthCheck settings_;
  std::function<void(std::string)> done_;
  std::string error_;
  net::WaitSlot wait_;
  Arena arena_;
  net::InputBuffer input_;
  std::unique_ptr<net::Transport> transport_;
  RootTask task_;  // last: its frames refer to everything above
};

}  // namespace outrigger::upstream
