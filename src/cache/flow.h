#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cache/content.h"
#include "cache/parts_body.h"
#include "outrigger/background.h"
#include "outrigger/detached.h"

namespace outrigger::cache {

// Content on its way: one thread brings it, many read it meanwhile, each at its own pace and on its own worker.
//
// While all of it is kept nobody waits for anybody. Once it is not (it is too large, or must not be stored) only a
// window of kWindow bytes is held, and who brings it waits for the slowest reader; readers that stop reading are ended
// by their own deadline. What is held counts to the buffer budget of the process until it is the store's.
class Flow {
 public:
  static constexpr std::uint64_t kWindow = 256 * 1024;

  explicit Flow(bool keeps_all) : keeps_all_(keeps_all) {}
  Flow(const Flow&) = delete;
  Flow& operator=(const Flow&) = delete;
  ~Flow();

  // For the one that brings the content.
  //
  // Appends a copy. `expected`: bytes that are still announced, these among them; 0: unknown.
  void write(std::string_view bytes, std::uint64_t expected);
  // The first end stands. `trailers`: what came behind the content, for those who read along; null: nothing.
  void end(const Headers* trailers = nullptr);
  void fail(Failure why) { finish(Body::State::failed, why); }
  // From now on a window.
  void stop_keeping();
  bool keeps_all() const;
  // Wait for it (Exchange::wait_for) before the next write; null: no need.
  std::shared_ptr<Job> room();
  bool has_readers() const;
  // All of it, once it ended and was kept: immutable now, and no longer counted here.
  std::shared_ptr<const Content> take_content();

  class Reader;

 private:
  // Who waits for more, and how to wake it: the ticket is torn by the one that leaves.
  struct Ticket {
    Reader* reader;
  };
  struct Seat {
    std::uint64_t offset = 0;  // nothing before it is needed
    Poster* poster = nullptr;
    std::shared_ptr<Ticket> waiting;
  };
  using Seats = std::list<Seat>;

  Seats::iterator sit(Poster* poster);
  void leave(Seats::iterator seat);
  Body::State read(Seats::iterator seat, std::uint64_t offset, std::string_view& bytes);
  bool wait(Seats::iterator seat, std::uint64_t offset, const std::shared_ptr<Ticket>& ticket);
  void finish(Body::State state, Failure why);
  void wake_all(std::unique_lock<std::mutex>& lock);
  // What has become of a wait for room: it is over, or there is none. With the lock.
  std::shared_ptr<Job> room_made();
  std::uint64_t slowest() const;
  void recount();

  mutable std::mutex mutex_;  // guards all below
  std::shared_ptr<Content> content_ = std::make_shared<Content>();
  bool keeps_all_;
  Body::State state_ = Body::State::pending;  // or end, failed
  Failure failure_ = Failure::none;
  std::vector<std::pair<std::string, std::string>> trailers_;
  Seats seats_;
  std::shared_ptr<Job> room_;
  std::uint64_t counted_ = 0;
};

// Reads a flow from its start, as soon as it sits: what it has not read yet is not dropped. Thread: its worker.
class Flow::Reader final : public PartsBody {
 public:
  // `arena`: of the exchange that reads.
  Reader(std::shared_ptr<Flow> flow, Poster* poster, Arena& arena)
      : flow_(std::move(flow)), seat_(flow_->sit(poster)), arena_(arena) {}
  ~Reader() override;
  void park(Wakeable* waiter) override;
  Failure failure() const override { return failure_; }
  bool is_starved() const override { return is_starved_; }
  const Headers* trailers() const override { return trailers_ ? &*trailers_ : nullptr; }
  // It sat down when a part was already dropped: there is no reading from the start.
  bool is_too_late() const;

 private:
  friend class Flow;
  State bytes_at(std::uint64_t offset, std::string_view& bytes) override;
  void woken();
  void take_trailers();

  const std::shared_ptr<Flow> flow_;
  const Seats::iterator seat_;
  Arena& arena_;
  std::optional<Headers> trailers_;
  std::shared_ptr<Ticket> ticket_;
  Wakeable* waiter_ = nullptr;
  Failure failure_ = Failure::none;
  bool is_starved_ = true;
};

}  // namespace outrigger::cache
