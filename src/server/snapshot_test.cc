#include "server/snapshot.h"

#include <sys/socket.h>

#include <catch2/catch.hpp>

#include "filters/registry.h"
#include "server/keyed_store.h"
#include "support/temporary_file.h"

namespace outrigger::server {
namespace {

bool is_listening(int fd) {
  int value = 0;
  socklen_t length = sizeof value;
  ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &length);
  return value != 0;
}

struct Opened {
  SnapshotBuilder::Prepared prepared;
  config::LoadResult loaded;

  int socket() const { return prepared.snapshot->sockets.at("web")->of(0); }
};

Opened open(const std::string& more) {
  Opened opened;
  ProcessStore store;
  SnapshotBuilder builder(2, store);
  const test::TemporaryFile place("");
  const std::string text = "version: 1\nlisteners: [{name: web, address: \"unix:" + place.path() +
                           ".socket\", upstream: app}]\nupstreams: {app: {endpoints: [\"127.0.0.1:9\"]}}\n" + more;
  opened.loaded = config::load_text(text, "test.yaml", filters::catalog(),
                                    [&](const config::Settings& settings, const config::Findings& findings) {
                                      opened.prepared = builder.open(settings, findings);
                                    });
  std::remove((place.path() + ".socket").c_str());
  return opened;
}

}  // namespace

TEST_CASE("sockets listen once all of a configuration is good", "[server]") {
  ProcessStore store;
  Opened opened = open("");
  REQUIRE(opened.loaded.settings);
  CHECK_FALSE(is_listening(opened.socket()));
  const auto snapshot = SnapshotBuilder(2, store).adopt(std::move(opened.prepared), std::move(*opened.loaded.settings));
  REQUIRE(snapshot);
  CHECK(is_listening((*snapshot)->sockets.at("web")->of(0)));
}

TEST_CASE("no socket listens while anything of a configuration is wrong", "[server]") {
  for (const char* wrong : {"bogus: 1\n", "status: {address: \"203.0.113.1:9\"}\n",
                            "admin: {address: \"127.0.0.1:9\", token: \"env:OUTRIGGER_NOT_SET\"}\n"}) {
    CAPTURE(wrong);
    const Opened opened = open(wrong);
    CHECK_FALSE(opened.loaded.settings);
    CHECK(opened.loaded.diagnostics.size() == 1);
    CHECK(opened.loaded.diagnostics.front().line == 4);
    CHECK_FALSE(is_listening(opened.socket()));
  }
}

}  // namespace outrigger::server
