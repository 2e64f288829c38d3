#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "outrigger/grammar.h"

namespace outrigger {

namespace {

// A text that is read from its front; a part that does not fit makes it bad for good.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  bool is_done() const { return is_good_ && rest_.empty(); }
  bool is_good() const { return is_good_; }

  void skip(std::string_view expected) {
    is_good_ = is_good_ && rest_.starts_with(expected);
    if (is_good_) rest_.remove_prefix(expected.size());
  }
  // Exactly `digits` digits; the first may be a blank if `padded`.
  std::int64_t number(std::size_t digits, bool padded = false) {
    is_good_ = is_good_ && rest_.size() >= digits;
    std::int64_t value = 0;
    for (std::size_t i = 0; is_good_ && i < digits; ++i) {
      const char c = padded && i == 0 && rest_[0] == ' ' ? '0' : rest_[i];
      is_good_ = c >= '0' && c <= '9';
      value = value * 10 + (c - '0');
    }
    if (is_good_) rest_.remove_prefix(digits);
    return value;
  }
  // The place of the word at the front among `words`, from 0.
  template <std::size_t size>
  std::int64_t word(const std::array<std::string_view, size>& words) {
    for (std::size_t i = 0; is_good_ && i < size; ++i) {
      if (!rest_.starts_with(words[i])) continue;
      rest_.remove_prefix(words[i].size());
      return static_cast<std::int64_t>(i);
    }
    is_good_ = false;
    return 0;
  }

 private:
  std::string_view rest_;
  bool is_good_ = true;
};

constexpr std::array<std::string_view, 7> kDays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 7> kLongDays = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                       "Friday", "Saturday", "Sunday"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Date {
  std::int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;  // month from 0
};

// Days since 1970-01-01 in the Gregorian calendar, with years that begin in March. Hinnant, "chrono-Compatible
// Low-Level Date Algorithms" (2013).
std::int64_t days_since_epoch(const Date& date) {
  const std::int64_t year = date.month < 2 ? date.year - 1 : date.year;
  const std::int64_t era = year / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t month = (date.month + 10) % 12;
  const std::int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

void read_time(Reader& in, Date& date) {
  date.hour = in.number(2);
  in.skip(":");
  date.minute = in.number(2);
  in.skip(":");
  date.second = in.number(2);
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
Date read_imf_fixdate(Reader& in) {
  Date date;
  in.word(kDays);
  in.skip(", ");
  date.day = in.number(2);
  in.skip(" ");
  date.month = in.word(kMonths);
  in.skip(" ");
  date.year = in.number(4);
  in.skip(" ");
  read_time(in, date);
  in.skip(" GMT");
  return date;
}

// "Sunday, 06-Nov-94 08:49:37 GMT". Two digits of a year are of 1970 to 2069.
Date read_rfc850(Reader& in) {
  Date date;
  in.word(kLongDays);
  in.skip(", ");
  date.day = in.number(2);
  in.skip("-");
  date.month = in.word(kMonths);
  in.skip("-");
  date.year = in.number(2);
  date.year += date.year < 70 ? 2000 : 1900;
  in.skip(" ");
  read_time(in, date);
  in.skip(" GMT");
  return date;
}

// "Sun Nov  6 08:49:37 1994"
Date read_asctime(Reader& in) {
  Date date;
  in.word(kDays);
  in.skip(" ");
  date.month = in.word(kMonths);
  in.skip(" ");
  date.day = in.number(2, true);
  in.skip(" ");
  read_time(in, date);
  in.skip(" ");
  date.year = in.number(4);
  return date;
}

bool is_date(const Date& date) {
  return date.day >= 1 && date.day <= 31 && date.hour <= 23 && date.minute <= 59 && date.second <= 60;
}

}  // namespace

std::optional<std::int64_t> parse_http_date(std::string_view text) {
  for (Date (*read)(Reader&) : {read_imf_fixdate, read_rfc850, read_asctime}) {
    Reader in(text);
    const Date date = read(in);
    if (!in.is_done()) continue;
    if (!is_date(date)) return std::nullopt;
    return ((days_since_epoch(date) * 24 + date.hour) * 60 + date.minute) * 60 + date.second;
  }
  return std::nullopt;
}

}  // namespace outrigger
