#pragma once

#include "config/settings.h"

// The descriptions of the settings, found by `schema_of<T>()`.
namespace outrigger::config {

void describe(Schema<Timeouts>& schema);
void describe(Schema<StringMatch>& schema);
void describe(Schema<PathMatch>& schema);
void describe(Schema<RouteMatch>& schema);
void describe(Schema<WeightedUpstream>& schema);
void describe(Schema<Route>& schema);
void describe(Schema<CertificatePair>& schema);
void describe(Schema<ListenerTls>& schema);
void describe(Schema<ListenerLimits>& schema);
void describe(Schema<Listener>& schema);
void describe(Schema<UpstreamTls>& schema);
void describe(Schema<EndpointSpec>& schema);
void describe(Schema<UpstreamLimits>& schema);
void describe(Schema<UpstreamTimeouts>& schema);
void describe(Schema<LoadBalancing>& schema);
void describe(Schema<HealthCheck>& schema);
void describe(Schema<OutlierSuccessRate>& schema);
void describe(Schema<Outlier>& schema);
void describe(Schema<PathMapping>& schema);
void describe(Schema<LegacyRewrite>& schema);
void describe(Schema<Legacy>& schema);
void describe(Schema<Upstream>& schema);
void describe(Schema<Status>& schema);
void describe(Schema<KeptRequests>& schema);
void describe(Schema<Admin>& schema);
void describe(Schema<Logging>& schema);
void describe(Schema<Shutdown>& schema);
void describe(Schema<Chain>& schema);
void describe(Schema<Adapters>& schema);
void describe(Schema<Settings>& schema);

}  // namespace outrigger::config
