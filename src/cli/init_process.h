#pragma once

namespace outrigger::cli {

// Where this is process 1, as in a container without an init: goes on in a child, and becomes an init that passes
// signals on to it, reaps whatever loses its parent, and ends with the child's exit code. Call it before any thread.
void leave_process_1();

}  // namespace outrigger::cli
