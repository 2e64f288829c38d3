#include "cli/requests/show.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "cli/answer_text.h"

namespace outrigger::cli {

namespace {

using nlohmann::json;

double number(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

std::string left(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

std::string right(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

std::string status_text(const json& request) {
  const int status = static_cast<int>(number(request, "status"));
  return status == 0 ? "---" : std::to_string(status);
}

const char* colour_of(const json& request) {
  const int status = static_cast<int>(number(request, "status"));
  if (status == 0 || status >= 500) return "31";
  return status >= 400 ? "33" : "32";
}

std::string url_of(const json& request) {
  const std::string target = text_of(request, "target");
  return target.starts_with('/') ? text_of(request, "host") + target : text_of(request, "host");
}

std::string id_of(const json& request) {
  const std::string id = text_of(request, "request_id");
  return id.empty() ? text_of(request, "number") : id;
}

void add_line(std::string& page, const Paint& paint, const char* name, const std::string& value) {
  if (!value.empty()) page += paint("2", left(name, 9)) + value + "\n";
}

void add_head(std::string& page, const json& request, const Paint& paint) {
  const std::string failure = text_of(request, "failure");
  page += paint("1", text_of(request, "method") + " " + text_of(request, "scheme") + "://" + url_of(request)) + "\n";
  std::string answer = paint(colour_of(request), status_text(request));
  if (!failure.empty()) answer += " " + paint("31", failure);
  answer += " after " + time_text(number(request, "duration_ms"));
  if (request.value("cut", false)) answer += ", cut off";
  if (request.value("local", false)) answer += ", made by outrigger";
  add_line(page, paint, "answer", answer);
  add_line(page, paint, "why", text_of(request, "why"));
  add_line(page, paint, "when", text_of(request, "time"));
  add_line(page, paint, "request", text_of(request, "request_id"));
  add_line(page, paint, "record", text_of(request, "number"));
  add_line(page, paint, "client",
           text_of(request, "client") + (text_of(request, "user").empty() ? "" : " as " + text_of(request, "user")));
  std::string way;
  for (const char* part : {"listener", "route", "upstream"}) {
    if (const std::string name = text_of(request, part); !name.empty()) way += (way.empty() ? "" : " > ") + name;
  }
  add_line(page, paint, "way", way);
}

void add_rows(std::string& page, const Paint& paint, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (std::size_t number = 0; number < rows.size(); ++number) {
    std::string line;
    for (std::size_t i = 0; i < rows[number].size(); ++i) {
      const bool is_last = i + 1 == rows[number].size();
      line += "  " + (i < 2     ? right(rows[number][i], widths[i])
                      : is_last ? rows[number][i]
                                : left(rows[number][i], widths[i]));
    }
    page += (number == 0 ? paint("2", line) : line) + "\n";
  }
}

void add_filters(std::string& page, const json& request, const Paint& paint) {
  const json filters = request.value("filters", json::array());
  if (filters.empty()) return;
  std::vector<std::vector<std::string>> rows = {{"at", "took", "filter", "where", "what it did"}};
  for (const json& filter : filters) {
    rows.push_back({time_text(number(filter, "at_ms")), time_text(number(filter, "took_ms")), text_of(filter, "name"),
                    text_of(filter, "where").empty() ? "default" : text_of(filter, "where"),
                    text_of(filter, "verdict")});
    if (rows.back()[2] == "upstream") rows.back()[3] = "";
  }
  page += "\n";
  add_rows(page, paint, rows);
  if (const int more = static_cast<int>(number(request, "filters_left_out")); more > 0) {
    page += "  and " + std::to_string(more) + " more\n";
  }
}

void add_tries(std::string& page, const json& request, const Paint& paint) {
  const json tries = request.value("tries", json::array());
  if (tries.empty()) return;
  std::vector<std::vector<std::string>> rows = {{"at", "took", "endpoint", "came to"}};
  for (const json& made : tries) {
    const std::string failure = text_of(made, "failure");
    const std::string status = std::to_string(static_cast<int>(number(made, "status")));
    rows.push_back({time_text(number(made, "at_ms")), time_text(number(made, "took_ms")), text_of(made, "endpoint"),
                    failure.empty() ? status : failure});
  }
  page += "\n";
  add_rows(page, paint, rows);
}

}  // namespace

std::string line_of(const json& request, const Paint& paint) {
  const std::string time = text_of(request, "time");
  std::string line = paint("2", time.size() > 12 ? time.substr(11, 12) : time) + " ";
  line += paint(colour_of(request), status_text(request)) + " ";
  if (const std::string failure = text_of(request, "failure"); !failure.empty()) line += paint("31", failure) + " ";
  line += text_of(request, "method") + " " + url_of(request) + " " + time_text(number(request, "duration_ms"));
  return line + " " + paint("2", id_of(request));
}

std::string page_of(const json& request, const Paint& paint) {
  std::string page;
  add_head(page, request, paint);
  add_filters(page, request, paint);
  add_tries(page, request, paint);
  return page;
}

}  // namespace outrigger::cli
