#!/bin/sh
# Installs the dependencies when they are missing or the lock file has changed; says nothing otherwise.
set -eu
cd "$(dirname "$0")/.."

remembered=node_modules/.package-lock-hash
npms=node_modules/.package-lock.json
if [ -f "$remembered" ] && cmp -s package-lock.json "$remembered"; then exit 0; fi

# Somebody else ran npm since the lock file was written: good enough.
if [ ! -f "$remembered" ] && [ -f "$npms" ] && ! [ package-lock.json -nt "$npms" ]; then
  cp package-lock.json "$remembered"
  exit 0
fi

echo 'Installing the dependencies (npm ci).' >&2
npm ci --no-fund --no-audit --loglevel=error >&2
cp package-lock.json "$remembered"
