#include "proxy/forwarding/http_date.h"

#include <ctime>
#include <limits>

namespace outrigger::proxy {

namespace {

constexpr char kDays[] = "SunMonTueWedThuFriSat";
constexpr char kMonths[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

// No locale and no strftime: the names are fixed by the RFC.
class DateText {
 public:
  std::string_view at(std::time_t second) {
    if (second != second_) write(second);
    return {text_, sizeof text_};
  }

 private:
  void write(std::time_t second) {
    second_ = second;
    std::tm utc{};
    ::gmtime_r(&second, &utc);
    name(0, kDays, utc.tm_wday);
    number(5, utc.tm_mday);
    name(8, kMonths, utc.tm_mon);
    number(12, (utc.tm_year + 1900) / 100);
    number(14, (utc.tm_year + 1900) % 100);
    number(17, utc.tm_hour);
    number(20, utc.tm_min);
    number(23, utc.tm_sec);
  }
  void name(int at, const char* names, int index) {
    for (int i = 0; i < 3; ++i) text_[at + i] = names[index * 3 + i];
  }
  void number(int at, int value) {
    text_[at] = static_cast<char>('0' + value / 10);
    text_[at + 1] = static_cast<char>('0' + value % 10);
  }

  std::time_t second_ = std::numeric_limits<std::time_t>::min();
  char text_[29] = {'-', '-', '-', ',', ' ', '-', '-', ' ', '-', '-', '-', ' ', '-', '-', '-',
                    '-', ' ', '-', '-', ':', '-', '-', ':', '-', '-', ' ', 'G', 'M', 'T'};
};

}  // namespace

std::string_view http_date(WallTime now) {
  thread_local DateText text;
  return text.at(std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count());
}

}  // namespace outrigger::proxy
