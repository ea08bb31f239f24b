#!/bin/bash
# Makes the image of the cluster's node, with every image that its pods run already in it. Needs a container engine,
# debootstrap and root.
set -euo pipefail
. "$(dirname "$0")/settings.sh"
base=$(module "sigs.k8s.io/kind@$kind")/images/base/files
scratch=$(mktemp -d)
helper=
leave() {
  if [ -n "$helper" ]; then docker rm --force "$helper" > /dev/null; fi
  rm -rf "$scratch"
}
trap leave EXIT

# What one of these depends on is in its name, so that a later version is made anew.
recipe=$(cat "$here"/{settings,images}.sh "$here"/files/* | sha256sum | cut -c 1-12)
label=oscar-sandbox.ci
made() { [ "$(docker image inspect --format "{{index .Config.Labels \"$label\"}}" "$1" 2> /dev/null)" = "$recipe" ]; }

node_packages=systemd,systemd-sysv,dbus,containerd,runc,containernetworking-plugins,iptables,nftables,conntrack,ipset,socat
node_packages+=,ethtool,iproute2,kmod,jq,curl,ca-certificates,procps,mount,util-linux,e2fsprogs,libseccomp2,pigz,bash
small_packages=iptables,nftables,conntrack,ipset,kmod,ca-certificates,netbase

# root NAME PACKAGES: Debian with these, packed once.
root() {
  if [ "$(cat "$stamps/root-$1" 2> /dev/null)" = "$2" ] && [ -f "$parts/$1.tar" ]; then return; fi
  mkdir -p "$parts/debs"
  quietly "root-$1" debootstrap --variant=minbase --cache-dir="$parts/debs" --include="$2" bookworm "$scratch/$1"
  rm -rf "$scratch/$1"/var/{cache/apt,lib/apt/lists}/* "$scratch/$1"/usr/share/{doc,man,locale,info}
  tar -C "$scratch/$1" -cf "$parts/$1.tar" .
  rm -rf "${scratch:?}/$1"
  echo "$2" > "$stamps/root-$1"
}

path='ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
all=()

# image NAME BASE USER PROGRAM: a program of ours, and nothing else.
image() {
  local place=$scratch/context
  all+=("$1")
  mkdir "$place"
  cp "$bin/$4" "$place/"
  printf 'FROM %s\nCOPY %s /usr/local/bin/%s\nUSER %s\nENTRYPOINT ["/usr/local/bin/%s"]\n' "$2" "$4" "$4" "$3" "$4" \
    > "$place/Dockerfile"
  docker build --quiet --tag "$1" "$place" > /dev/null
  rm -r "$place"
}

bases() {
  local place=$scratch/empty
  docker import --change "$path" "$parts/small.tar" oscar-sandbox-test/debian:12 > /dev/null
  mkdir -p "$place"/{etc/ssl/certs,tmp}
  chmod 1777 "$place/tmp"
  tar -xOf "$parts/small.tar" ./etc/ssl/certs/ca-certificates.crt > "$place/etc/ssl/certs/ca-certificates.crt"
  printf 'root:x:0:0::/:/\nnonroot:x:65532:65532::/:/\n' > "$place/etc/passwd"
  printf 'root:x:0:\nnonroot:x:65532:\n' > "$place/etc/group"
  tar -C "$place" -c . | docker import --change "$path" - oscar-sandbox-test/empty:1 > /dev/null
}

# The names are those that kubeadm, containerd and the manifests will ask for.
cluster_images() {
  local debian=oscar-sandbox-test/debian:12 empty=oscar-sandbox-test/empty:1 reference name sandbox
  for reference in $("$bin/kubeadm" config images list --kubernetes-version "v$kube"); do
    name=${reference##*/}
    name=${name%%:*}
    case $name in
      kube-proxy) image "$reference" "$debian" 0 kube-proxy ;;
      pause)
        image "$reference" "$empty" 65535:65535 pause
        sandbox=$(sed -n 's/.*sandbox_image = "\(.*\)"/\1/p' "$base/etc/containerd/config.toml")
        docker tag "$reference" "$sandbox"
        all+=("$sandbox")
        ;;
      *) image "$reference" "$empty" 0 "$name" ;;
    esac
  done
  for name in controller webhook activator autoscaler queue; do
    image "dev.local/knative-$name:$serving" "$empty" 65532:65532 "$name"
  done
  image "dev.local/kourier:$kourier" "$empty" 65532:65532 kourier
  image "dev.local/envoy:$envoy" "$debian" 65534:65534 envoy
  image "dev.local/minio:$minio_release" "$empty" 0 minio
  # What services run in: a shell, and no program of OSCAR.
  docker tag "$debian" dev.local/user:1
  all+=(dev.local/user:1)
}

# What kind does to its own base, on Debian's containerd.
node_root() {
  local node=$scratch/node name
  mkdir "$node"
  tar -C "$node" -xf "$parts/node.tar"
  cp -r "$base"/{etc,kind,usr} "$node/"
  chmod -R u+w "$node"/{etc,kind}
  chmod 755 "$node"/usr/local/bin/* "$node"/kind "$node"/kind/bin "$node"/kind/bin/*
  for name in kubeadm kubelet kubectl; do command install -m 755 "$bin/$name" "$node/usr/bin/$name"; done
  ln -sf /usr/bin/{containerd,ctr,containerd-shim-runc-v2} "$node/usr/local/bin/"
  mkdir -p "$node"/{opt/cni,etc/cni/net.d,etc/kubernetes/manifests,kind/manifests}
  ln -sfn /usr/lib/cni "$node/opt/cni/bin"
  cp "$here/files/10-ptp.conflist" "$node/etc/cni/net.d/"
  cp "$here/files/default-cni.yaml" "$node/kind/manifests/"
  command install -m 755 "$here/files/entrypoint-unprivileged" "$node/usr/local/bin/"
  echo "v$kube" > "$node/kind/version"
  units "$node"
  tar -C "$node" -c . | docker import --change "LABEL $label=$recipe" - oscar-sandbox-test/node-root:1 > /dev/null
  rm -rf "$node"
}

units() {
  local units=$1/lib/systemd/system
  rm -f "$units"/sysinit.target.wants/systemd-tmpfiles-setup.service "$units"/multi-user.target.wants/* \
    "$1"/etc/systemd/system/*.wants/* "$units"/local-fs.target.wants/* "$units"/sockets.target.wants/*{udev,initctl}* \
    "$units"/basic.target.wants/*
  echo ReadKMsg=no >> "$1/etc/systemd/journald.conf"
  chroot "$1" systemctl enable kubelet containerd undo-mount-hacks
  chroot "$1" systemctl mask systemd-binfmt
  chroot "$1" ctr oci spec |
    chroot "$1" jq '.hooks.createContainer += [{"path":"/kind/bin/mount-product-files.sh"}] | del(.process.rlimits)' \
      > "$1/etc/containerd/cri-base.json"
}

# Unpacked by nobody, as kind does it: the node unpacks each image at its first use.
node_with_images() {
  local start=/usr/local/bin/entrypoint${restricted:+-unprivileged} bare=oscar-sandbox-test/node-bare:1
  printf 'FROM oscar-sandbox-test/node-root:1\nENV container=docker\nSTOPSIGNAL SIGRTMIN+3\nLABEL %s=%s\nENTRYPOINT ["%s","/sbin/init"]\n' \
    "$label" "$recipe" "$start" | docker build --quiet --tag "$bare" - > /dev/null
  helper=$(docker run --detach --privileged --entrypoint sleep --volume "$images:/images:ro" "$bare" infinity)
  docker exec --detach "$helper" containerd
  for _ in $(seq 100); do
    if docker exec "$helper" ctr version > /dev/null 2>&1; then break; fi
    sleep 0.2
  done
  docker exec "$helper" ctr -n k8s.io images import --no-unpack /images/all.tar
  docker exec "$helper" sh -c 'pkill -x containerd; rm -rf /run/containerd'
  docker commit --change 'CMD []' --change "ENTRYPOINT [\"$start\",\"/sbin/init\"]" "$helper" "$node_image" > /dev/null
  docker rm --force "$helper" > /dev/null
  helper=
}

if made "$node_image" && [ -f "$images/all.tar" ]; then
  echo "The image $node_image is there"
else
  root small "$small_packages"
  root node "$node_packages"
  quietly bases bases
  quietly images cluster_images
  quietly save docker save "${all[@]}" --output "$images/all.tar"
  quietly node node_root
  quietly node-images node_with_images
  # What these have replaced.
  docker image prune --force --filter "label=$label" > /dev/null
fi
echo "$node_image" > "$parts/node-image"
