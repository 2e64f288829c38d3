#pragma once

#include <cstddef>
#include <new>

namespace outrigger {

// Gives T a per-thread free list: `class T : public Pooled<T>`. A warm thread allocates none of them.
// Freed objects go to the list of the thread that frees. Off in sanitizer builds, so that a use after free is seen.
template <typename T, std::size_t kKeep = 1024>
class Pooled {
 public:
#ifndef OUTRIGGER_SANITIZED
  static void* operator new(std::size_t size) {
    auto& list = free_list();
    if (list.head == nullptr) return ::operator new(size);
    Free* item = list.head;
    list.head = item->next;
    --list.count;
    return item;
  }
  static void operator delete(void* memory) noexcept {
    auto& list = free_list();
    if (list.count >= kKeep) return ::operator delete(memory);
    list.head = new (memory) Free{list.head};
    ++list.count;
  }

 private:
  struct Free {
    Free* next;
  };
  struct List {
    Free* head = nullptr;
    std::size_t count = 0;
    ~List() {
      while (head != nullptr) {
        Free* next = head->next;
        ::operator delete(head);
        head = next;
      }
    }
  };
  static List& free_list() {
    thread_local List list;
    return list;
  }
#endif
};

}  // namespace outrigger
