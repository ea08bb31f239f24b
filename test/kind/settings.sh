# What the scripts of this folder have in common; sourced by each. The parts of a cluster are built by name, from package
# registries alone, into a cache folder that `--parts` takes.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${OSCAR_SANDBOX_CI_CACHE:-/var/tmp/oscar-sandbox-ci}
parts=${OSCAR_SANDBOX_TEST_PARTS:-$cache/kind}
bin=$parts/bin
oscar_bin=$parts/oscar-bin
images=$parts/images
manifests=$parts/manifests
logs=$parts/log
stamps=$parts/stamps
node_image=oscar-sandbox-test/node:v1.34.3

# The libraries of Knative 1.21 are those of Kubernetes 1.34.3, so that one cache of Go serves both.
kube=1.34.3
kube_libs=0.34.3
# As kubeadm of this version asks for.
etcd=3.6.5
coredns=1.12.1
kind=v0.33.0
serving=v0.48.2
kourier=v0.48.0
serving_networking=v0.0.0-20260120131110-a7cdca238a0d
serving_caching=v0.0.0-20260120130310-f1fc03b7f5ee
envoy=1.36.4
minio=v0.0.0-20250907161309-07c3a429bfed
minio_release=RELEASE.2025-09-07T16-13-09Z
mc=v0.0.0-20250313080218-cf909e1063a9
watchdog=v0.0.0-20191125105239-365f459b3f3a
supervisor=1.5.8

# Shared with what else is built from modules: MinIO is.
export GOPATH=$cache/go/path GOCACHE=$cache/go/build
# A client without buildx, and an engine that is older than it.
export DOCKER_BUILDKIT=0
mkdir -p "$bin" "$oscar_bin" "$images" "$manifests" "$logs" "$stamps"

say() { printf '%s %s\n' "$(date +%T)" "$*"; }
module() { go mod download -json "$1" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p'; }

# quietly NAME COMMAND…: runs it; what it prints is shown if it fails.
quietly() {
  local name=$1 began=$SECONDS
  shift
  if ! "$@" > "$logs/$name.log" 2>&1; then
    echo "error: $name failed; its output is:" >&2
    tail -n 40 "$logs/$name.log" >&2
    exit 1
  fi
  say "$name ($((SECONDS - began)) s)"
}

# A container with all capabilities needs one that the root of some machines lacks.
has_sys_resource() { (((16#$(awk '/^CapBnd/{print $2}' /proc/self/status) >> 24) & 1)); }
real_docker=$(command -v docker || true)
restricted=
if ! has_sys_resource; then
  restricted=yes
  mkdir -p "$parts/shim"
  if [ "$real_docker" = "$parts/shim/docker" ]; then real_docker=$(PATH=${PATH//$parts\/shim:/} command -v docker); fi
  sed "s|@REAL@|$real_docker|" "$here/files/docker-shim" > "$parts/shim/docker"
  chmod +x "$parts/shim/docker"
  printf '%s\n' 'containerdConfigPatches:' '- |-' '  [plugins."io.containerd.grpc.v1.cri"]' '    restrict_oom_score_adj = true' \
    > "$parts/kind-patch.yaml"
  PATH=$parts/shim:$PATH
fi
