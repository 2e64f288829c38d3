// Compares how we read requests with how libhttp_parser, the parser of early Node.js, reads them.
//
// Usage: http_differential [COUNT [CORPUS_DIR]]: COUNT requests from a fixed seed (default 200000) and every file of
// the folder. Whatever we accept, head and body, the other must accept and read the same: method, target, version,
// fields, body framing, body, keep-alive. We may refuse more. Ends with 1 when the readings differ, and shows them.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "http/h1/body_decoder.h"
#include "http/h1/request_parser.h"
#include "reading.h"

namespace outrigger::differential {

namespace {

using namespace outrigger::http::h1;

void read_body(const RequestHead& head, std::string_view input, Arena& arena, Reading& reading) {
  BodyDecoder decoder(head.framing, head.content_length, &arena);
  for (;;) {
    const auto step = decoder.step(input);
    reading.body += step.payload;
    input.remove_prefix(step.consumed);
    if (step.state == BodyDecoder::Step::State::more) continue;
    reading.is_complete = decoder.done();
    if (step.state == BodyDecoder::Step::State::failed) {
      reading.is_accepted = false;
      reading.error = decoder.error();
    }
    return;
  }
}

// The target as the client sent it; the head holds what will be forwarded.
std::string received_target(std::string_view input) {
  const auto begin = input.find(' ') + 1;
  return std::string(input.substr(begin, input.find(' ', begin) - begin));
}

}  // namespace

Reading read_ours(std::string_view input) {
  Arena arena;
  RequestHead head(arena);
  std::size_t scanned = 0;
  Reading reading;
  const HeadResult result = parse_request_head(input, scanned, {}, PathPolicy::keep, head);
  if (result.status != HeadResult::Status::complete) {
    reading.error = result.reason.empty() ? "need more" : result.reason;
    return reading;
  }
  reading.is_accepted = true;
  reading.method = head.method_token;
  reading.target = received_target(input);
  reading.minor = head.version == Version::http11 ? 1 : 0;
  for (const Field& field : head.headers) reading.fields.emplace_back(field.name, field.value);
  reading.is_chunked = head.framing == Framing::chunked;
  reading.length = head.content_length;
  reading.keep_alive = head.keep_alive;
  read_body(head, input.substr(result.consumed), arena, reading);
  return reading;
}

namespace {

bool has_field(const Reading& reading, std::string_view name) {
  for (const auto& [field, value] : reading.fields) {
    if (equals_ignoring_case(field, name)) return true;
  }
  return false;
}

// Host of an absolute target was replaced by us, and may have been added (RFC 9112 section 3.2.2).
std::vector<std::pair<std::string, std::string>> comparable_fields(const Reading& reading) {
  auto fields = reading.fields;
  if (!reading.target.starts_with('/') && reading.target != "*") {
    std::erase_if(fields, [](const auto& field) { return equals_ignoring_case(field.first, "Host"); });
  }
  return fields;
}

// "Transfer-EncodingX: chunked".
bool has_prefixed_transfer_encoding(const Reading& reading) {
  constexpr std::string_view kName = "Transfer-Encoding";
  for (const auto& [field, value] : reading.fields) {
    const std::string_view name(field);
    if (name.size() > kName.size() && equals_ignoring_case(name.substr(0, kName.size()), kName)) return true;
  }
  return false;
}

// Does Connection hold an option that is empty or the beginning of a known one, as in ",close" or "cl, keep-alive"?
bool has_partial_connection_option(const Reading& reading) {
  constexpr std::string_view kKnown[] = {"close", "keep-alive", "upgrade"};
  for (const auto& [field, value] : reading.fields) {
    if (!equals_ignoring_case(field, "Connection")) continue;
    std::string option;
    for (const char c : value + ",") {
      if (c == ' ' || c == '\t') continue;
      if (c != ',') {
        option += c;
        continue;
      }
      for (const auto known : kKnown) {
        if (option.size() < known.size() && equals_ignoring_case(option, known.substr(0, option.size()))) return true;
      }
      option.clear();
    }
  }
  return false;
}

// Differences that are known and harmless, each with its reason. Null when the readings should be the same.
const char* known_difference(const Reading& ours, const Reading& theirs, std::string_view input) {
  if (theirs.error == "HPE_INVALID_METHOD") return "it knows a fixed list of methods, we take any token (RFC 9110 9.1)";
  if (theirs.error == "HPE_INVALID_URL" && !ours.target.starts_with('/')) {
    return "it refuses characters in a URL's host that RFC 3986 allows";
  }
  const bool is_framing_error = theirs.error == "HPE_INVALID_TRANSFER_ENCODING" ||
                                theirs.error == "HPE_INVALID_CONTENT_LENGTH" ||
                                theirs.error == "HPE_UNEXPECTED_CONTENT_LENGTH";
  if (is_framing_error && ours.is_chunked && theirs.is_chunked && ours.body == theirs.body) {
    return "it reads framing fields in trailers, we drop them unread (RFC 9110 6.5.1)";
  }
  if (is_framing_error && has_prefixed_transfer_encoding(ours)) {
    return "it takes any name that begins with Transfer-Encoding for that field";
  }
  if (ours.is_chunked && !ours.is_complete && ours.body == theirs.body && theirs.error == "HPE_INVALID_HEADER_TOKEN") {
    return "unfinished trailers: it refuses the bad byte, we the lines once they are complete";
  }
  const bool differs_in_keep_alive = ours.keep_alive != theirs.keep_alive;
  if (differs_in_keep_alive && input.contains('\t')) {
    return "it does not take a tab behind a Connection option for a blank (RFC 9110 5.6.3)";
  }
  if (differs_in_keep_alive && has_partial_connection_option(ours)) {
    return "it loses the option behind an empty one or one that a known option begins with (RFC 9110 5.6.1.2)";
  }
  if (differs_in_keep_alive && has_field(ours, "Proxy-Connection")) {
    return "it obeys Proxy-Connection, which RFC 9112 appendix C.2.2 tells us not to";
  }
  if (!ours.keep_alive && theirs.keep_alive && ours.minor == 0) {
    return "HTTP/1.0 with close and keep-alive: close wins here (RFC 9112 9.3), the connection is only closed earlier";
  }
  return nullptr;
}

const char* difference(const Reading& ours, const Reading& theirs) {
  if (!theirs.is_accepted) return "accepted by us only";
  if (ours.method != theirs.method) return "method";
  if (ours.target != theirs.target) return "target";
  if (ours.minor != theirs.minor) return "version";
  if (comparable_fields(ours) != comparable_fields(theirs)) return "fields";
  if (ours.is_chunked != theirs.is_chunked) return "chunked";
  if (ours.length != theirs.length && !ours.is_chunked) return "length";
  if (ours.body != theirs.body) return "body";
  if (ours.is_complete != theirs.is_complete) return "end of the body";
  if (ours.keep_alive != theirs.keep_alive) return "keep-alive";
  return nullptr;
}

std::string printable(std::string_view text) {
  std::string out;
  char escape[8];
  for (const char c : text) {
    if (c >= 0x20 && c < 0x7f && c != '\\') {
      out += c;
    } else {
      std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += escape;
    }
  }
  return out;
}

void show(const char* who, const Reading& reading) {
  std::printf("  %s: %s%s method=%s target=%s version=1.%d chunked=%d length=%llu keep-alive=%d complete=%d body=%s\n",
              who, reading.is_accepted ? "accepted" : "refused ", reading.error.c_str(), reading.method.c_str(),
              printable(reading.target).c_str(), reading.minor, reading.is_chunked,
              static_cast<unsigned long long>(reading.length), reading.keep_alive, reading.is_complete,
              printable(reading.body).c_str());
  for (const auto& [name, value] : reading.fields) {
    std::printf("    %s: %s\n", printable(name).c_str(), printable(value).c_str());
  }
}

class Comparison {
 public:
  void compare(std::string_view input) {
    const Reading ours = read_ours(input);
    const Reading theirs = read_reference(input);
    ++(ours.is_accepted ? accepted_ : refused_);
    stricter_ += !ours.is_accepted && theirs.is_accepted && ours.error != "need more" ? 1 : 0;
    if (!ours.is_accepted) return;
    const char* const what = difference(ours, theirs);
    if (what == nullptr) return;
    if (known_difference(ours, theirs, input) != nullptr) {
      ++known_;
      return;
    }
    if (++differences_ > kShown) return;
    std::printf("DIFFERENCE: %s\n  %s\n", what, printable(input).c_str());
    show("ours  ", ours);
    show("theirs", theirs);
  }

  // The exit status.
  int report() const {
    std::printf("accepted %zu, refused %zu (%zu of them by us only), known differences %zu, differences %zu\n",
                accepted_, refused_, stricter_, known_, differences_);
    return differences_ == 0 && accepted_ > 0 ? 0 : 1;
  }

 private:
  static constexpr std::size_t kShown = 10;
  std::size_t accepted_ = 0;
  std::size_t refused_ = 0;
  std::size_t stricter_ = 0;
  std::size_t known_ = 0;
  std::size_t differences_ = 0;
};

int run(std::size_t count, const char* corpus) {
  Comparison comparison;
  Generator generator(20240501);
  if (corpus != nullptr) {
    for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
      std::ifstream file(entry.path(), std::ios::binary);
      std::string text{std::istreambuf_iterator<char>(file), {}};
      comparison.compare(text);
      generator.add_seed(std::move(text));
    }
  }
  for (std::size_t i = 0; i < count; ++i) comparison.compare(generator.next());
  return comparison.report();
}

}  // namespace

}  // namespace outrigger::differential

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 200000;
  return outrigger::differential::run(count, argc > 2 ? argv[2] : nullptr);
}
