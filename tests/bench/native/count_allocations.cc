// Preloaded into Outrigger, counts heap allocations by who asked for them. The main thread's don't count: it serves no
// request, but looks after files and signals by the clock.
//
// $COUNT_ALLOCATIONS names a file of sizeof(Table) zero bytes; the table is kept in it, so that another process can
// read it at any time. A row is a return address as an offset into its object file, so that it can be looked up there.
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

struct Row {
  std::atomic<std::uint64_t> address;  // as loaded; 0: free
  std::atomic<std::uint64_t> count;
  std::uint64_t offset;
  char object[104];
};

struct Table {
  static constexpr std::size_t kRows = 1024;
  std::atomic<std::uint64_t> lost;  // allocations that found no row
  Row rows[kRows];
};

Table* open_table() {
  const char* path = std::getenv("COUNT_ALLOCATIONS");
  const int fd = path == nullptr ? -1 : ::open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return nullptr;
  void* memory = ::mmap(nullptr, sizeof(Table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  return memory == MAP_FAILED ? nullptr : static_cast<Table*>(memory);
}

Table* table() {
  static Table* const opened = open_table();
  return opened;
}

void describe(Row& row, const void* address) {
  Dl_info info{};
  if (::dladdr(address, &info) == 0) return;
  row.offset = reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(info.dli_fbase);
  std::strncpy(row.object, info.dli_fname, sizeof row.object - 1);
}

// Inside: an allocation that counting itself makes (dladdr, getenv) is not counted.
thread_local bool counting = false;

bool is_main_thread() {
  thread_local const bool is_main = ::gettid() == ::getpid();
  return is_main;
}

void count(const void* caller) {
  if (counting || is_main_thread()) return;
  counting = true;
  if (Table* const counts = table()) {
    const auto address = reinterpret_cast<std::uint64_t>(caller);
    std::size_t i = address * 0x9E3779B97F4A7C15U >> 54U;  // 10 bits: kRows
    std::size_t tried = 0;
    for (; tried < Table::kRows; ++tried, i = (i + 1) % Table::kRows) {
      Row& row = counts->rows[i];
      std::uint64_t free = 0;
      if (row.address.compare_exchange_strong(free, address)) describe(row, caller);
      if (row.address.load() != address) continue;
      row.count.fetch_add(1);
      break;
    }
    if (tried == Table::kRows) counts->lost.fetch_add(1);
  }
  counting = false;
}

}  // namespace

extern "C" {

void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) {
  count(__builtin_return_address(0));
  return __libc_malloc(size);
}
void* calloc(std::size_t number, std::size_t size) {
  count(__builtin_return_address(0));
  return __libc_calloc(number, size);
}
void* realloc(void* memory, std::size_t size) {
  count(__builtin_return_address(0));
  return __libc_realloc(memory, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  count(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  count(__builtin_return_address(0));
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? 12 : 0;
}
}

// Of its own, because the caller of malloc would always be libstdc++.
void* operator new(std::size_t size) {
  count(__builtin_return_address(0));
  if (void* memory = __libc_malloc(size)) return memory;
  std::abort();
}
void* operator new[](std::size_t size) {
  count(__builtin_return_address(0));
  if (void* memory = __libc_malloc(size)) return memory;
  std::abort();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  count(__builtin_return_address(0));
  if (void* memory = __libc_memalign(static_cast<std::size_t>(alignment), size)) return memory;
  std::abort();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  count(__builtin_return_address(0));
  return __libc_malloc(size);
}
