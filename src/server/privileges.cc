#include "server/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <expected>
#include <optional>

#include "outrigger/process_log.h"

namespace outrigger::server {
namespace {

std::optional<unsigned> number_in(const std::string& text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string failed(const char* what) { return std::string("user: cannot ") + what + ": " + std::strerror(errno); }

}  // namespace

void harden_process() {
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  rlimit cores{};
  if (::getrlimit(RLIMIT_CORE, &cores) != 0) return;
  cores.rlim_cur = 0;
  ::setrlimit(RLIMIT_CORE, &cores);
}

namespace {

struct Identity {
  uid_t uid;
  gid_t gid;
  std::string name;  // empty: only a number
};

std::expected<Identity, std::string> identity_of(const std::string& user) {
  const auto colon = user.find(':');
  const std::string name = user.substr(0, colon);
  const auto id = number_in(name);
  const passwd* const known = id ? ::getpwuid(*id) : ::getpwnam(name.c_str());
  if (known == nullptr && !id) return std::unexpected("user: there is no user \"" + name + "\"");
  Identity found = known == nullptr ? Identity{*id, *id, ""} : Identity{known->pw_uid, known->pw_gid, known->pw_name};
  if (colon == std::string::npos) return found;
  const std::string group = user.substr(colon + 1);
  const auto number = number_in(group);
  const struct group* const entry = number ? nullptr : ::getgrnam(group.c_str());
  if (!number && entry == nullptr) return std::unexpected("user: there is no group \"" + group + "\"");
  found.gid = number ? *number : entry->gr_gid;
  return found;
}

}  // namespace

std::string drop_privileges(const std::string& user) {
  if (user.empty()) {
    if (::geteuid() == 0) log(LogLevel::warn, "runs as root: name another user in `user:`, or start as one");
    return "";
  }
  const auto wanted = identity_of(user);
  if (!wanted) return wanted.error();
  const auto& [uid, gid, name] = *wanted;
  if (uid == ::geteuid() && gid == ::getegid()) return "";
  const int groups = name.empty() ? ::setgroups(1, &gid) : ::initgroups(name.c_str(), gid);
  if (groups != 0) return failed("set the groups");
  if (::setgid(gid) != 0) return failed("become the group");
  if (::setuid(uid) != 0) return failed("become the user");
  if (uid != 0 && ::setuid(0) == 0) return "user: root could be had back";
  return "";
}

}  // namespace outrigger::server
