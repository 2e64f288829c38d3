#include <deque>

#include "head_properties.h"
#include "http/h2/session.h"

using namespace outrigger;
using namespace outrigger::http::h2;
using fuzz::require;

namespace {

constexpr OutField kGet[] = {{":method", "GET"}, {":scheme", "http"}, {":authority", "fuzz"}, {":path", "/"}};
constexpr OutField kHead[] = {{":method", "HEAD"}, {":scheme", "http"}, {":authority", "fuzz"}, {":path", "/"}};
constexpr OutField kPost[] = {{":method", "POST"}, {":scheme", "http"}, {":authority", "fuzz"}, {":path", "/"}};

// A request that hears what the input makes of its answer.
class Asked final : public Stream {
 public:
  Asked(Session& session, unsigned kind) : session_(session), kind_(kind) {
    if (kind_ % 3 == 0) is_sent_ = session_.request(*this, kGet, true);
    if (kind_ % 3 == 1) is_sent_ = session_.request(*this, kHead, true);
    if (kind_ % 3 == 2) is_sent_ = session_.request(*this, kPost, false);
    if (is_sent_ && kind_ % 3 == 2) session_.offer(*this, "some content", kind_ % 2 == 0);
  }
  ResponseHead* response_head() override { return &heads_.emplace_back(arena_); }
  Method request_method() const override { return kind_ % 3 == 1 ? Method::head : Method::get; }
  Headers* trailers() override { return &trailers_; }
  void on_head(const HeadCheck& check) override {
    require(!is_final_, "no head comes behind the final one");
    require(is_open() != check.malformed, "a malformed answer is reset and others are not");
    if (!check.is_ok()) return;
    const ResponseHead& head = heads_.back();
    require(head.status >= 100 && head.status <= 999 && head.status != 101, "a status that HTTP/2 knows");
    require(head.status >= 200 || !has_received_end(), "an interim answer ends nothing");
    is_final_ = head.status >= 200;
    for (const Field& field : head.headers) check_field(field);
  }
  void on_data(std::string_view bytes) override {
    require(!bytes.empty() && is_open() && is_final_, "content comes behind the final head");
    received_ += bytes.size();
    require(heads_.back().framing != Framing::length || received_ <= heads_.back().content_length,
            "no more content than announced");
    session_.consume_connection(bytes.size());
    if (kind_ % 5 != 0) session_.consume_stream(*this, bytes.size());
  }
  void on_end() override {
    require(heads_.back().framing != Framing::length || received_ == heads_.back().content_length,
            "as much content as announced");
    for (const Field& field : trailers_) check_field(field);
  }
  void on_taken() override {
    if (!has_sent_end()) session_.offer(*this, "more", true, &trailers_);
  }
  void on_closed(ErrorCode) override { require(!is_open(), "a closed stream is not open"); }

 private:
  static void check_field(const Field& field) {
    require(!field.name.empty() && field.name.find_first_of(" \t:\r\nABC") == std::string_view::npos,
            "lower-case token");
    require(field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos, "a value is one line");
    require(field.id == field_id(field.name), "the id fits the name");
  }
  Session& session_;
  unsigned kind_;
  Arena arena_;
  std::deque<ResponseHead> heads_;
  Headers trailers_{arena_};
  std::size_t received_ = 0;
  bool is_sent_ = false;
  bool is_final_ = false;
};

class Client final : public Session::Owner {
 public:
  Client() : session_(*this, {.role = Session::Role::client}, 0) {}
  ~Client() { streams_.clear(); }
  void run(std::string_view input) {
    unsigned seed = static_cast<unsigned>(input.size());
    for (std::uint64_t now = 0; !input.empty() && !session_.is_over(); ++now) {
      if (streams_.size() < 8) streams_.emplace_back(session_, count_++);
      gather(seed);
      seed = seed * 1664525 + 1013904223;
      const std::size_t size = std::min<std::size_t>(input.size(), 1 + (seed >> 20));
      if (!session_.receive(input.substr(0, size), now)) break;
      input.remove_prefix(size);
      gather(seed);
      if (seed % 5 == 0) streams_.pop_front();
    }
  }
  void on_output() override {}
  Stream* on_request() override {
    require(false, "nobody asks a client");
    return nullptr;
  }

 private:
  void gather(unsigned seed) {
    char room[257];
    for (int i = 0; i < 1000; ++i) {
      const std::size_t gathered = session_.gather({room, 64 + seed % 190});
      require(gathered <= 64 + seed % 190, "output fits the room");
      if (gathered == 0) break;
    }
  }
  unsigned count_ = 0;
  std::deque<Asked> streams_;
  Session session_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Client client;
  client.run({reinterpret_cast<const char*>(data), size});
  return 0;
}
