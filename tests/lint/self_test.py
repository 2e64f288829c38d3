#!/usr/bin/env python3
"""Each lint must refuse what it is for, and nothing else: a sentence, a file, the text, how many problems."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import coroutines  # noqa: E402
import headers  # noqa: E402
import layers  # noqa: E402

LAYERS = [
    ("http sees base", "src/http/h1/parser.cc", '#include "base/units.h"', 0),
    ("http does not see the network", "src/http/h1/parser.cc", '#include "net/io.h"', 1),
    ("http has no socket", "src/http/h1/parser.cc", "#include <sys/socket.h>", 1),
    ("http has no clock", "src/http/h1/parser.cc", "#include <chrono>", 1),
    ("base sees nothing above it", "src/base/units.cc", '#include "config/load.h"', 1),
    ("net sees events and stats", "src/net/io.cc", '#include "event/event_loop.h"\n#include "stats/cell.h"', 0),
    ("net does not see upstream", "src/net/io.cc", '#include "upstream/pool.h"', 1),
    ("proxy sees upstream", "src/proxy/chain.cc", '#include "upstream/pool.h"', 0),
    ("upstream does not see proxy", "src/upstream/pool.cc", '#include "proxy/chain.h"', 1),
    ("a filter sees base and the contract", "src/filters/retry/retry.cc",
     '#include "filters/retry/retry.h"\n#include "base/units.h"\n#include "outrigger/filter.h"', 0),
    ("a filter sees no other filter", "src/filters/retry/retry.cc", '#include "filters/fault/fault.h"', 1),
    ("a filter sees no network", "src/filters/retry/retry.cc", '#include "net/io.h"', 1),
    ("a filter sees no proxy", "src/filters/retry/retry.cc", '#include "proxy/chain.h"', 1),
    ("a filter sees no private configuration", "src/filters/retry/retry.cc", '#include "config/load.h"', 1),
    ("the registry sees all filters", "src/filters/registry.cc", '#include "filters/retry/retry.h"', 0),
    ("the contract sees no source", "include/outrigger/task.h", '#include "base/slab.h"', 1),
    ("libevent stays in event/", "src/net/io.cc", "#include <event2/event.h>", 1),
    ("OpenSSL stays in net/tls/", "src/net/io.cc", "#include <openssl/ssl.h>", 1),
    ("OpenSSL is at home in net/tls/", "src/net/tls/context.cc", "#include <openssl/ssl.h>", 0),
    ("OpenSSL is at home in base/crypto/", "src/base/crypto/digest.cc", "#include <openssl/evp.h>", 0),
    ("a filter sees no OpenSSL", "src/filters/jwt/jwt.cc", "#include <openssl/evp.h>", 1),
    ("libcrypt stays in base/crypto/", "src/filters/basic_auth/users.cc", "#include <crypt.h>", 1),
    ("c-ares stays in net/dns/", "src/net/address.cc", "#include <ares.h>", 1),
    ("yaml-cpp stays in config/", "src/server/reloader.cc", "#include <yaml-cpp/yaml.h>", 1),
    ("prometheus stays in the exporter", "src/stats/registry.cc", "#include <prometheus/registry.h>", 1),
    ("spdlog stays in the process log", "src/server/worker.cc", "#include <spdlog/spdlog.h>", 1),
    ("nghttp2 stays in http/h2/", "src/http/h1/parser.cc", "#include <nghttp2/nghttp2.h>", 1),
    ("RE2 stays in base/", "src/proxy/routing/router.cc", "#include <re2/re2.h>", 1),
    ("CLI11 stays in cli/", "src/server/server.cc", "#include <CLI/CLI.hpp>", 1),
    ("Catch is for tests", "src/net/io.cc", "#include <catch2/catch.hpp>", 1),
    ("a unit test may use Catch", "src/net/io_test.cc", "#include <catch2/catch.hpp>", 0),
    ("a new folder needs a rule", "src/magic/x.cc", '#include "base/units.h"', 1),
]

HEADERS = [
    ("a header guards itself", "src/base/a.h", "// About a.\n#pragma once\n", 0),
    ("a header without a guard is refused", "src/base/a.h", "#include <string>\n", 1),
    ("own header first", "src/base/a.cc", '#include "base/a.h"\n#include <string>\n', 0),
    ("another header first is refused", "src/base/a.cc", '#include <string>\n#include "base/a.h"\n', 1),
]

COROUTINES = [
    ("a capturing coroutine lambda is refused", "auto f = [&](Exchange& e) -> Task<int> { co_return co_await g(e); };", 1),
    ("so is one that captures one thing", "run([this] { co_await next(); });", 1),
    ("and one by copy", "run([=]() mutable { co_return; });", 1),
    ("a capturing lambda that does not suspend is fine", "run([&] { count++; }); co_await next();", 0),
    ("a coroutine lambda without captures is fine", "auto f = [](Exchange& e) -> Task<int> { co_return 1; };", 0),
    ("a captureless coroutine inside a capturing lambda is fine",
     "run([&] { spawn([](Worker& w) -> Task<void> { co_return; }); });", 0),
    ("an index is no lambda", "if (x[i] == 1) { co_await next(); }", 0),
    ("words in comments and strings do not count", 'auto f = [&] { log("co_await"); /* co_await */ };', 0),
    ("a const reference is refused", "Task<Response> go(Exchange& e, const std::string& name);", 1),
    ("a string_view is refused", "Task<Response> Pool::go(Exchange& e, std::string_view name) {}", 1),
    ("a span is refused", "Task<void> write(Worker& w, std::span<const std::byte> bytes);", 1),
    ("an rvalue reference is refused", "Task<void> keep(Worker& w, std::string&& name);", 1),
    ("two bad parameters are two problems", "Task<void> go(Worker& w, const A& a, std::string_view b);", 2),
    ("values and lasting references are fine", "Task<Response> handle(Exchange& exchange, Next next) override;", 0),
    ("a wrapper is no coroutine", "[[clang::coro_wrapper]] Task<void> go(const A& a);", 0),
    ("an exception says why", "// NOLINT(coroutine-parameter): awaited where it is called\nTask<void> go(const A& a);", 0),
    ("an exception without a reason is none", "// NOLINT(coroutine-parameter)\nTask<void> go(const A& a);", 1),
    ("a call is no declaration", "auto task = Task<void>(std::move(other));", 0),
    ("atomic<shared_ptr> is refused", "std::atomic<std::shared_ptr<int>> p;", 1),
    ("a fence is refused", "std::atomic_thread_fence(std::memory_order_acquire);", 1),
]


class SelfTest(unittest.TestCase):
    def rows(self, rows, check):
        for sentence, *arguments, count in rows:
            with self.subTest(sentence):
                problems = check(*arguments)
                self.assertEqual(count, len(problems), problems)

    def test_layers(self):
        self.rows(LAYERS, layers.check)

    def test_headers(self):
        self.rows(HEADERS, lambda path, text: headers.check(path, text, exists=lambda _: True))

    def test_coroutines(self):
        self.rows(COROUTINES, lambda text: coroutines.check("src/proxy/x.cc", text))


if __name__ == "__main__":
    unittest.main()
