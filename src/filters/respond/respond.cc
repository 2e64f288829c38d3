#include "filters/respond/respond.h"

namespace outrigger::filters {
namespace {

std::unique_ptr<Filter> make(const void* options, FilterContext&) {
  return std::make_unique<Respond>(*static_cast<const RespondOptions*>(options));
}

}  // namespace

Task<Response> Respond::handle(Exchange& exchange, Next) {
  exchange.decide("respond", "answered by the filter respond");
  co_return answer_.make(exchange);
}

const FilterType kRespondType = {{"respond", "Answers by itself.", &config::schema_of<RespondOptions>}, make};

}  // namespace outrigger::filters
