#include "upstream/connection.h"

namespace outrigger::upstream {

void Connection::become_idle(Duration limit) {
  input_.recycle();
  transport_->watch().wait_readable(this);
  loop_.set_deadline(*this, limit);
}

void Connection::leave_idle() {
  ListNode<Connection>::unlink();
  Deadline::clear();
  transport_->watch().wait_readable(nullptr);
}

}  // namespace outrigger::upstream
