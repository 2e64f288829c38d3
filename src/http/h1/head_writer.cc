#include "http/h1/head_writer.h"

#include <charconv>

namespace outrigger::http::h1 {

void HeadWriter::append_number(std::uint64_t number) {
  char text[20];
  append({text, static_cast<std::size_t>(std::to_chars(text, text + sizeof text, number).ptr - text)});
}

void HeadWriter::field(std::string_view name, std::string_view value) {
  append(name);
  append(": ");
  append(value);
  append("\r\n");
}

void HeadWriter::fields(const Headers& headers) {
  std::string_view run;  // lines that lie behind one another in memory
  for (const Field& each : headers) {
    if (each.line.empty()) {
      append(run);
      run = {};
      field(each.name, each.value);
    } else if (!run.empty() && run.data() + run.size() == each.line.data()) {
      run = {run.data(), run.size() + each.line.size()};
    } else {
      append(run);
      run = each.line;
    }
  }
  append(run);
}

std::size_t write_chunk_head(char* out, std::uint64_t size) {
  char* at = std::to_chars(out, out + 16, size, 16).ptr;
  *at++ = '\r';
  *at++ = '\n';
  return static_cast<std::size_t>(at - out);
}

}  // namespace outrigger::http::h1
