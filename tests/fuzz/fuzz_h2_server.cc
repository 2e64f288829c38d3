#include <deque>

#include "head_properties.h"
#include "http/h1/target.h"
#include "http/h2/session.h"

using namespace outrigger;
using namespace outrigger::http::h2;
using fuzz::require;

namespace {

constexpr OutField kOk[] = {{":status", "200"}, {"server", "fuzz"}};

// Answers each request; the input decides what is odd about it.
class Served final : public Stream {
 public:
  Served(Session& session, unsigned kind) : session_(session), kind_(kind) {}
  RequestHead* request_head() override { return &head_; }
  Headers* trailers() override { return &trailers_; }
  void on_head(const HeadCheck& check) override {
    require(is_open() != check.malformed, "a malformed request is reset and others are not");
    is_ok_ = check.is_ok();
    if (is_ok_) check_head();
    if (check.malformed) return;
    const bool ends = kind_ % 4 == 0;
    session_.respond(*this, kOk, ends);
    if (!ends) session_.offer(*this, "some content", kind_ % 4 == 1);
  }
  void on_data(std::string_view bytes) override {
    require(!bytes.empty() && is_open(), "content comes to open streams");
    received_ += bytes.size();
    require(!is_ok_ || head_.framing == Framing::chunked || received_ <= head_.content_length,
            "no more content than announced");
    session_.consume_connection(bytes.size());
    if (kind_ % 3 != 0) session_.consume_stream(*this, bytes.size());
  }
  void on_end() override {
    require(head_.framing != Framing::length || received_ == head_.content_length, "as much content as announced");
  }
  void on_taken() override {
    if (has_sent_end()) return;
    if (kind_ % 4 == 3) return session_.reset(*this, ErrorCode::internal_error);
    session_.offer(*this, "more", true, &trailers_);
  }
  void on_closed(ErrorCode) override { require(!is_open(), "a closed stream is not open"); }

 private:
  void check_head() {
    for (const Field& field : head_.headers) {
      require(!field.name.empty() && field.name.find_first_of(" \t:\r\nABC") == std::string_view::npos,
              "lower-case token");
      require(field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos,
              "a value is one line");
      require(field.id == field_id(field.name), "the id fits the name");
    }
    require(head_.target.starts_with('/') || head_.target == "*", "the target is in origin form");
    require(http::h1::ambiguity_of_path(head_.path()).empty(), "the path has one meaning");
    require(http::h1::is_authority(head_.authority), "the authority is one");
  }
  Session& session_;
  unsigned kind_;
  Arena arena_;
  RequestHead head_{arena_};
  Headers trailers_{arena_};
  std::size_t received_ = 0;
  bool is_ok_ = false;
};

class Server final : public Session::Owner {
 public:
  Server() : session_(*this, {}, 0) {}
  ~Server() { streams_.clear(); }
  void run(std::string_view input) {
    session_.receive(kPreface, 0);
    unsigned seed = static_cast<unsigned>(input.size());
    for (std::uint64_t now = 0; !input.empty() && !session_.is_over(); ++now) {
      seed = seed * 1664525 + 1013904223;
      const std::size_t size = std::min<std::size_t>(input.size(), 1 + (seed >> 20));
      if (!session_.receive(input.substr(0, size), now)) break;
      input.remove_prefix(size);
      char room[257];
      for (int i = 0; i < 1000; ++i) {
        const std::size_t gathered = session_.gather({room, 64 + seed % 190});
        require(gathered <= 64 + seed % 190, "output fits the room");
        if (gathered == 0) break;
      }
      if (seed % 5 == 0 && !streams_.empty()) streams_.pop_front();
    }
  }
  Stream* on_request() override {
    if (++count_ % 7 == 0) return nullptr;
    return &streams_.emplace_back(session_, count_);
  }
  void on_output() override {}

 private:
  unsigned count_ = 0;
  std::deque<Served> streams_;
  Session session_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Server server;
  server.run({reinterpret_cast<const char*>(data), size});
  return 0;
}
