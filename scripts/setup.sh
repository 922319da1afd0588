#!/usr/bin/env bash
# Installs what the topics named on the command line need and this machine lacks, and says what and why. Quick when
# nothing is missing: it looks for files and starts no tool. Debian packages come in one `apt-get install`.
# Topics: cc wasm bindgen node chromium postgresql redis nginx python
source "$(dirname "$0")/say.sh"

packages=()
lacks() { # package, what it is for
  say "missing: $1 ($2)"
  packages+=("$1")
}
has() { command -v "$1" >/dev/null 2>&1; }
postgres_here() { has initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }

debian_packages() {
  local topic
  for topic in "$@"; do
    case $topic in
      cc) has cc || lacks gcc "links every Rust program and compiles SQLite"
        [[ -e /usr/include/stdlib.h ]] || lacks libc6-dev "the C library's headers, for SQLite" ;;
      node) has node || lacks nodejs "Tailwind and the browser tests"
        has npm || lacks npm "Tailwind and the browser tests" ;;
      chromium) has chromium-headless-shell || lacks chromium-headless-shell "the browser of the end-to-end tests" ;;
      postgresql) postgres_here || lacks postgresql "the store's tests run on a real PostgreSQL" ;;
      redis) has redis-server || lacks redis-server "the tests of several nodes count limits in a real Redis" ;;
      nginx) has nginx || [[ -x /usr/sbin/nginx ]] || lacks nginx-light "the benchmark's yardstick, and what stands before two nodes"
        has taskset || lacks util-linux "pins the benchmark's processes to a core" ;;
      python) python3 -c 'import ensurepip' 2>/dev/null || lacks python3-venv "the SDK tests' own environment" ;;
    esac
  done
  ((${#packages[@]})) || return 0
  local sudo=()
  if ((EUID != 0)); then
    has sudo || die "please install ${packages[*]}: this needs root, and there is no sudo"
    sudo=(sudo)
  fi
  has apt-get || die "please install ${packages[*]} (there is no apt-get here)"
  if [[ " ${packages[*]} " == *" postgresql "* && ! -e /etc/postgresql-common/createcluster.conf ]]; then
    # The tests start servers of their own; Debian's would take port 5432 and run for nothing.
    "${sudo[@]}" mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' | "${sudo[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
  fi
  say "apt-get install ${packages[*]}"
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o Dpkg::Options::=--force-confold "${packages[@]}" >/dev/null
}

wasm() {
  local sysroot rustlib
  sysroot="$(rustc --print sysroot)"
  rustlib="$sysroot/lib/rustlib/wasm32-unknown-unknown/lib"
  compgen -G "$rustlib/libstd-*.rlib" >/dev/null && return 0
  say "adding Rust's wasm32-unknown-unknown target: the console runs in the browser"
  has rustup && rustup target add wasm32-unknown-unknown && return 0
  scripts/wasm-target.sh "$sysroot"
}

bindgen() {
  local version
  version="$(locked wasm-bindgen)"
  [[ "$(wasm-bindgen --version 2>/dev/null)" == "wasm-bindgen $version" ]] && return 0
  say "installing wasm-bindgen $version (as locked): it writes the JavaScript around the console's wasm; a minute or two"
  # Unoptimised it builds in half the time, and takes a second more to run.
  "$CARGO" install wasm-bindgen-cli --version "$version" --no-default-features --bin wasm-bindgen --debug --root "$TOOLS" --force --quiet
}

node_modules() {
  [[ node_modules/.package-lock.json -nt package-lock.json ]] && return 0
  say "npm install: Tailwind, Playwright, Vercel's AI SDK, as locked"
  # Not `npm ci`: it refuses a lock without Tailwind's binaries for platforms that a registry need not serve.
  PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm install --no-save --no-fund --no-audit --loglevel=error
  touch node_modules/.package-lock.json
}

python_venv() {
  local wanted=end2end/sdk/requirements.txt
  [[ -e $wanted ]] || return 0
  [[ .venv/turnpike-ready -nt $wanted ]] && return 0
  say "making .venv: the OpenAI, Anthropic and Google clients, pytest"
  python3 -m venv .venv
  .venv/bin/pip install --quiet --disable-pip-version-check -r "$wanted"
  touch .venv/turnpike-ready
}

has cargo || die "Rust is missing: install it with rustup"
debian_packages "$@"
for topic in "$@"; do
  case $topic in
    cc | chromium | postgresql | redis | nginx) ;;
    wasm) wasm ;;
    bindgen) bindgen ;;
    node) node_modules ;;
    python) python_venv ;;
    *) die "setup.sh knows no topic '$topic'" ;;
  esac
done
