#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace outrigger::cache {

// Which of many things of different size to keep in bounded memory: S3-FIFO (Yang et al., SOSP 2023) with sizes.
//
// New things go to a small queue, a tenth of the memory, and leave it soon unless they were used there: a scan passes
// through without pushing out what is used again. What left the small queue is remembered by its hash for a while and
// goes straight to the main queue when it comes again. Queues are first in, first out, and a thing that was used goes
// round once more; so a use is one counter, without a lock and without a move. Measured in docs/performance.md.
//
// `Item` is a pointer-like handle that knows `hash(item)`, `uses(item)`, `set_uses(item, n)`; see Traits.
// Thread: whoever holds the owner's lock; uses are counted outside of it.
template <typename Item, typename Traits>
class S3Fifo {
 public:
  explicit S3Fifo(std::uint64_t most) : most_(most) {}

  // A new item of `size`, no larger than the whole; what must go for it is appended to `victims`.
  void add(const Item& item, std::uint64_t size, std::vector<Item>& victims) {
    const bool is_known = forget_ghost(Traits::hash(item));
    Queue& queue = is_known ? main_ : small_;
    Traits::set_uses(item, 0);
    queue.items.push_front({item, size});
    queue.bytes += size;
    places_[item] = {is_known, queue.items.begin()};
    while (bytes() > most_) evict(victims);
  }
  // False if it was not here any more.
  bool remove(const Item& item) {
    const auto found = places_.find(item);
    if (found == places_.end()) return false;
    Queue& queue = found->second.is_main ? main_ : small_;
    queue.bytes -= found->second.at->size;
    queue.items.erase(found->second.at);
    places_.erase(found);
    return true;
  }
  std::uint64_t bytes() const { return small_.bytes + main_.bytes; }
  std::size_t size() const { return places_.size(); }

 private:
  struct Node {
    Item item;
    std::uint64_t size;
  };
  struct Queue {
    std::list<Node> items;  // the newest first
    std::uint64_t bytes = 0;
  };
  struct Place {
    bool is_main;
    typename std::list<Node>::iterator at;
  };

  void evict(std::vector<Item>& victims) {
    const bool from_small = small_.bytes > most_ / 10 || main_.items.empty();
    from_small ? evict_small(victims) : evict_main(victims);
  }
  void evict_small(std::vector<Item>& victims) {
    const auto last = std::prev(small_.items.end());
    if (Traits::uses(last->item) > 0) {
      Traits::set_uses(last->item, 0);
      move_to_main(small_, last);
      return;
    }
    remember_ghost(Traits::hash(last->item));
    drop(small_, last, victims);
  }
  void evict_main(std::vector<Item>& victims) {
    const auto last = std::prev(main_.items.end());
    if (const auto uses = Traits::uses(last->item); uses > 0) {
      Traits::set_uses(last->item, static_cast<std::uint8_t>(uses - 1));
      move_to_main(main_, last);
      return;
    }
    drop(main_, last, victims);
  }
  void move_to_main(Queue& from, typename std::list<Node>::iterator at) {
    from.bytes -= at->size;
    main_.bytes += at->size;
    main_.items.splice(main_.items.begin(), from.items, at);
    places_[at->item].is_main = true;
  }
  void drop(Queue& queue, typename std::list<Node>::iterator at, std::vector<Item>& victims) {
    victims.push_back(at->item);
    queue.bytes -= at->size;
    places_.erase(at->item);
    queue.items.erase(at);
  }
  void remember_ghost(std::uint64_t hash) {
    if (ghosts_.insert(hash).second) ghost_order_.push_back(hash);
    while (ghost_order_.size() > places_.size() + 64) {
      ghosts_.erase(ghost_order_.front());
      ghost_order_.pop_front();
    }
  }
  bool forget_ghost(std::uint64_t hash) { return ghosts_.erase(hash) > 0; }

  const std::uint64_t most_;
  Queue small_, main_;
  std::unordered_map<Item, Place> places_;
  std::unordered_set<std::uint64_t> ghosts_;
  std::deque<std::uint64_t> ghost_order_;  // some may be gone from ghosts_
};

}  // namespace outrigger::cache
