#include "net/dns/channel.h"

#include <ares.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>
#include <span>

namespace outrigger::net::dns {

namespace {

// c-ares doubles its patience: 1.25 s and 2.5 s, below the resolver's deadline of 4 s even when only one of A and AAAA
// is answered.
constexpr int kFirstTryMilliseconds = 1250;
constexpr int kTries = 2;
// c-ares reads one message a call from a TCP socket; after so many calls other events get their turn.
constexpr int kRoundsPerTurn = 32;
constexpr std::size_t kMostAddresses = 256;  // of a name
constexpr int kInternet = 1;                 // the class of a record, RFC 1035 section 3.2.4
// Types of records: RFC 1035 section 3.2.2, RFC 3596, RFC 2782.
constexpr int kTypeA = 1;
constexpr int kTypeAaaa = 28;
constexpr int kTypeSrv = 33;

void initialise_library() {
  static std::once_flag once;
  std::call_once(once, [] { ares_library_init(ARES_LIB_INIT_ALL); });
}

std::string error_phrase(int status) {
  switch (status) {
    case ARES_ENOTFOUND:
      return "no such name";
    case ARES_ENODATA:
      return "the name has no address";
    case ARES_ETIMEOUT:
      return "the DNS server did not answer in time";
    case ARES_ECONNREFUSED:  // c-ares does not keep SERVFAIL apart from it
    case ARES_ESERVFAIL:
      return "the DNS server failed or cannot be reached";
    case ARES_EREFUSED:
      return "the DNS server refused to answer";
    case ARES_EBADNAME:
      return "not a valid host name";
    default:
      return ares_strerror(status);
  }
}

Answer failed(int status) {
  return {.error = error_phrase(status), .is_denial = status == ARES_ENOTFOUND || status == ARES_ENODATA};
}

void add(Answer& answer, const Address& address) {
  if (address.is_unicast() && answer.addresses.size() < kMostAddresses) answer.addresses.push_back(address);
}

Answer complete(Answer answer, int ttl) {
  answer.ttl = std::chrono::seconds(std::max(ttl, 0));
  if (answer.addresses.empty()) answer.error = "the name has no address that can be connected to";
  return answer;
}

Answer to_answer(int status, const ares_addrinfo* result) {
  if (status != ARES_SUCCESS) return failed(status);
  Answer answer;
  if (result->name != nullptr) answer.name = result->name;
  int ttl = 1 << 30;
  for (const auto* node = result->nodes; node != nullptr; node = node->ai_next) {
    ttl = std::min(ttl, node->ai_ttl);
    add(answer, Address(node->ai_addr, node->ai_addrlen));
  }
  for (const auto* alias = result->cnames; alias != nullptr; alias = alias->next) ttl = std::min(ttl, alias->ttl);
  return complete(std::move(answer), ttl);
}

Address address_of(const ares_addrttl& record) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr = record.ipaddr;
  return {reinterpret_cast<const sockaddr*>(&v4), sizeof v4};
}

Address address_of(const ares_addr6ttl& record) {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  std::ranges::copy(record.ip6addr._S6_un._S6_u8, v6.sin6_addr.s6_addr);
  return {reinterpret_cast<const sockaddr*>(&v6), sizeof v6};
}

// The records of an answer as it came from the network; `parse` is c-ares' function for them.
template <typename Record>
Answer to_answer(std::span<const unsigned char> message,
                 int (*parse)(const unsigned char*, int, hostent**, Record*, int*)) {
  std::array<Record, kMostAddresses> records;
  int count = static_cast<int>(records.size());
  const int status = parse(message.data(), static_cast<int>(message.size()), nullptr, records.data(), &count);
  if (status != ARES_SUCCESS) return failed(status);
  Answer answer;
  int ttl = 1 << 30;
  for (const Record& record : std::span(records).first(static_cast<std::size_t>(count))) {
    ttl = std::min(ttl, record.ttl);
    add(answer, address_of(record));
  }
  return complete(std::move(answer), ttl);
}

// c-ares 1.18 asks the server for an IPv4 address when both families are wanted: its check for IPv6 undoes that for
// IPv4.
std::optional<Address> as_address(const std::string& name) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  if (::inet_pton(AF_INET, name.c_str(), &v4.sin_addr) == 1) {
    return Address(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  if (::inet_pton(AF_INET6, name.c_str(), &v6.sin6_addr) == 1) {
    return Address(reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
  }
  return std::nullopt;
}

}  // namespace

// One of c-ares' sockets. Its watch only says when to look: c-ares expects level-triggered events, so work() asks
// poll() what is ready.
class Channel::Socket final : private Wakeable {
 public:
  Socket(Channel& channel, int fd) : channel_(channel), watch_(channel.loop_) { watch_.set_fd(fd); }
  void want(bool readable, bool writable) {
    events_ = static_cast<short>((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
    watch_.wait_readable(this);
    watch_.wait_writable(writable ? this : nullptr);
  }
  short events() const { return events_; }

 private:
  void wake() override {
    want((events_ & POLLIN) != 0, (events_ & POLLOUT) != 0);
    channel_.work();  // may destroy this
  }
  Channel& channel_;
  FdWatch watch_;
  short events_ = 0;
};

struct Channel::Query {
  std::function<void(Answer)> done;
};

struct Channel::FamilyQuery {
  Family family;
  std::function<void(Answer)> done;
};

struct Channel::ServiceQuery {
  std::function<void(Services)> done;
};

Channel::Channel(EventLoop& loop, const std::string& servers) : loop_(loop), timer_(loop, [this] { work(); }) {
  initialise_library();
  ares_options options{};
  options.timeout = kFirstTryMilliseconds;
  options.tries = kTries;
  options.sock_state_cb = &Channel::on_socket;
  options.sock_state_cb_data = this;
  char files_first[] = "fb";
  options.lookups = files_first;
  const int given = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB | ARES_OPT_LOOKUPS;
  int status = ares_init_options(&ares_, &options, given);
  if (status != ARES_SUCCESS) {
    ares_ = nullptr;
    setup_error_ = std::string("cannot set up DNS: ") + ares_strerror(status);
    return;
  }
  if (servers.empty()) return;
  status = ares_set_servers_ports_csv(ares_, servers.c_str());
  if (status != ARES_SUCCESS) setup_error_ = "\"" + servers + "\" is no list of DNS servers";
}

Channel::~Channel() {
  if (ares_ != nullptr) ares_destroy(ares_);
}

void Channel::query(const std::string& name, std::function<void(Answer)> done) {
  if (!setup_error_.empty()) return done({.error = setup_error_});
  if (const auto address = as_address(name)) return done({.addresses = {*address}, .ttl = std::chrono::hours(1)});
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ares_getaddrinfo(ares_, name.c_str(), nullptr, &hints, &Channel::on_answer, new Query{std::move(done)});
  arm();
}

void Channel::on_answer(void* query, int status, int, ares_addrinfo* result) {
  const std::unique_ptr<Query> owned(static_cast<Query*>(query));
  const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> data(result, &ares_freeaddrinfo);
  if (status == ARES_EDESTRUCTION) return;
  owned->done(to_answer(status, data.get()));
}

void Channel::query(const std::string& full_name, Family family, std::function<void(Answer)> done) {
  if (!setup_error_.empty()) return done({.error = setup_error_});
  ares_query(ares_, full_name.c_str(), kInternet, family == Family::v4 ? kTypeA : kTypeAaaa, &Channel::on_family,
             new FamilyQuery{family, std::move(done)});
  arm();
}

void Channel::on_family(void* query, int status, int, unsigned char* answer, int length) {
  const std::unique_ptr<FamilyQuery> owned(static_cast<FamilyQuery*>(query));
  if (status == ARES_EDESTRUCTION) return;
  if (status != ARES_SUCCESS) return owned->done(failed(status));
  const std::span<const unsigned char> message(answer, static_cast<std::size_t>(length));
  owned->done(owned->family == Family::v4 ? to_answer(message, &ares_parse_a_reply)
                                          : to_answer(message, &ares_parse_aaaa_reply));
}

bool Channel::is_in_hosts(const std::string& name, Family family) const {
  hostent* found = nullptr;
  const int kind = family == Family::v4 ? AF_INET : AF_INET6;
  if (!setup_error_.empty() || ares_gethostbyname_file(ares_, name.c_str(), kind, &found) != ARES_SUCCESS) return false;
  ares_free_hostent(found);
  return true;
}

void Channel::query_services(const std::string& name, std::function<void(Services)> done) {
  if (!setup_error_.empty()) return done({.error = setup_error_});
  ares_search(ares_, name.c_str(), kInternet, kTypeSrv, &Channel::on_services, new ServiceQuery{std::move(done)});
  arm();
}

void Channel::on_services(void* query, int status, int, unsigned char* answer, int length) {
  const std::unique_ptr<ServiceQuery> owned(static_cast<ServiceQuery*>(query));
  if (status == ARES_EDESTRUCTION) return;
  if (status == ARES_ENODATA) return owned->done({.error = "the name has no services"});
  if (status != ARES_SUCCESS) return owned->done({.error = error_phrase(status)});
  owned->done(parse_services({answer, static_cast<std::size_t>(length)}));
}

// c-ares tells what it waits for; neither: it is about to close the socket.
void Channel::on_socket(void* self, int fd, int readable, int writable) {
  auto& channel = *static_cast<Channel*>(self);
  if (readable == 0 && writable == 0) {
    channel.sockets_.erase(fd);
    return;
  }
  auto& socket = channel.sockets_[fd];
  if (!socket) socket = std::make_unique<Socket>(channel, fd);
  socket->want(readable != 0, writable != 0);
}

void Channel::work() {
  if (is_working_) return;
  is_working_ = true;
  ares_process_fd(ares_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // timeouts
  int rounds = 0;
  while (rounds < kRoundsPerTurn && process_ready()) ++rounds;
  is_working_ = false;
  arm();
  if (rounds == kRoundsPerTurn) timer_.start(Duration::zero());
}

// True when there was something to do.
bool Channel::process_ready() {
  std::vector<pollfd> ready;
  for (const auto& [fd, socket] : sockets_) ready.push_back({fd, socket->events(), 0});
  if (ready.empty() || ::poll(ready.data(), ready.size(), 0) <= 0) return false;
  for (const pollfd& each : ready) {
    if (each.revents == 0 || !sockets_.contains(each.fd)) continue;
    const bool failed = (each.revents & (POLLERR | POLLHUP)) != 0;
    const bool readable = failed || (each.revents & POLLIN) != 0;
    ares_process_fd(ares_, readable ? each.fd : ARES_SOCKET_BAD,
                    (each.revents & POLLOUT) != 0 ? each.fd : ARES_SOCKET_BAD);
  }
  return true;
}

// Sets the timer for c-ares' next timeout. A socket that waits to be written may be writable already, without another
// edge to say so: then soon.
void Channel::arm() {
  if (is_working_) return;
  timeval next{};
  if (ares_timeout(ares_, nullptr, &next) == nullptr) return timer_.stop();
  Duration after = std::chrono::seconds(next.tv_sec) + std::chrono::microseconds(next.tv_usec);
  if (std::ranges::any_of(sockets_, [](const auto& item) { return (item.second->events() & POLLOUT) != 0; })) {
    after = std::min<Duration>(after, std::chrono::milliseconds(20));
  }
  timer_.start(std::max<Duration>(after, std::chrono::milliseconds(1)));
}

}  // namespace outrigger::net::dns
