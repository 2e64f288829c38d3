#pragma once

#include <functional>

#include "adapters/log_record.h"
#include "base/intrusive_list.h"

namespace outrigger::adapters {

// Every parsed line of the logs, to whoever wants to see it (metrics from lines, checks of patterns). Costs a look at
// an empty list where nobody does. Thread: the adapters'.
class LineBus {
 public:
  // While it lives, its callback gets every line. The callback must not end a subscription, its own included.
  class Subscription final : public ListNode<Subscription> {
   public:
    Subscription(LineBus& bus, std::function<void(const LogRecord&)> on_line) : on_line_(std::move(on_line)) {
      bus.subscriptions_.push_back(*this);
    }

   private:
    friend class LineBus;
    std::function<void(const LogRecord&)> on_line_;
  };

  bool has_subscribers() const { return !subscriptions_.empty(); }
  void publish(const LogRecord& record) {
    subscriptions_.for_each([&](Subscription& each) { each.on_line_(record); });
  }

 private:
  IntrusiveList<Subscription> subscriptions_;
};

}  // namespace outrigger::adapters
