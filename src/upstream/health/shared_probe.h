#pragma once

#include <coroutine>
#include <memory>
#include <string>
#include <string_view>

#include "outrigger/arena.h"
#include "upstream/shared/shared_connection.h"

namespace outrigger::upstream {

// One request of a check over HTTP/2, on a connection of its own that ends with it.
class SharedProbe final : private SharedRequest {
 public:
  static constexpr std::size_t kMostContent = 64 * 1024;

  // `connection` is new, and not begun.
  SharedProbe(SharedConnection& connection, Arena& arena);
  ~SharedProbe();

  // `content` lives as long as this. False: the connection ended already.
  bool send(std::span<const http::h2::OutField> fields, std::string_view content);

  class Ended;
  // co_await ended(): the answer is complete, has kMostContent, or broke off.
  Ended ended();
  // Empty when the answer is complete or long enough.
  const std::string& error() const { return error_; }
  const ResponseHead& head() const { return *head_; }
  const std::string& content() const { return content_; }
  const Headers& trailer_fields() const { return trailers_; }

 private:
  ResponseHead* response_head() override;
  Headers* trailers() override { return &trailers_; }
  void on_head(const http::h2::HeadCheck& check) override;
  void on_data(std::string_view bytes) override;
  void on_end() override { end({}); }
  void on_taken() override {}
  void on_closed(http::h2::ErrorCode code) override;
  void on_lost(Failure failure, std::string_view why) override;
  void end(std::string error);

  Arena& arena_;
  ResponseHead* head_ = nullptr;
  Headers trailers_;
  std::string content_;
  std::string error_;
  bool is_over_ = false;
  std::coroutine_handle<> waiting_;
};

class [[nodiscard]] SharedProbe::Ended final {
 public:
  explicit Ended(SharedProbe& probe) : probe_(probe) {}
  Ended(const Ended&) = delete;
  Ended& operator=(const Ended&) = delete;
  ~Ended() { probe_.waiting_ = nullptr; }
  bool await_ready() const { return probe_.is_over_; }
  void await_suspend(std::coroutine_handle<> handle) { probe_.waiting_ = handle; }
  void await_resume() const {}

 private:
  SharedProbe& probe_;
};

inline SharedProbe::Ended SharedProbe::ended() { return Ended(*this); }

}  // namespace outrigger::upstream
