#include "filters/access/access.h"

namespace outrigger::filters {
namespace {

std::unique_ptr<Filter> make(const void* options, FilterContext& context) {
  return std::make_unique<Access>(*static_cast<const AccessOptions*>(options), context);
}

std::string needs_http(const AccessCondition& condition) {
  if (!condition.method.empty()) return "method";
  if (!condition.path.empty()) return "path";
  if (!condition.header.empty()) return "header";
  if (!condition.claim.empty()) return "claim";
  return condition.user.empty() ? "" : "user";
}

std::string needs_http(const void* options) {
  for (const AccessRule& rule : static_cast<const AccessOptions*>(options)->rules) {
    std::string key = needs_http(rule.allow ? *rule.allow : *rule.deny);
    if (!key.empty()) return key;
  }
  return {};
}

}  // namespace

void describe(config::Schema<AccessRule>& schema) {
  schema.summary("One rule: `allow` or `deny`, and for which requests.");
  schema.field("allow", &AccessRule::allow, "Lets these requests through; `{}`: all.");
  schema.field("deny", &AccessRule::deny, "Refuses these requests; `{}`: all.");
  schema.check([](const AccessRule& rule) -> std::string {
    return rule.allow.has_value() == rule.deny.has_value() ? "needs one of allow and deny" : "";
  });
}

void describe(config::Schema<AccessOptions>& schema) {
  schema.summary("Lets requests through or refuses them by rules. The first that fits decides; none fits: refused.");
  schema.shorthand("rules");
  schema.field("rules", &AccessOptions::rules, "The rules, in order.").required();
  describe_mode(schema, &AccessOptions::mode);
  schema.check([](const AccessOptions& options) -> std::string {
    return options.rules.empty() ? "needs at least one rule: without one it would refuse everything" : "";
  });
}

Access::Access(const AccessOptions& options, const FilterContext& context)
    : mode_(options.mode), verdicts_("access", context) {
  using Readings = ConditionMatcher::Readings;
  for (const AccessRule& rule : options.rules) {
    if (rule.allow) rules_.push_back({true, ConditionMatcher(*rule.allow, Readings::all)});
    if (rule.deny) rules_.push_back({false, ConditionMatcher(*rule.deny, Readings::any)});
  }
}

std::string_view Access::find_objection(Exchange& exchange) const {
  Arena& arena = exchange.arena();
  const PathForms path = PathForms::of(exchange.request().path(), arena);
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (!rules_[i].condition.matches(exchange, path)) continue;
    return rules_[i].allows ? std::string_view() : arena.concat("access.rules[", std::to_string(i), "] denies it");
  }
  return "no rule of access allows it";
}

Task<Response> Access::handle(Exchange& exchange, Next next) {
  const std::string_view objection = find_objection(exchange);
  if (objection.empty()) {
    verdicts_.allow();
  } else if (verdicts_.refuse(exchange, mode_, objection)) {
    co_return exchange.fail(Failure::access_denied, objection);
  }
  co_return co_await next(exchange);
}

const FilterType kAccessType = {{.name = "access",
                                 .summary = "Lets requests through or refuses them by rules.",
                                 .schema = &config::schema_of<AccessOptions>,
                                 .needs_http = &needs_http},
                                make};

}  // namespace outrigger::filters
