#pragma once

#include <string_view>

#include "outrigger/task.h"
#include "proxy/active_exchange.h"
#include "proxy/downstream/connection_context.h"

namespace outrigger::proxy {

// One exchange while it is served, on any wire: runs the chain, sends the answer, counts, and runs the finishers
// however it ends. An HTTP/1 connection is one again and again, a stream of HTTP/2 once.
class ServedExchange : protected Deferred, private RootTask::Owner, private ActiveExchange::Owner {
 protected:
  ServedExchange(ConnectionContext& context, AnswerWire& wire) : context_(context), wire_(wire) {}
  ~ServedExchange() = default;
  // First in a destructor: the chain refers to all that the wire has.
  void abandon() {
    root_.reset();
    exchange_.reset();
  }

  // Makes the exchange that the next head is read into; false when the listener is no longer there. `certificate`: what
  // the client proved in its connection's handshake, if anything.
  bool make_exchange(const ListenerPlace& place, const ClientCertificate* certificate);
  // Runs the chain of the listener on the exchange; it may be over when this returns. `scheme` is static.
  void serve(std::string_view peer_ip, std::string_view scheme, Body* body);
  // A request that can't be understood is answered without the chain, whose filters hear of it; or, with `answers`
  // false, not even that. `reason` is static.
  void refuse(std::string_view peer_ip, std::string_view scheme, Failure failure, std::string_view reason,
              bool answers = true);
  // Ends the exchange without a word more. From the loop, not from inside the exchange.
  void cancel(Failure why);
  bool is_served() const { return static_cast<bool>(root_); }

  ActiveExchange* exchange() { return exchange_.get(); }
  LiveListener& listener() { return *listener_; }
  // The last answer ended before it was complete.
  bool was_cut() const { return was_cut_; }

 private:
  // What the wire does. The exchange still stands in the first four.
  //
  // May another request come on this connection?
  virtual bool may_go_on() const { return context_.keeps_clients; }
  // Is the whole request received? What is already here is taken.
  virtual bool is_request_complete() = 0;
  virtual std::uint64_t request_bytes() const = 0;
  // The body is read no more.
  virtual void drop_request_body() = 0;
  // The answer is out, or cut (was_cut()): goes on or ends. `client_closes`: the client said that it sends no more.
  virtual void on_served(bool is_complete, bool client_closes) = 0;
  // An answer of our own went out in one attempt, and nothing can follow it.
  virtual void on_refused() = 0;
  // The exchange was ended from outside.
  virtual void on_cancelled() = 0;
  // The exchange waits for the client to go on with its body: ends that wait and says true.
  bool end_slow_upload() override = 0;

  void begin(std::string_view peer_ip, std::string_view scheme, Body* body);
  struct Outgoing;
  RootTask run(ActiveExchange& exchange);
  bool goes_on(net::IoEnd sent);
  bool begin_answer(ActiveExchange& exchange, Response& response, Outgoing& out);
  static void tell_call(ActiveExchange& exchange, Response& response, Outgoing& out);
  void answer(Failure failure, std::string_view reason);
  void end();
  void on_root_done(std::exception_ptr failure) noexcept override;
  void on_overdue() override;
  bool detach(const ActiveExchange& exchange, std::unique_ptr<Detached> work) override;
  bool end_late_answer() override;

 protected:
  // Deferred: the chain has ended. A wire that defers more overrides it.
  void run_deferred() override;

  ConnectionContext& context_;

 private:
  AnswerWire& wire_;
  LiveListener* listener_ = nullptr;  // of the configuration that the exchange uses
  bool was_cut_ = false;
  std::unique_ptr<ActiveExchange> exchange_;
  RootTask root_;  // last: its frames refer to everything above
};

}  // namespace outrigger::proxy
