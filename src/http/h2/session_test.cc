// Whole messages through a session, and a server and a client talking to each other.
#include "http/h2/session.h"

#include <catch2/catch.hpp>

#include "http/h2/test_peer.h"

using namespace outrigger;
using namespace outrigger::http::h2;
using namespace outrigger::http::h2::test;

namespace {

using Lines = std::vector<std::string>;

constexpr OutField kOk[] = {{":status", "200"}, {"Content-Type", "text/plain"}};

// Lets two sessions talk until neither has anything to say.
void talk(Wire& client, Wire& server) {
  for (bool goes_on = true; goes_on;) {
    const std::string there = client.output();
    if (!there.empty()) server.is_alive = server.session.receive(there, 0);
    const std::string back = server.output();
    if (!back.empty()) client.is_alive = client.session.receive(back, 0);
    goes_on = !there.empty() || !back.empty();
  }
}

struct Pair {
  Wire client{Session::Options{.role = Session::Role::client}};
  Wire server{{}, false};
  Pair() {
    talk(client, server);
    client.log.clear();
    server.log.clear();
  }
};

}  // namespace

TEST_CASE("h2: a request and its answer, with content and trailers both ways", "[h2]") {
  Pair pair;
  Arena arena;
  Headers trailers(arena);
  trailers.add("Grpc-Status", "0");
  Recorder& call = pair.client.open(post(), false);
  pair.client.session.offer(call, "question", true, &trailers);
  talk(pair.client, pair.server);
  Recorder& served = pair.server.stream();
  CHECK(pair.server.log == Lines{"request POST / +", "data 8", "end"});
  CHECK(served.trailer_fields.get("grpc-status") == "0");
  pair.server.session.respond(served, kOk, false);
  pair.server.session.offer(served, "answer", false);
  talk(pair.client, pair.server);
  pair.server.session.offer(served, {}, true, &trailers);
  talk(pair.client, pair.server);
  CHECK(pair.client.log == Lines{"taken", "response 200 +", "data 6", "end", "closed no_error"});
  CHECK(call.heads[0].headers.get("content-type") == "text/plain");
  CHECK(call.trailer_fields.get("grpc-status") == "0");
}

TEST_CASE("h2: interim responses come before the final one", "[h2]") {
  Pair pair;
  Recorder& call = pair.client.open(get(), true);
  talk(pair.client, pair.server);
  const OutField early[] = {{":status", "103"}, {"link", "</a.css>"}};
  pair.server.session.inform(pair.server.stream(), early);
  pair.server.session.respond(pair.server.stream(), kOk, true);
  talk(pair.client, pair.server);
  CHECK(pair.client.log == Lines{"response 103 +", "response 200", "closed no_error"});
  CHECK(call.heads[0].headers.get("link") == "</a.css>");
}

TEST_CASE("h2: what is offered leaves as the window allows, and the next offer is asked for", "[h2]") {
  Wire server;
  server.send(frame(kSettings, 0, 0, setting(4, 10)) + headers(1, get()));
  server.session.respond(server.stream(), kOk, false);
  server.session.offer(server.stream(), "twelve bytes", false);
  CHECK(server.frames() == Lines{"HEADERS 1", "DATA 1 10"});
  server.log.clear();
  CHECK(server.send(window_update(1, 5)) == Lines{"DATA 1 2"});
  CHECK(server.log == Lines{"taken"});
  server.session.offer(server.stream(), "end", true);
  CHECK(server.frames() == Lines{"DATA 1 3 end"});
  CHECK(server.stream().has_sent_end());
}

TEST_CASE("h2: output comes in pieces of any room", "[h2]") {
  Wire server;
  server.send(headers(1, get()));
  server.session.respond(server.stream(), kOk, false);
  server.session.offer(server.stream(), std::string_view(std::string(300, 'x')), true);
  const std::string content(300, 'x');
  server.session.offer(server.stream(), content, true);
  std::string all;
  char room[70];
  while (const std::size_t size = server.session.gather(room)) all.append(room, size);
  const Lines frames = decoded(all);
  CHECK(frames.front() == "HEADERS 1");
  CHECK(frames.back().ends_with(" end"));
  std::size_t total = 0;
  for (const auto& line : frames) {
    if (line.starts_with("DATA")) total += std::stoul(line.substr(7));
  }
  CHECK(total == 300);
}

TEST_CASE("h2: an answer without content ends the stream with its head", "[h2]") {
  Wire server;
  server.send(headers(1, get()));
  server.session.respond(server.stream(), kOk, true);
  CHECK(server.frames() == Lines{"HEADERS 1 end"});
  CHECK(server.log == Lines{"request GET /", "closed no_error"});
}

TEST_CASE("h2: trailers without content need no DATA frame", "[h2]") {
  Wire server;
  Arena arena;
  Headers trailers(arena);
  trailers.add("grpc-status", "5");
  server.send(headers(1, get()));
  server.session.respond(server.stream(), kOk, false);
  server.session.offer(server.stream(), {}, true, &trailers);
  CHECK(server.frames() == Lines{"HEADERS 1", "HEADERS 1 end"});
}

TEST_CASE("h2: an answer that is cut short is a reset, never an end", "[h2]") {
  Wire server;
  server.send(headers(1, get()));
  server.session.respond(server.stream(), kOk, false);
  server.session.offer(server.stream(), "half", false);
  CHECK(server.frames() == Lines{"HEADERS 1", "DATA 1 4"});
  server.session.reset(server.stream(), ErrorCode::internal_error);
  CHECK(server.frames() == Lines{"RST_STREAM 1 internal_error"});
  CHECK(server.resets == std::vector{ErrorCode::internal_error});
}

TEST_CASE("h2: a stream that goes away with its content offered is reset, and nothing of it is touched", "[h2]") {
  Wire server;
  server.send(headers(1, get()));
  server.session.respond(server.stream(), kOk, false);
  {
    const std::string gone(100, 'x');
    server.session.offer(server.stream(), gone, true);
    server.streams.clear();
  }
  CHECK(server.frames() == Lines{"RST_STREAM 1 cancel"});
}

TEST_CASE("h2: a client's reset is heard", "[h2]") {
  Wire server;
  server.send(headers(1, post(), kEndHeaders) + reset(1, ErrorCode::cancel));
  CHECK(server.log == Lines{"request POST / +", "closed cancel"});
  CHECK_FALSE(server.stream().is_open());
}

TEST_CASE("h2: a malformed request is reset and refused requests can be answered", "[h2]") {
  Wire server;
  CHECK(server.send(headers(1, get() + Pairs{{"Upper", "1"}})) == Lines{"RST_STREAM 1 protocol_error"});
  CHECK(server.send(headers(3, get("/a/../b"))).empty());
  CHECK(server.log == Lines{"malformed: a name that is no lower-case token", "refused: dot segment"});
  server.session.respond(server.stream(1), kOk, true);
  CHECK(server.frames() == Lines{"HEADERS 3 end"});
}

TEST_CASE("h2: requests that the owner does not take are refused unprocessed", "[h2]") {
  Wire server;
  server.refuses = true;
  CHECK(server.send(headers(1, post() + Pairs{{"x", "1"}}, kEndHeaders) + data(1, "x", true)) ==
        Lines{"RST_STREAM 1 refused_stream"});
  server.refuses = false;
  CHECK(server.send(headers(3, get())).empty());
  CHECK(server.log == Lines{"request GET /"});
}

TEST_CASE("h2: streams above the limit are refused, and the connection goes on", "[h2]") {
  Session::Options options;
  options.max_streams = 1;
  Wire server(options, false);
  const auto answer =
      server.send(std::string(kPreface) + frame(kSettings, 0, 0, "") + headers(1, get()) + headers(3, get()));
  CHECK_THAT(answer, Catch::Matchers::VectorContains(std::string("RST_STREAM 3 refused_stream")));
  CHECK(server.streams.size() == 1);
  CHECK_FALSE(server.session.is_over());
}

TEST_CASE("h2: a graceful end lets the streams on their way in, then no more", "[h2]") {
  Wire server;
  server.session.announce_end();
  CHECK(server.frames() == Lines{"GOAWAY soon no_error"});
  CHECK(server.send(headers(1, get())).empty());
  server.session.go_away();
  CHECK(server.frames() == Lines{"GOAWAY no_error"});
  CHECK_FALSE(server.session.is_over());
  server.send(headers(3, get()));
  CHECK(server.log == Lines{"request GET /"});
  server.session.respond(server.stream(), kOk, true);
  CHECK(server.frames() == Lines{"HEADERS 1 end"});
  CHECK(server.session.is_over());
}

TEST_CASE("h2: a client learns which requests were not looked at", "[h2]") {
  Pair pair;
  pair.client.open(get(), true);
  talk(pair.client, pair.server);
  pair.server.session.go_away();
  const std::string goaway = pair.server.output();
  pair.client.open(get("/late"), true);  // on its way when GOAWAY comes
  pair.client.output();
  pair.client.open(get("/later"), true);  // not sent yet
  pair.client.session.receive(goaway, 0);
  pair.client.output();
  CHECK_THAT(pair.client.log, Catch::Matchers::UnorderedEquals(
                                  Lines{"goaway no_error", "closed refused_stream", "closed refused_stream"}));
  pair.client.open(get("/latest"), true);
  CHECK_FALSE(pair.client.is_opened);
  CHECK(pair.client.stream().is_open());
}

TEST_CASE("h2: ping is answered", "[h2]") {
  Pair pair;
  pair.client.session.ping();
  talk(pair.client, pair.server);
  CHECK(pair.client.log == Lines{"pong"});
}

TEST_CASE("h2: a response that breaks the rules resets its stream", "[h2]") {
  Pair pair;
  pair.client.open(get(), true);
  talk(pair.client, pair.server);
  const OutField bad[] = {{":status", "101"}};
  pair.server.session.respond(pair.server.stream(), bad, true);
  talk(pair.client, pair.server);
  CHECK(pair.client.log == Lines{"malformed: 101 in HTTP/2"});
  CHECK(pair.client.resets == std::vector{ErrorCode::protocol_error});
}

TEST_CASE("h2: the server's limit on streams is known", "[h2]") {
  Pair pair;
  CHECK(pair.client.session.peer_max_streams() == 128);
}

TEST_CASE("h2: an early answer is complete, then the client is told to stop", "[h2]") {
  for (const bool has_content : {false, true}) {
    Wire server;
    server.send(headers(1, post(), kEndHeaders) + data(1, "some"));
    server.session.respond(server.stream(), kOk, !has_content);
    Lines frames;
    if (has_content) {
      server.session.offer(server.stream(), "no", true);
      frames = server.frames();
      server.session.leave(server.stream());
    } else {
      server.session.leave(server.stream());
    }
    const Lines more = server.frames();
    frames.insert(frames.end(), more.begin(), more.end());
    CHECK(frames == (has_content ? Lines{"HEADERS 1", "DATA 1 2 end", "RST_STREAM 1 no_error"}
                                 : Lines{"HEADERS 1 end", "RST_STREAM 1 no_error"}));
    CHECK(server.send(data(1, "late")).empty());
  }
}
