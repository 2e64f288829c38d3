#pragma once

#include <memory>
#include <string>

#include "adapters/logs/lines/joiner.h"
#include "adapters/logs/tail/position.h"

namespace outrigger::adapters::logs {

// Where events come from: a file, a connection, standard input.
struct Origin {
  std::string name;                        // the record's `source`
  std::shared_ptr<FilePosition> position;  // of a file: what is delivered moves it; null for the others
};

struct HandOver;

// Takes events from sources. Thread: the adapters'.
class EventSink {
 public:
  // Nothing more is wanted now: a source that can wait does, until resume().
  virtual bool is_full() const = 0;
  // Valid during the call: the event's text. The origin's position is kept.
  virtual void take(const Origin& origin, const Event& event) = 0;

 protected:
  ~EventSink() = default;
};

// What an adapter reads. Thread: the adapters'. Destroying it ends it.
class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  virtual void start() = 0;
  // The sink has room again.
  virtual void resume() {}
  // Hands on what waits for the end of its line or message, or for more lines: nobody goes on behind this source.
  virtual void flush() {}
  // The adapter is made anew: what the next source of this kind goes on with. Then this one is destroyed.
  virtual void leave(HandOver& to) = 0;
  // Positions of files moved: what was in front of them is delivered.
  virtual void delivered() {}
};

}  // namespace outrigger::adapters::logs
