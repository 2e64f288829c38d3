#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/cidr.h"
#include "base/regex.h"
#include "filters/path_forms.h"
#include "outrigger/exchange.h"

namespace outrigger::filters {

// Texts with `*` for any characters; one of them must fit.
struct TextList {
  std::vector<std::string> any_of;
};
void describe(config::Schema<TextList>& schema);

struct HeaderCondition {
  std::vector<std::string> any_of;
  std::optional<std::string> regex;
  bool present = true;
};
void describe(config::Schema<HeaderCondition>& schema);

struct CertificateCondition {
  std::vector<std::string> san;
  std::vector<std::string> common_name;
  std::vector<std::string> fingerprint;
};
void describe(config::Schema<CertificateCondition>& schema);

// What a rule asks for: all of it must hold, of a list one.
struct AccessCondition {
  std::vector<std::string> client;
  std::vector<std::string> method;
  std::vector<std::string> host;
  std::vector<PathCondition> path;
  std::map<std::string, HeaderCondition> header;
  std::optional<CertificateCondition> client_cert;
  std::map<std::string, TextList> claim;
  std::vector<std::string> user;
};
void describe(config::Schema<AccessCondition>& schema);

// An AccessCondition made ready. Thread: any; never changed.
class ConditionMatcher {
 public:
  // Where a request can be read in several ways (a field sent twice, a path that some services decode), a rule that
  // lets through must hold for all of them, one that refuses for any. Letters' case in a path is such a reading.
  enum class Readings : unsigned char { all, any };

  ConditionMatcher(const AccessCondition& condition, Readings readings);
  bool matches(const Exchange& exchange, const PathForms& path) const;

 private:
  struct Header {
    std::string name;
    HeaderCondition condition;
    std::optional<base::Regex> regex;
    bool matches(std::string_view value) const;
  };
  bool matches_client(const Exchange& exchange) const;
  bool matches_host(std::string_view host) const;
  bool matches_path(const PathForms& path) const;
  bool matches_header(const Header& header, const Exchange& exchange) const;
  bool matches_certificate(const ClientCertificate* certificate) const;

  AccessCondition condition_;
  Readings readings_;
  std::vector<base::Cidr> client_;
  std::vector<PathRule> path_;
  std::vector<Header> header_;
};

}  // namespace outrigger::filters
