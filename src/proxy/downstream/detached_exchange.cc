#include "proxy/downstream/detached_exchange.h"

#include "proxy/downstream/report_bug.h"

namespace outrigger::proxy {

void DetachedExchange::begin(ConnectionContext& context, const ActiveExchange& like, std::unique_ptr<Detached> work) {
  auto* const made = new DetachedExchange(context, like, std::move(work));  // deletes itself
  context.loop.defer(*made);
}

DetachedExchange::DetachedExchange(ConnectionContext& context, const ActiveExchange& like,
                                   std::unique_ptr<Detached> work)
    : ClientConnection(context, false),
      context_(context),
      exchange_(context.loop, *this, like.pinned_config(), like.listener_config(),
                static_cast<ActiveExchange::Owner&>(*this)),
      work_(std::move(work)) {
  if (like.client_certificate() != nullptr) certificate_ = *like.client_certificate();
  exchange_.set_client_certificate(certificate_ ? &*certificate_ : nullptr);
  exchange_.begin_like(like);
}

DetachedExchange::~DetachedExchange() {
  root_.reset();
  exchange_.finish();
}

RootTask DetachedExchange::run(ActiveExchange& exchange) { co_await work_->run(exchange); }

void DetachedExchange::run_deferred() {
  if (is_started_) return destroy();
  is_started_ = true;
  root_ = run(exchange_);
  root_.start(*this);
}

void DetachedExchange::on_root_done(std::exception_ptr failure) noexcept {
  if (failure) report_bug(failure);
  context_.loop.defer(*this);
}

}  // namespace outrigger::proxy
