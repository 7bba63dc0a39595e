#pragma once
// Threads whose stack is as small as musl's.
#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>

#include <exception>
#include <stdexcept>

namespace weft_test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
inline constexpr bool sanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool sanitized = false;
#endif
/// 128 KiB; sanitizers put their own between variables.
inline constexpr std::size_t small_stack = std::size_t{sanitized ? 1024 : 128} << 10;

/// body() on a thread with a small stack; throws what it throws.
void on_small_stack(const auto& body) {
  struct call {
    decltype(body) run;
    std::exception_ptr failure;
  } one{body, nullptr};
  pthread_attr_t how;
  pthread_attr_init(&how);
  pthread_attr_setstacksize(&how, small_stack);
  pthread_t thread;
  const auto run = [](void* at) -> void* {
    auto& c = *static_cast<call*>(at);
    try {
      c.run();
    } catch (...) {
      c.failure = std::current_exception();
    }
    return nullptr;
  };
  const int failed = pthread_create(&thread, &how, run, &one);
  pthread_attr_destroy(&how);
  if (failed) throw std::runtime_error("no thread with a small stack");
  pthread_join(thread, nullptr);
  if (one.failure) std::rethrow_exception(one.failure);
}

}  // namespace weft_test
#endif
