#pragma once

#include <expected>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "net/address.h"
#include "net/tls/context.h"
#include "net/transport.h"
#include "outrigger/message.h"

namespace outrigger::cli {

// A blocking HTTP/1.1 client for commands: one request at a time on one connection, kept while the server keeps it.
// Bodies up to 64 MiB. Thread: one at a time.
class HttpClient {
 public:
  struct Answer {
    std::uint16_t status = 0;
    std::string body;
  };
  // `tls` null: plain text. Each request takes at most `limit`.
  HttpClient(const net::Address& address, std::shared_ptr<net::tls::ClientContext> tls, Duration limit);

  // `fields` are whole lines without CRLF; Host and Connection need not be among them. Errors are a sentence.
  std::expected<Answer, std::string> request(std::string_view method, std::string_view path,
                                             std::initializer_list<std::string> fields = {});
  // GET whose content is given to `take` as it comes, until `take` says false or the content ends; `limit` holds for
  // each piece. An answer that is not 200 is given whole, to nobody but the caller.
  std::expected<Answer, std::string> stream(std::string_view path, std::initializer_list<std::string> fields,
                                            const std::function<bool(std::string_view)>& take);

 private:
  using Done = std::expected<void, std::string>;
  Done connect();
  Done send(std::string_view text);
  Done read_more();
  Done wait(short events) const;
  Done send_request(std::string_view method, std::string_view path, std::initializer_list<std::string> fields);
  Done read_head(Method method, ResponseHead& head);
  std::expected<Answer, std::string> read_answer(Method method);
  Done read_stream(const ResponseHead& head, Arena& arena, const std::function<bool(std::string_view)>& take);
  Done read_body(const ResponseHead& head, Arena& arena, std::string& body);

  EventLoop loop_;  // owns the watches of transports; never runs
  net::Address address_;
  std::shared_ptr<net::tls::ClientContext> tls_;
  Duration limit_;
  Instant deadline_{};
  std::unique_ptr<net::Transport> transport_;
  std::string input_;
};

}  // namespace outrigger::cli
