#include <http_parser.h>

#include "reading.h"

// The reading of libhttp_parser, joined from its callbacks.
namespace outrigger::differential {

namespace {

struct Joined {
  Reading reading;
  bool in_value = false;
  bool has_head = false;
};

Joined& joined(http_parser* parser) { return *static_cast<Joined*>(parser->data); }

int on_url(http_parser* parser, const char* at, std::size_t size) {
  joined(parser).reading.target.append(at, size);
  return 0;
}

int on_name(http_parser* parser, const char* at, std::size_t size) {
  Joined& state = joined(parser);
  if (state.has_head) return 0;  // a trailer
  auto& fields = state.reading.fields;
  if (state.in_value || fields.empty()) fields.emplace_back();
  state.in_value = false;
  fields.back().first.append(at, size);
  return 0;
}

int on_value(http_parser* parser, const char* at, std::size_t size) {
  Joined& state = joined(parser);
  if (state.has_head) return 0;
  state.in_value = true;
  state.reading.fields.back().second.append(at, size);
  return 0;
}

int on_head(http_parser* parser) {
  Joined& state = joined(parser);
  Reading& reading = state.reading;
  state.has_head = true;
  reading.is_accepted = parser->http_major == 1;
  reading.minor = parser->http_minor;
  reading.method = http_method_str(static_cast<http_method>(parser->method));
  reading.is_chunked = (parser->flags & F_CHUNKED) != 0;
  reading.length = parser->content_length == UINT64_MAX ? 0 : parser->content_length;
  reading.keep_alive = http_should_keep_alive(parser) != 0;
  for (auto& [name, value] : reading.fields) {
    while (value.ends_with(' ') || value.ends_with('\t')) value.pop_back();
  }
  return 0;
}

int on_body(http_parser* parser, const char* at, std::size_t size) {
  joined(parser).reading.body.append(at, size);
  return 0;
}

int on_complete(http_parser* parser) {
  joined(parser).reading.is_complete = true;
  http_parser_pause(parser, 1);
  return 0;
}

// Bytes that the request took.
std::size_t read_one(std::string_view input, Joined& state) {
  http_parser_settings settings;
  http_parser_settings_init(&settings);
  settings.on_url = on_url;
  settings.on_header_field = on_name;
  settings.on_header_value = on_value;
  settings.on_headers_complete = on_head;
  settings.on_body = on_body;
  settings.on_message_complete = on_complete;
  http_parser parser;
  http_parser_init(&parser, HTTP_REQUEST);
  parser.data = &state;
  const std::size_t taken = http_parser_execute(&parser, &settings, input.data(), input.size());
  const auto error = HTTP_PARSER_ERRNO(&parser);
  if (error != HPE_OK && error != HPE_PAUSED) {
    state.reading.is_accepted = false;
    state.reading.error = http_errno_name(error);
  }
  return taken;
}

}  // namespace

Reading read_with_http_parser(std::string_view input) {
  Joined state;
  const std::size_t taken = read_one(input, state);
  if (state.reading.is_complete) {
    Joined next;
    read_one(input.substr(taken), next);
    if (next.reading.is_accepted) state.reading.next = next.reading.method + " " + next.reading.target;
  }
  return std::move(state.reading);
}

}  // namespace outrigger::differential
