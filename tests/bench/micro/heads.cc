// Reads and writes the heads of one request and its response again and again, as a connection does: for callgrind.
//
// Usage: bench_heads few|browser exchange|parse|write COUNT: `exchange` is all of it, with the exchange object;
// `parse` only reads both heads, `write` only writes them. tests/bench/micro/instructions runs it and does the sums.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "heads.h"
#include "http/h1/request_parser.h"
#include "http/h1/response_parser.h"
#include "proxy/downstream/h1_answer.h"
#include "proxy/forwarding/forward.h"

namespace outrigger::bench {

namespace {

using namespace outrigger::http::h1;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "bench_heads: %s\n", what);
  std::exit(1);
}

class NoOwner final : public proxy::ActiveExchange::Owner {
  bool end_slow_upload() override { return false; }
  void on_overdue() override {}
};

class Bench {
 public:
  Bench(const Heads& heads, std::string_view part)
      : heads_(heads), parses_(part != "write"), writes_(part != "parse"), socket_(loop_, -1) {
    live_ = std::make_shared<proxy::LiveConfig>();
    proxy::LiveListener& listener = live_->listeners["bench"];
    listener.settings.name = "bench";
    listener.limits = proxy::effective({}, {});
  }

  std::size_t run(std::size_t count) {
    if (parses_ && writes_) return exchanges(count);
    return parses_ ? parse_only(count) : write_only(count);
  }

 private:
  proxy::LiveListener& listener() { return live_->listeners.begin()->second; }

  void parse(RequestHead& request) {
    std::size_t scanned = 0;
    const auto result = parse_request_head(heads_.request, scanned, {}, PathPolicy::reject, request);
    if (result.consumed != heads_.request.size()) fail("the request was not accepted");
  }
  void parse(ResponseHead& response) {
    std::size_t scanned = 0;
    const auto result = parse_response_head(heads_.response, scanned, {}, Method::get, response);
    if (result.consumed != heads_.response.size()) fail("the response was not accepted");
  }

  std::size_t exchanges(std::size_t count) {
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < count; ++i) {
      auto exchange = std::make_unique<proxy::ActiveExchange>(loop_, answer_, live_, listener(), owner_);
      parse(exchange->request());
      exchange->begin("127.0.0.1", "http", nullptr);
      auto* head = exchange->arena().make<ResponseHead>(exchange->arena());
      bytes += proxy::write_request_head(*exchange).size();
      parse(*head);
      Response response(head, nullptr);
      bytes += proxy::write_response_head(*exchange, response, true).head.size();
      exchange->finish();
    }
    return bytes;
  }

  std::size_t parse_only(std::size_t count) {
    std::size_t fields = 0;
    for (std::size_t i = 0; i < count; ++i) {
      Arena arena;
      RequestHead request(arena);
      ResponseHead head(arena);
      parse(request);
      parse(head);
      fields += request.headers.size() + head.headers.size();
    }
    return fields;
  }

  std::size_t write_only(std::size_t count) {
    proxy::ActiveExchange exchange(loop_, answer_, live_, listener(), owner_);
    parse(exchange.request());
    exchange.begin("127.0.0.1", "http", nullptr);
    ResponseHead head(exchange.arena());
    parse(head);
    Response response(&head, nullptr);
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto request_text = proxy::write_request_head(exchange);
      const auto wire = proxy::write_response_head(exchange, response, true);
      bytes += request_text.size() + wire.head.size();
    }
    return bytes;
  }

  const Heads& heads_;
  bool parses_;
  bool writes_;
  EventLoop loop_;
  net::Socket socket_;
  proxy::H1Answer answer_{socket_};
  NoOwner owner_;
  std::shared_ptr<proxy::LiveConfig> live_;
};

}  // namespace

}  // namespace outrigger::bench

int main(int argc, char** argv) {
  using namespace outrigger::bench;
  if (argc != 4) fail("usage: bench_heads few|browser exchange|parse|write COUNT");
  Bench bench(std::string(argv[1]) == "browser" ? kBrowser : kFew, argv[2]);
  std::printf("%zu\n", bench.run(std::strtoul(argv[3], nullptr, 10)));
}
