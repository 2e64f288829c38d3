#pragma once

namespace outrigger::base {

// Standard output is written by more than one thread, and a line may take several writes: whoever is inside a line has
// the turn. Thread: any. Cost: an atomic.
class StdoutTurn {
 public:
  // False: somebody else is inside a line; ask again later. True for whoever has the turn already.
  static bool take(const void* who);
  // At the end of a line; also when whoever had it goes away.
  static void give_back(const void* who);
  // As give_back(), by one that goes away inside a line: the next line begins with "\n".
  static void leave_torn(const void* who);
  // For whoever has the turn, before a line: the line in front of it was left, "\n" is to be written. Then mend().
  static bool is_torn();
  static void mend();
};

}  // namespace outrigger::base
