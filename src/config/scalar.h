#pragma once

#include <expected>
#include <string>

#include "config/node.h"

namespace outrigger::config {

// The value of a leaf from one YAML scalar (YAML 1.2 core: only true and false are booleans). The error is a sentence.
std::expected<Scalar, std::string> parse_scalar(const ValueType& type, const Node& node);

// The value as it would stand in the file; texts are quoted where YAML needs it.
std::string format_scalar(const ValueType& type, const Scalar& value);

// A text as a YAML scalar, quoted where it would otherwise be read as something else.
std::string yaml_text(const std::string& text);

// "a duration", "true or false", "a list of ...": for error texts and the reference.
std::string describe_type(const ValueType& type);

// Any value in one line of flow style: `[a, b]`, `{interval: 5s}`. Structs show every field in order.
std::string format_flow(const ValueType& type, const void* value);
std::string format_flow(const StructSchema& schema, const void* object);

// -1, 0, 1; false order when the kinds differ never happens: limits are made from the field's own type.
int compare(const Scalar& a, const Scalar& b);

}  // namespace outrigger::config
