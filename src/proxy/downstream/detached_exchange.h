#pragma once

#include <memory>
#include <optional>

#include "proxy/active_exchange.h"
#include "proxy/downstream/connection_context.h"

namespace outrigger::proxy {

// An exchange without a client: runs work that a filter detached from one with a client. It stands among the worker's
// connections, so that it ends with the worker at the latest; a drain does not wait for it. It deletes itself when it
// is done, or when `timeouts.request` passed and the work did not end a second later.
class DetachedExchange final : private ClientConnection,
                               private Deferred,
                               private RootTask::Owner,
                               private ActiveExchange::Owner,
                               private AnswerWire {
 public:
  // Starts when the current event is over, with what `like` is now.
  static void begin(ConnectionContext& context, const ActiveExchange& like, std::unique_ptr<Detached> work);

 private:
  DetachedExchange(ConnectionContext& context, const ActiveExchange& like, std::unique_ptr<Detached> work);
  ~DetachedExchange();
  RootTask run(ActiveExchange& exchange);

  // ClientConnection
  void drain() override {}
  void destroy() override { delete this; }
  // Deferred
  void run_deferred() override;
  // RootTask::Owner
  void on_root_done(std::exception_ptr failure) noexcept override;
  // ActiveExchange::Owner
  bool end_slow_upload() override { return false; }
  bool detach(const ActiveExchange& exchange, std::unique_ptr<Detached> work) override {
    begin(context_, exchange, std::move(work));
    return true;
  }
  void on_overdue() override { context_.loop.defer(*this); }
  // AnswerWire
  void set_interim(ActiveExchange&, const ResponseHead& head) override { work_->interim(head); }
  void set_head(ActiveExchange&, const Response&, bool) override {}
  void put(std::string_view, bool, const Headers*) override {}
  void put_last(std::string_view) override {}
  Sending send() override { return Sending::done; }
  void park(Wakeable*) override {}
  std::uint64_t progress() const override { return 0; }
  bool is_head_sent() const override { return false; }

  ConnectionContext& context_;
  std::optional<ClientCertificate> certificate_;
  ActiveExchange exchange_;
  std::unique_ptr<Detached> work_;
  bool is_started_ = false;
  RootTask root_;  // last: its frames refer to everything above
};

}  // namespace outrigger::proxy
