#include "net/tls/ticket_keys.h"

#include <catch2/catch.hpp>
#include <string>

namespace outrigger::net::tls {
namespace {

bool opens(TicketKeys& keys, const TicketKeys::Key& key, TicketKeys::Clock::time_point now, bool& is_current) {
  TicketKeys::Key found;
  return keys.find(key.name.data(), now, found, is_current) && found.cipher == key.cipher && found.mac == key.mac;
}

}  // namespace

TEST_CASE("ticket keys: own ones change after a period and are forgotten after two", "[net][tls][security]") {
  TicketKeys keys;
  auto now = TicketKeys::Clock::now();
  const auto first = keys.current(now);
  bool is_current = false;
  now += TicketKeys::kPeriod - std::chrono::minutes(1);
  CHECK(keys.current(now).name == first.name);
  now += std::chrono::minutes(2);
  const auto second = keys.current(now);
  CHECK(second.name != first.name);
  CHECK(opens(keys, first, now, is_current));
  CHECK_FALSE(is_current);
  CHECK(opens(keys, second, now, is_current));
  CHECK(is_current);
  now += TicketKeys::kPeriod;
  CHECK_FALSE(opens(keys, first, now, is_current));
  CHECK(opens(keys, second, now, is_current));
}

TEST_CASE("ticket keys: after a long rest nothing old opens", "[net][tls][security]") {
  TicketKeys keys;
  const auto now = TicketKeys::Clock::now();
  const auto first = keys.current(now);
  bool is_current = false;
  CHECK_FALSE(opens(keys, first, now + 2 * TicketKeys::kPeriod + std::chrono::minutes(1), is_current));
}

TEST_CASE("ticket keys: of a file, the first seals and all open, for as long as it stands", "[net][tls]") {
  const std::string one(160, 'a');
  const std::string two(160, 'B');
  const auto keys = TicketKeys::parse("# ours\n" + one + "\n\n" + two + "\r\n").value();
  const auto now = TicketKeys::Clock::now() + 100 * TicketKeys::kPeriod;
  TicketKeys::Key second;
  second.name.fill(0xbb);
  second.cipher.fill(0xbb);
  second.mac.fill(0xbb);
  bool is_current = true;
  CHECK(keys->current(now).name.front() == 0xaa);
  CHECK(opens(*keys, second, now, is_current));
  CHECK_FALSE(is_current);
}

TEST_CASE("ticket keys: bad files are refused", "[net][tls]") {
  for (const auto& [text, words] : {std::pair<std::string, const char*>{"", "holds no ticket key"},
                                    {"# nothing\n", "holds no ticket key"},
                                    {"abc\n", "line 1 is no ticket key"},
                                    {std::string(160, 'a') + "\n" + std::string(160, 'g'), "line 2 is no ticket key"},
                                    {std::string(162, 'a'), "line 1 is no ticket key"}}) {
    CHECK_THAT(TicketKeys::parse(text).error(), Catch::Contains(words));
  }
  std::string many;
  for (int i = 0; i < 17; ++i) many += std::string(160, 'a') + '\n';
  CHECK_THAT(TicketKeys::parse(many).error(), Catch::Contains("more than 16"));
}

}  // namespace outrigger::net::tls
