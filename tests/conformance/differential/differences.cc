#include "differences.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "outrigger/headers.h"

namespace outrigger::differential {

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return out;
}

// We drop what Connection names (RFC 9110 section 7.6.1).
bool is_named_by_connection(const Reading& reading, std::string_view name) {
  return std::ranges::any_of(reading.fields, [&](const auto& field) {
    return equals_ignoring_case(field.first, "Connection") && lower(field.second).contains(lower(name));
  });
}

// Host of an absolute target was replaced by us, and may have been added (RFC 9112 section 3.2.2).
Fields comparable_fields(const Reading& reading) {
  Fields fields = reading.fields;
  std::erase_if(fields, [&](const auto& field) { return is_named_by_connection(reading, field.first); });
  if (!reading.target.starts_with('/') && reading.target != "*") {
    std::erase_if(fields, [](const auto& field) { return equals_ignoring_case(field.first, "Host"); });
  }
  return fields;
}

bool is_framing_error(const Reading& theirs) {
  return theirs.error == "HPE_INVALID_TRANSFER_ENCODING" || theirs.error == "HPE_INVALID_CONTENT_LENGTH" ||
         theirs.error == "HPE_UNEXPECTED_CONTENT_LENGTH";
}

bool has_framing_trailer(std::string_view input) {
  const std::string rest = lower(input.substr(input.find("\r\n\r\n")));
  return rest.contains("\ncontent-length:") || rest.contains("\ntransfer-encoding:");
}

// "Transfer-EncodingX: chunked".
bool has_prefixed_transfer_encoding(const Reading& reading) {
  constexpr std::string_view kName = "Transfer-Encoding";
  return std::ranges::any_of(reading.fields, [&](const auto& field) {
    const std::string_view name(field.first);
    return name.size() > kName.size() && equals_ignoring_case(name.substr(0, kName.size()), kName);
  });
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

bool differs_in_keep_alive(const Reading& ours, const Reading& theirs) { return ours.keep_alive != theirs.keep_alive; }

constexpr std::array kKnown = {
    KnownDifference{
        "both", "knows a fixed list of methods; we take any token (RFC 9110 9.1)",
        [](const Reading&, const Reading& theirs, std::string_view) { return theirs.error == "HPE_INVALID_METHOD"; }},
    KnownDifference{"both", "refuses characters in a URL's host that RFC 3986 allows",
                    [](const Reading& ours, const Reading& theirs, std::string_view) {
                      return theirs.error == "HPE_INVALID_URL" && !ours.target.starts_with('/');
                    }},
    KnownDifference{"both", "reads framing fields in trailers; we drop them unread (RFC 9110 6.5.1)",
                    [](const Reading& ours, const Reading& theirs, std::string_view input) {
                      return ours.is_chunked && ours.body == theirs.body && !theirs.is_complete &&
                             has_framing_trailer(input);
                    }},
    KnownDifference{"http_parser", "takes any name that begins with Transfer-Encoding for that field",
                    [](const Reading& ours, const Reading& theirs, std::string_view) {
                      return is_framing_error(theirs) && has_prefixed_transfer_encoding(ours);
                    }},
    KnownDifference{"both", "unfinished trailers: refuses the bad byte, we the lines once they are complete",
                    [](const Reading& ours, const Reading& theirs, std::string_view) {
                      return ours.is_chunked && !ours.is_complete && ours.body == theirs.body &&
                             theirs.error == "HPE_INVALID_HEADER_TOKEN";
                    }},
    KnownDifference{"http_parser", "does not take a tab behind a Connection option for a blank (RFC 9110 5.6.3)",
                    [](const Reading& ours, const Reading& theirs, std::string_view input) {
                      return differs_in_keep_alive(ours, theirs) && input.contains('\t');
                    }},
    KnownDifference{"both",
                    "loses the option behind an empty one or one that a known option begins with (RFC 9110 5.6.1.2)",
                    [](const Reading& ours, const Reading& theirs, std::string_view) {
                      return differs_in_keep_alive(ours, theirs) && has_partial_connection_option(ours);
                    }},
    KnownDifference{"both", "obeys Proxy-Connection, which RFC 9112 appendix C.2.2 tells us not to",
                    [](const Reading& ours, const Reading& theirs, std::string_view) {
                      return differs_in_keep_alive(ours, theirs) && has_field(ours, "Proxy-Connection");
                    }},
    KnownDifference{"both", "HTTP/1.0 with close and keep-alive: close wins here, the connection only ends earlier",
                    [](const Reading& ours, const Reading& theirs, std::string_view) {
                      return !ours.keep_alive && theirs.keep_alive && ours.minor == 0;
                    }},
};

}  // namespace

bool has_field(const Reading& reading, std::string_view name) {
  return std::ranges::any_of(reading.fields,
                             [&](const auto& field) { return equals_ignoring_case(field.first, name); });
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
  if (ours.keep_alive && ours.next != theirs.next && !ours.next.empty() && !theirs.next.empty()) return "next request";
  return nullptr;
}

const KnownDifference* explanation(const Reading& ours, const Reading& theirs, std::string_view input) {
  const auto found =
      std::ranges::find_if(kKnown, [&](const KnownDifference& known) { return known.applies(ours, theirs, input); });
  return found == kKnown.end() ? nullptr : &*found;
}

}  // namespace outrigger::differential
