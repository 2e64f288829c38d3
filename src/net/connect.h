#pragma once

#include <array>
#include <coroutine>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/address.h"
#include "net/io.h"

namespace outrigger::net {

// `addresses` with the families in turn, beginning with that of the first; within a family the order stays. RFC 8305
// section 4, with a First Address Family Count of 1.
std::vector<Address> alternate_families(std::vector<Address> addresses);

// co_await Connect(...): a connection to one of several addresses, TLS handshake included. RFC 8305 section 5: they are
// tried in order, the next one when the one before has failed or has not answered for 250 ms (less where all would not
// get their turn within the limit), and the first that connects is taken; the others are closed. Where its handshake
// fails, those left are tried.
class [[nodiscard]] Connect final : private Deadline, private Interruptible {
 public:
  using MakeTransport = std::function<std::unique_ptr<Transport>(int fd)>;
  struct Result {
    std::unique_ptr<Transport> transport;  // null: there is none
    Failure failure = Failure::none;
    Address address;       // of the connection
    std::string detail;    // what failed last: "10.0.0.1:80: Connection refused"
    bool is_first = true;  // it is the address that was tried first
  };
  static constexpr std::size_t kMostAttempts = 8;  // at a time

  // `make` wraps a socket that is connected or on its way, and takes it. `limit` holds for everything together;
  // interrupting ends it with `request_timeout`. `first_bytes` go out in front of the handshake: few, which an empty
  // socket takes at once.
  Connect(EventLoop& loop, std::vector<Address> addresses, MakeTransport make, Duration limit, WaitSlot& slot,
          std::string first_bytes = {});
  Connect(const Connect&) = delete;
  Connect& operator=(const Connect&) = delete;
  ~Connect();

  bool await_ready();
  void await_suspend(std::coroutine_handle<> handle);
  Result await_resume() { return std::move(result_); }

 private:
  struct Attempt final : Wakeable {
    void wake() override { owner->on_event(*this); }
    Connect* owner = nullptr;
    std::unique_ptr<Transport> transport;  // null: free
    Address address;
    bool is_connected = false;
  };
  struct Stagger final : Deadline {
    explicit Stagger(Connect& connect) : owner(connect) {}
    void expired() override { owner.try_next(); }
    Connect& owner;
  };

  void try_next();
  bool begin(Attempt& attempt);
  void on_event(Attempt& attempt);
  void win(Attempt& attempt);
  bool send_first_bytes(Attempt& attempt);
  void give_up(Attempt& attempt);
  void shake_hands(Attempt& attempt);
  void fail(const Address& address, Failure failure, const std::string& why);
  Attempt* free_attempt();
  bool is_idle() const;
  void expired() override;
  void interrupt() override;
  void finish();

  EventLoop& loop_;
  MakeTransport make_;
  Duration limit_;
  WaitSlot& slot_;
  std::string first_bytes_;
  Duration pause_;  // between two attempts
  Address first_;
  std::vector<Address> left_;  // to be tried, the next one last
  std::array<Attempt, kMostAttempts> attempts_;
  Stagger stagger_{*this};
  Result result_;
  bool is_done_ = false;
  std::coroutine_handle<> handle_;
};

}  // namespace outrigger::net
