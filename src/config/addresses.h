#pragma once

#include <string>

// Checks of text, for `check_text`: each returns an error sentence, or "" when the text is good.
namespace outrigger::config {

std::string check_listen_address(const std::string& text);  // "0.0.0.0:80", "[::1]:80", "unix:/path", "8080"
std::string check_endpoint(
    const std::string& text);  // "host:port", "[v6]:port", "unix:/path", "dns://name:port", "8080"
std::string check_dns_server(const std::string& text);  // an IP address, with or without port: "10.0.0.2", "[::1]:53"
std::string check_cidr(const std::string& text);
std::string check_regex(const std::string& text);         // RE2
std::string check_host(const std::string& text);          // "example.com", "*.example.com"
std::string check_status_range(const std::string& text);  // "204", "200-399", "2xx"
std::string check_hash_key(const std::string& text);  // "client_ip", "path", "header:NAME", "cookie:NAME", "query:NAME"
std::string check_path(const std::string& text);      // begins with "/"

// True when a listen address is reachable from this host only: 127.0.0.0/8, ::1, localhost, unix. A bare port is not.
bool is_loopback(const std::string& address);

}  // namespace outrigger::config
