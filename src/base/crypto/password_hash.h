#pragma once

#include <string>

// Hashes of passwords as htpasswd files have them.
namespace outrigger::base::crypto {

// Why `hash` is not taken, "" if it is: bcrypt ($2a$ $2b$ $2y$, cost 4 to 14), SHA-512 and SHA-256 ($6$ $5$, at most
// 500,000 rounds), yescrypt ($y$). What is weak (plain, DES, MD5, SHA-1) or takes too long is refused.
std::string check_password_hash(const std::string& hash);

// Is `hash` one of `password`? Slow by design, up to a second: never on a worker. `hash` passed the check.
// A password with a NUL byte matches nothing.
bool verify_password(const std::string& password, const std::string& hash);

}  // namespace outrigger::base::crypto
