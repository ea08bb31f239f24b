#!/bin/bash
# Makes all that `--parts` takes, in the cache folder: programs, manifests, images, or those that are named. What is there
# already is kept. Needs root, Go, Python and, for the images, a container engine; what else it takes are packages of Debian.
set -euo pipefail
folder=$(dirname "$0")

# install PROGRAM PACKAGE…: the packages of those programs that are missing.
install() {
  local packages=()
  while [ $# -gt 0 ]; do
    command -v "$1" > /dev/null || packages+=("$2")
    shift 2
  done
  # It comes with Python as a package of its own.
  python3 -c 'import ensurepip' 2> /dev/null || packages+=(python3-venv)
  if [ ${#packages[@]} -eq 0 ]; then return; fi
  echo "Installing ${packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q > /dev/null
  apt-get install -y -q --no-install-recommends "${packages[@]}" > /dev/null
}

packages() {
  install debootstrap debootstrap cc gcc objdump binutils pip3 python3-pip
  [ -f /usr/include/stdlib.h ] || apt-get install -y -q --no-install-recommends libc6-dev > /dev/null
}

for what in ${*:-packages programs manifests images}; do
  case $what in
    packages) packages ;;
    programs | manifests | images) bash "$folder/$what.sh" ;;
    *) echo "error: There is no part $what." >&2 && exit 2 ;;
  esac
done
