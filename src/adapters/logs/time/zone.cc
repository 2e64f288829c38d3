#include "adapters/logs/time/zone.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "adapters/logs/time/posix_rule.h"
#include "base/small_file.h"

namespace outrigger::adapters::logs {
namespace {

using std::chrono::seconds;

// Reads big-endian numbers; past the end everything is 0 and `bad`.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}
  std::int64_t number(std::size_t size) {
    std::uint64_t value = 0;
    const std::string_view bytes = take(size);
    for (const char c : bytes) value = value << 8U | static_cast<unsigned char>(c);
    const std::size_t unused = 64 - size * 8;  // to carry the sign
    return static_cast<std::int64_t>(value << unused) >> unused;
  }
  std::string_view take(std::uint64_t size) {
    if (size > left_.size()) {
      bad = true;
      left_ = {};
      return {};
    }
    const std::string_view taken = left_.substr(0, size);
    left_.remove_prefix(size);
    return taken;
  }
  std::string_view rest() const { return left_; }
  bool bad = false;

 private:
  std::string_view left_;
};

// RFC 8536 section 3.1.
struct Header {
  char version = 0;
  std::uint64_t utc, standard, leaps, times, types, characters;
};
std::optional<Header> read_header(Reader& reader) {
  if (reader.take(4) != "TZif") return std::nullopt;
  Header header{};
  const std::string_view version = reader.take(16);
  if (!version.empty()) header.version = version[0];
  for (std::uint64_t* count :
       {&header.utc, &header.standard, &header.leaps, &header.times, &header.types, &header.characters}) {
    *count = static_cast<std::uint64_t>(reader.number(4));
    if (*count > 10'000) return std::nullopt;
  }
  if (reader.bad) return std::nullopt;
  return header;
}

bool two_digits(std::string_view text, int& value) {
  if (text.size() < 2 || text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9') return false;
  value = (text[0] - '0') * 10 + (text[1] - '0');
  return true;
}

// "+02:00", "-0530", "Z".
std::optional<seconds> fixed_offset(std::string_view text) {
  if (text == "Z" || text == "UTC" || text == "GMT") return seconds(0);
  if (text.size() < 3 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  int hours = 0, minutes = 0;
  if (!two_digits(text.substr(1), hours)) return std::nullopt;
  std::string_view rest = text.substr(3);
  if (rest.starts_with(':')) rest.remove_prefix(1);
  if (!rest.empty() && (rest.size() != 2 || !two_digits(rest, minutes))) return std::nullopt;
  const seconds east(hours * 3600 + minutes * 60);
  return text[0] == '-' ? -east : east;
}

}  // namespace

struct Zone::Rules {
  std::vector<std::int64_t> times;      // ascending
  std::vector<std::int32_t> offsets;    // from the time of the same place on
  std::int32_t before = 0;              // before the first
  std::optional<PosixRule> afterwards;  // from the last on

  seconds offset_at(std::int64_t utc) const {
    if (afterwards && (times.empty() || utc >= times.back())) {
      return afterwards->offset_at(std::chrono::sys_seconds(seconds(utc)));
    }
    const auto next = std::ranges::upper_bound(times, utc);
    return seconds(next == times.begin() ? before : offsets[static_cast<std::size_t>(next - times.begin()) - 1]);
  }
};

Zone Zone::fixed(seconds east) {
  Zone zone;
  zone.east_ = east;
  return zone;
}

std::expected<Zone, std::string> Zone::find(const std::string& name) {
  if (const auto east = fixed_offset(name)) return fixed(*east);
  if (name.empty() || name.starts_with('/') || name.contains("..")) {
    return std::unexpected("a zone is \"UTC\", \"local\", an offset \"+02:00\" or a name like \"Europe/Berlin\"");
  }
  const std::string path = name == "local" ? "/etc/localtime" : "/usr/share/zoneinfo/" + name;
  const auto content = base::read_small_file(path);
  if (!content && name == "local") return Zone();  // an image without one runs in UTC
  if (!content) return std::unexpected("no time zone \"" + name + "\" is installed here (the package tzdata has them)");
  auto zone = parse(*content);
  if (!zone) return std::unexpected(path + ": " + zone.error());
  return zone;
}

std::expected<Zone, std::string> Zone::parse(std::string_view content) {
  Reader reader(content);
  auto header = read_header(reader);
  if (!header || header->version < '2') return std::unexpected("no time zone file of version 2 or later");
  // The first block has 32-bit times for old readers.
  reader.take(header->times * 5 + header->types * 6 + header->characters + header->leaps * 8 + header->standard +
              header->utc);
  header = read_header(reader);
  if (!header || header->types == 0) return std::unexpected("the time zone file breaks off");
  auto rules = std::make_shared<Rules>();
  for (std::uint64_t i = 0; i < header->times; ++i) rules->times.push_back(reader.number(8));
  const std::string_view types = reader.take(header->times);
  std::vector<std::int32_t> offsets;
  for (std::uint64_t i = 0; i < header->types; ++i) {
    offsets.push_back(static_cast<std::int32_t>(reader.number(4)));
    reader.take(2);
  }
  reader.take(header->characters + header->leaps * 12 + header->standard + header->utc);
  if (reader.bad || !std::ranges::is_sorted(rules->times)) return std::unexpected("the time zone file breaks off");
  rules->before = offsets.front();
  for (const char type : types) {
    const auto index = static_cast<unsigned char>(type);
    if (index >= offsets.size()) return std::unexpected("the time zone file is damaged");
    rules->offsets.push_back(offsets[index]);
  }
  std::string_view footer = reader.rest();
  if (footer.starts_with('\n')) footer = footer.substr(1, footer.find('\n', 1) - 1);
  rules->afterwards = PosixRule::parse(footer);
  Zone zone;
  zone.rules_ = std::move(rules);
  return zone;
}

seconds Zone::offset_at(std::chrono::sys_seconds utc) const {
  return rules_ ? rules_->offset_at(utc.time_since_epoch().count()) : east_;
}

std::chrono::sys_seconds Zone::to_utc(std::chrono::local_seconds local) const {
  const std::chrono::sys_seconds as_utc(local.time_since_epoch());
  // Of the offsets around that time the one under which the clock shows it; the earlier instant first.
  const seconds before = offset_at(as_utc - std::chrono::hours(24));
  const seconds after = offset_at(as_utc + std::chrono::hours(24));
  if (before == after || offset_at(as_utc - before) == before) return as_utc - before;
  return offset_at(as_utc - after) == after ? as_utc - after : as_utc - before;
}

}  // namespace outrigger::adapters::logs
