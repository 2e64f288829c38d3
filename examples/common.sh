# What the run scripts of the examples share. Sourced, in the example's folder.
#
# Every port can be another one: NAME_PORT=1234 examples/https/run. OUTRIGGER_BINARY names the binary, else the one of PATH or of this
# checkout is taken.
set -euo pipefail
outrigger=${OUTRIGGER_BINARY:-$(command -v outrigger || echo "$PWD/../../build/release/outrigger")}
work=$(mktemp -d)
pids=()
end() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap end EXIT

say() { printf '\n# %s\n' "$*"; }
# Starts a command, whose output goes to a file; `last` is its process id.
begin() {
  "$@" >"$work/output.${#pids[@]}" 2>&1 &
  last=$!
  pids+=("$last")
}
# Until something answers at a URL, whatever it says.
wait_for() {
  for _ in $(seq 600); do
    curl -q -sko /dev/null --noproxy '*' "$1" && return
    sleep 0.1
  done
  echo "nothing answers at $1" >&2
  cat "$work"/output.* >&2
  exit 1
}
# Shows a command (long words cut) and what it prints.
show() {
  local word line='$'
  for word in "${@/#$outrigger/outrigger}"; do line+=" ${word:0:60}"; done
  printf '%s\n' "$line"
  "$@" | tee "$work/shown"
}
# What was shown last must say this: the example is a test.
expect() {
  grep -Eq -- "$1" "$work/shown" && return
  echo "expected: $1" >&2
  exit 1
}
get() { curl -q -s --noproxy '*' "$@"; }
