#include "server/memory_trim.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <span>

#include "base/memory_budget.h"

namespace outrigger::server {

using namespace std::chrono_literals;

namespace {

constexpr Duration kEvery = 10s;

#ifndef OUTRIGGER_SANITIZED
// What cannot be written to has no changes that would be lost.
int let_go(dl_phdr_info* object, std::size_t, void*) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (const ElfW(Phdr) & part : std::span(object->dlpi_phdr, object->dlpi_phnum)) {
    if (part.p_type != PT_LOAD || (part.p_flags & PF_W) != 0) continue;
    const std::uintptr_t begin = (object->dlpi_addr + part.p_vaddr) / page * page;
    const std::uintptr_t end = (object->dlpi_addr + part.p_vaddr + part.p_memsz + page - 1) / page * page;
    (void)::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);  // NOLINT(performance-no-int-to-ptr)
  }
  return 0;
}
#endif

}  // namespace

void MemoryTrim::forget_start() {
#ifndef OUTRIGGER_SANITIZED
  ::dl_iterate_phdr(let_go, nullptr);
#endif
}

MemoryTrim::MemoryTrim(EventLoop& loop) : timer_(loop, [this] { look(); }) { timer_.start(kEvery); }

void MemoryTrim::look() {
  const std::uint64_t used = MemoryBudget::used();
  peak_ = std::max(peak_, MemoryBudget::take_peak());
  if (used < peak_ / 2 && peak_ - used >= kLeast) {
    ::malloc_trim(0);
    peak_ = used;
  }
  timer_.start(kEvery);
}

}  // namespace outrigger::server
