#pragma once

#include <string_view>

// The heads of workloads a (few fields) and b (a browser's 20) as client and backend send them.
namespace outrigger::bench {

struct Heads {
  std::string_view request;
  std::string_view response;
};

inline constexpr Heads kFew{
    "GET / HTTP/1.1\r\nHost: 127.0.0.1:18080\r\n\r\n",
    "HTTP/1.1 200 OK\r\nServer: legacy/1.0\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: text/plain\r\n"
    "Content-Length: 128\r\n\r\n",
};

inline constexpr Heads kBrowser{
    "GET /reports/quarterly/overview?year=2026&page=4 HTTP/1.1\r\nHost: bench.local:18080\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
    "\r\nAccept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8\r\n"
    "Accept-Language: en-GB,en;q=0.9,de-CH;q=0.8,de;q=0.7\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
    "Cache-Control: no-cache\r\nPragma: no-cache\r\n"
    "Referer: https://bench.local/reports/quarterly/overview?year=2026&page=3\r\n"
    "Sec-CH-UA: \"Not/A)Brand\";v=\"8\", \"Chromium\";v=\"126\", \"Google Chrome\";v=\"126\"\r\nSec-CH-UA-Mobile: "
    "?0\r\n"
    "Sec-CH-UA-Platform: \"Linux\"\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-Site: same-origin\r\nSec-Fetch-User: ?1\r\nUpgrade-Insecure-Requests: 1\r\nPriority: u=0, i\r\nDNT: "
    "1\r\n"
    "Cookie: session=5f2b7c1e9d8a4b6c8e0f1a2b3c4d5e6f; theme=dark; consent=functional%2Canalytics; "
    "_ga=GA1.2.1234567890.1700000000; csrf=d41d8cd98f00b204e9800998ecf8427e\r\n"
    "If-None-Match: W/\"5d8c72a5edda8d6a\"\r\n\r\n",
    "HTTP/1.1 200 OK\r\nServer: legacy/1.0\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: text/html\r\n"
    "Content-Length: 1024\r\nCache-Control: private, max-age=0\r\nETag: W/\"5d8c72a5edda8d6a\"\r\n"
    "Vary: Accept-Encoding\r\nX-Frame-Options: SAMEORIGIN\r\n\r\n",
};

}  // namespace outrigger::bench
