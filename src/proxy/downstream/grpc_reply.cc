#include "proxy/downstream/grpc_reply.h"

#include "proxy/memory_body.h"

namespace outrigger::proxy {

namespace {

// A deadline is told as such; the table of HTTP statuses knows 504 as `unavailable`.
grpc::Status status_of(const ActiveExchange& exchange, const Response& response) {
  const auto call_time = exchange.call_time_left();
  const bool is_late = response.failure() == Failure::request_timeout || (call_time && *call_time == Duration(0));
  return is_late ? grpc::Status::deadline_exceeded : grpc::status_for(response.status());
}

std::string_view message_of(const Response& response) {
  return response.failure() == Failure::none ? reason_phrase(response.status()) : describe(response.failure()).text;
}

}  // namespace

Response grpc_reply(ActiveExchange& exchange, const Response& response) {
  Arena& arena = exchange.arena();
  auto* head = arena.make<ResponseHead>(arena);
  head->status = 200;
  head->reason = reason_phrase(200);
  head->headers.add("Content-Type", "application/grpc");
  for (const Field& field : response.head().headers) {
    if (field.id != FieldId::content_type && field.id != FieldId::content_length) head->headers.push(field);
  }
  head->headers.add("grpc-status", decimal(arena, static_cast<std::uint64_t>(status_of(exchange, response))));
  head->headers.add("grpc-message", grpc::encode_message(arena, message_of(response)));
  if (response.failure() != Failure::none) return {head, nullptr, response.failure(), response.detail()};
  Response made(head, nullptr);
  made.set_local();
  return made;
}

}  // namespace outrigger::proxy
