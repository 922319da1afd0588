# What every script begins with: fail on the first error, work at the repository's root, know the target directory, speak.
# Sourced, never run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Where cargo puts things; absolute, since some commands change directory.
TARGET="${CARGO_TARGET_DIR:-target}"
[[ $TARGET == /* ]] || TARGET="$PWD/$TARGET"
export CARGO_TARGET_DIR="$TARGET"
# Another command in place of cargo, for machines that share their cores.
CARGO="${CARGO:-cargo}"
# Tools that belong to this project and not to the person: shared by all clones, beside nothing else.
TOOLS="${CARGO_HOME:-$HOME/.cargo}/turnpike-tools"
export PATH="$TOOLS/bin:$PATH"

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# The version of a crate in Cargo.lock.
locked() {
  awk -v name="\"$1\"" '$1 == "name" {hit = ($3 == name)} hit && $1 == "version" {gsub(/"/, "", $3); print $3; exit}' Cargo.lock
}
