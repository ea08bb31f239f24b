#!/bin/sh
# container.sh FOLDER USER COMMAND…: runs a command as the first process of a container: processes, network and root are
# its own. The root has the programs of this machine, and FOLDER as /oscar. Only root may.
# shellcheck disable=SC2016
exec unshare --mount --pid --net --fork --kill-child --propagation private sh -c '
  root=$1/root user=$2
  mkdir -p "$root"
  mount -t tmpfs none "$root"
  for name in bin lib lib64 usr etc dev; do
    [ -e "/$name" ] || continue
    mkdir "$root/$name"
    mount --rbind "/$name" "$root/$name"
  done
  mkdir "$root/oscar" "$root/proc" "$root/tmp"
  chmod 1777 "$root/tmp"
  mount --bind "$1" "$root/oscar"
  mount -t proc none "$root/proc"
  ip link set lo up
  shift 2
  # As runc does: a session of its own, and whoever it runs as may open its output.
  chown "$user" /proc/self/fd/1 /proc/self/fd/2
  exec setsid chroot --userspec "$user:$user" "$root" "$@"
' sh "$@"
