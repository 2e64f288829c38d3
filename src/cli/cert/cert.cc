#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "cli/commands.h"
#include "net/tls/certificate.h"
#include "net/tls/context.h"
#include "net/tls/pem.h"

// `outrigger cert`: certificates for development and tests, and a look at any.
namespace outrigger::cli {
namespace {

using namespace net::tls;
using Clock = std::chrono::system_clock;
using Failed = std::expected<void, std::string>;

struct CreateOptions {
  std::string directory = ".";
  std::vector<std::string> names;
  int days = 90;
  bool is_client = false;
};

// Never over a file that is there: a lost key cannot be brought back. `mode`: who may read it.
Failed write_new(const std::string& path, const std::string& text, int mode) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return std::unexpected("cannot write " + path + ": " + std::strerror(errno));
  const bool is_whole = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (::close(fd) != 0 || !is_whole) return std::unexpected("cannot write " + path);
  std::printf("wrote %s\n", path.c_str());
  return {};
}

Failed write_pair(const std::string& stem, const CertifiedKey& pair) {
  const auto key = write_new(stem + ".key", to_pem(pair.key.get()), 0600);
  return key ? write_new(stem + ".crt", to_pem(pair.certificate.get()), 0644) : key;
}

std::expected<CertifiedKey, std::string> read_authority(const std::string& stem) {
  const auto text = read_file(stem + ".crt");
  if (!text) return std::unexpected(text.error());
  auto chain = parse_chain(*text);
  if (chain.empty()) return std::unexpected(stem + ".crt holds no certificate in PEM form");
  auto key = read_key(stem + ".key");
  if (!key) return std::unexpected(key.error());
  return CertifiedKey{std::move(chain.front()), std::move(*key)};
}

// The authority of the directory, made when there is none.
std::expected<CertifiedKey, std::string> authority_of(const CreateOptions& options, Clock::time_point from) {
  const std::string stem = options.directory + "/ca";
  if (std::filesystem::exists(stem + ".crt")) return read_authority(stem);
  auto made = make_certificate({.common_name = "outrigger development CA",
                                .usage = Usage::authority,
                                .from = from,
                                .until = from + std::chrono::days(3650)});
  if (!made) return made;
  if (const auto written = write_pair(stem, *made); !written) return std::unexpected(written.error());
  return made;
}

Failed create(const CreateOptions& options) {
  std::error_code ignored;
  std::filesystem::create_directories(options.directory, ignored);
  const auto from = Clock::now() - std::chrono::minutes(5);
  const auto authority = authority_of(options, from);
  if (!authority) return std::unexpected(authority.error());
  const std::string& name = options.names.front();
  const auto made = make_certificate({.common_name = name,
                                      .names = options.names,
                                      .usage = options.is_client ? Usage::client : Usage::server,
                                      .from = from,
                                      .until = from + std::chrono::days(options.days)},
                                     &*authority);
  if (!made) return std::unexpected(made.error());
  std::string stem = name;
  for (char& c : stem) c = c == '/' || c == '*' || c == ':' ? '_' : c;
  return write_pair(options.directory + '/' + stem, *made);
}

std::string date(Clock::time_point time) {
  const std::time_t seconds = Clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts)};
}

void print(const CertificateSummary& summary) {
  const auto left = std::chrono::duration_cast<std::chrono::days>(summary.until - Clock::now()).count();
  std::printf("subject:     %s\nissuer:      %s\n", summary.subject.c_str(), summary.issuer.c_str());
  for (const std::string& name : summary.names) std::printf("name:        %s\n", name.c_str());
  std::printf("key:         %s%s\n", summary.key.c_str(), summary.is_authority ? ", an authority" : "");
  std::printf("valid:       %s to %s, %lld days left\n", date(summary.from).c_str(), date(summary.until).c_str(),
              static_cast<long long>(left));
  std::printf("fingerprint: %s\n", summary.fingerprint.c_str());
}

Failed show(const std::string& file) {
  const auto text = read_file(file);
  if (!text) return std::unexpected(text.error());
  const auto chain = parse_chain(*text);
  if (chain.empty()) return std::unexpected(file + " holds no certificate in PEM form");
  for (const auto& certificate : chain) print(summarize(certificate.get()));
  return {};
}

// What a listener with these files would say.
Failed check(const std::string& cert, const std::string& key) {
  const auto loaded = ServerContext::load({.certificates = {{cert, key}}});
  if (!loaded) return std::unexpected(loaded.error());
  const auto left = (*loaded)->not_after() - Clock::now();
  if (left <= Clock::duration::zero()) return std::unexpected(cert + " ended on " + date((*loaded)->not_after()));
  std::printf("%s and %s belong together, %lld days left\n", cert.c_str(), key.c_str(),
              static_cast<long long>(std::chrono::duration_cast<std::chrono::days>(left).count()));
  return {};
}

int report(const Failed& result) {
  if (result) return 0;
  std::fprintf(stderr, "outrigger: %s\n", result.error().c_str());
  return kFailure;
}

}  // namespace

void add_cert(CLI::App& app, int& exit_code) {
  CLI::App* cert = app.add_subcommand("cert", "Makes certificates for development, and looks at any");
  cert->require_subcommand(1);
  cert->footer("Example:\n  outrigger cert create --dir certs localhost 127.0.0.1");
  auto options = std::make_shared<CreateOptions>();
  CLI::App* make =
      cert->add_subcommand("create", "Makes a certificate by the authority of a directory, and that if need be");
  make->add_option("names", options->names, "Host names, IP addresses, URIs; the first names the files")->required();
  make->add_option("--dir", options->directory, "Where ca.crt and ca.key are, and the new files go (.)");
  make->add_option("--days", options->days, "How long it is valid (90)")->check(CLI::Range(1, 3650));
  make->add_flag("--client", options->is_client, "For a client, not a server");
  make->footer("Example:\n  outrigger cert create --dir certs --client spiffe://dev/web");
  make->callback([options, &exit_code] { exit_code = report(create(*options)); });
  auto file = std::make_shared<std::string>();
  CLI::App* look = cert->add_subcommand("show", "Prints what a certificate says");
  look->add_option("file", *file, "PEM")->required();
  look->footer("Example:\n  outrigger cert show certs/localhost.crt");
  look->callback([file, &exit_code] { exit_code = report(show(*file)); });
  auto key = std::make_shared<std::string>();
  CLI::App* pair = cert->add_subcommand("check", "Checks that a certificate has not ended and fits its key");
  pair->add_option("cert", *file, "PEM")->required();
  pair->add_option("key", *key, "PEM")->required();
  pair->footer("Example:\n  outrigger cert check certs/localhost.crt certs/localhost.key");
  pair->callback([file, key, &exit_code] { exit_code = report(check(*file, *key)); });
}

}  // namespace outrigger::cli
