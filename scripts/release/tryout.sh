#!/bin/bash
# Tries a release on this machine: serves its folder on loopback, installs from there into an empty home, lets the
# program work, and removes it.   bash scripts/release/tryout.sh dist/release
set -euo pipefail

release=$(cd "$1" && pwd)
scratch=$(mktemp -d)
mkdir "$scratch/home"
# Nothing of this machine's user, and no Node.js on the way.
clean() { env -i HOME="$scratch/home" TMPDIR="${TMPDIR:-/tmp}" PATH=/usr/bin:/bin:/usr/sbin:/sbin "$@"; }
sandbox() { clean "$scratch/home/.local/bin/oscar-sandbox" "$@"; }
say() { printf '== %s\n' "$*"; }
server=''
leave() {
  if [ -x "$scratch/home/.local/bin/oscar-sandbox" ]; then sandbox down > "$scratch/down" 2>&1 || true; fi
  if [ -n "$server" ]; then kill "$server"; fi
  rm -rf "$scratch"
}
trap leave EXIT

python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$release" > "$scratch/server" 2>&1 &
server=$!
port=''
for _ in $(seq 100); do
  port=$(sed -n 's/.*port \([0-9]*\).*/\1/p' "$scratch/server")
  if [ -n "$port" ]; then break; fi
  sleep 0.1
done
base=http://127.0.0.1:$port

say "Installing from $base"
curl -sSfL "$base/install.sh" | clean OSCAR_SANDBOX_BASE_URL="$base" bash -s -- --no-start
if [ "$(uname -s)" = Darwin ]; then
  say 'The signature'
  codesign --verify --strict --verbose=2 "$scratch/home/.local/bin/oscar-sandbox"
fi

say "Starting $(sandbox --version)"
cd "$scratch"
sandbox init word-count
facts=$(sandbox up word-count --detach --wait --json --executor local --port 0 --s3-port 0 --exposed-port 0)
fact() { printf '%s\n' "$facts" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

say 'A call'
# A file comes back as OSCAR sends it, in base64.
call() { curl -sSf -u "$(fact user):$(fact password)" --data-binary "$1" "$(fact api)/run/word-count" | base64 --decode; }
answer=$(call 'to be or not to be')
printf '%s\n' "$answer"
same() {
  if [ "$1" = "$2" ]; then return; fi
  printf 'error: this was expected:\n%s\nand this came:\n%s\n' "$1" "$2" >&2
  exit 1
}
same "$(printf '2\tbe\n2\tto\n1\tnot\n1\tor')" "$answer"

say 'A job'
printf 'to be or not to be' > hamlet.txt
sandbox put hamlet.txt word-count/in/
sandbox logs word-count --follow
same "$answer" "$(sandbox get word-count/out/hamlet.counts.txt -)"

say 'Ending'
sandbox down
sandbox uninstall --yes
rest=$(ls -A "$scratch/home")
if [ -n "$rest" ]; then
  printf 'error: uninstall left these in the home folder: %s\n' "$rest" >&2
  exit 1
fi
say 'All of it works.'
