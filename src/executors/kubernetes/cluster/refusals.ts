/** Why a cluster cannot be had, and what to do about it. */
export interface Refusal {
  why: string;
  fix: string;
}

interface Known extends Refusal {
  pattern: RegExp;
}

// Said where nothing is wrong, too.
const harmless = /cgroup v1 is deprecated|Could not read storage manifest|\[WARNING /;

/** What is known to go wrong, by what kind, Docker, kubeadm and systemd say; the first that fits counts. */
const known: Known[] = [
  {
    pattern: /bind: address already in use|port is already allocated|Ports are not available/i,
    why: 'A port of the cluster is in use by another program',
    fix: 'Start again, which takes another port, or name a free one with --s3-port.',
  },
  {
    pattern: /no space left on device|disk quota exceeded/i,
    why: 'The disk of the container engine is full',
    fix: 'Make room: `docker system prune`, or give the engine a larger disk; a cluster needs about 6 GB.',
  },
  {
    pattern:
      /too many open files|inotify_init|inotify.*(limit|instances)|Failed to allocate directory watch|fsnotify watcher/i,
    why: 'This machine allows too few watched files (inotify) for a cluster',
    fix: 'sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512',
  },
  {
    pattern:
      /non-overlapping IPv4 address pool|all predefined address pools have been fully subnetted|Pool overlaps with other one|address pool/i,
    why: 'The container engine has no free range of addresses for the network of the cluster',
    fix: 'Remove networks nobody uses: `docker network prune`; or widen `default-address-pools` in its daemon.json. A VPN may hold them all.',
  },
  {
    pattern: /alternative telinit implementation/i,
    why: 'The container engine puts a process of its own before the first one of the node',
    fix: 'Take `"init": true` out of /etc/docker/daemon.json, and restart the engine.',
  },
  {
    pattern: /kernel does not support cgroup namespaces/i,
    why: 'The kernel of this machine is too old for a node: it has no cgroup namespaces',
    fix: 'Use a newer system, or a virtual machine with one: Linux 4.6 at least.',
  },
  {
    pattern: /\/dev\/dma_heap|dma_heap: permission denied/i,
    why: 'SELinux keeps the container engine from starting a node',
    fix: 'Update selinux-policy (Fedora 34 or newer), or `sudo setenforce 0` until the next boot.',
  },
  {
    pattern: /failed to get rootfs info|could not find device with major|stat failed on \/dev\//i,
    why: 'The node does not find the disk that its files are on, as with btrfs or LUKS',
    fix: 'Give it the device by --cluster-config: an extra mount of it, such as /dev/dm-0, with propagation HostToContainer.',
  },
  {
    pattern: /running kind with rootless provider requires cgroup v2|requires.*Delegate=yes|Delegate=yes/i,
    why: 'The container engine runs without root, and may not limit processors and memory',
    fix: 'See https://kind.sigs.k8s.io/docs/user/rootless/: cgroup v2, and `Delegate=yes` for user@.service.',
  },
  {
    pattern:
      /unable to apply caps|sysctl.*permission denied|privileged mode is (not allowed|incompatible)|capability.*not permitted/i,
    why: 'The container engine may not start a privileged container, which the node of a cluster is',
    fix: 'Use an engine on a machine of its own (Docker Desktop, a virtual machine), or --executor docker.',
  },
  {
    pattern: /could not find a log line that matches|Reached target .*Multi-User System/i,
    why: 'The node does not start: its first process has stopped',
    fix: 'Often too few inotify watches, or no cgroup v2: sudo sysctl fs.inotify.max_user_instances=512',
  },
  {
    pattern:
      /cgroup mountpoint|cgroups?\b.*(not mounted|no such file|does not exist|permission denied|read-only)|missing.* cgroup/i,
    why: 'The control groups of this machine are not as a node needs them',
    fix: 'Use cgroup v2 (`systemd.unified_cgroup_hierarchy=1` at boot) and a Docker of 20.10 or newer; in a container, mount /sys/fs/cgroup.',
  },
  {
    pattern: /OOMKilled|out of memory|cannot allocate memory|signal: killed|exit status 137/i,
    why: 'The machine of the container engine has too little memory for a cluster',
    fix: 'Give it 4 GB at least (Docker Desktop: Settings, Resources; colima start --memory 4).',
  },
  {
    pattern:
      /toomanyrequests|rate limit|failed to pull image|pull access denied|manifest unknown|No such image|manifest for .* not found|failed to resolve reference|no matching manifest/i,
    why: 'The image of the node cannot be had',
    fix: 'Look at the network and the proxy of the container engine, or name an image that is there: --kind-image.',
  },
  {
    pattern: /x509: certificate signed by unknown authority|certificate verify failed|self.signed certificate/i,
    why: 'The registry shows a certificate that the container engine does not trust',
    fix: 'Add the certificate of your proxy to those that the engine trusts, and restart it.',
  },
  {
    pattern: /no such host|network is unreachable|TLS handshake timeout|i\/o timeout|proxyconnect/i,
    why: 'The network does not let the container engine reach its registry',
    fix: 'Look at the connection, and at the proxy of the engine (Docker Desktop: Settings, Resources, Proxies).',
  },
  {
    pattern:
      /Cannot connect to the Docker daemon|error during connect|Is the docker daemon running|connection refused.*docker\.sock|EOF.*docker/i,
    why: 'The container engine does not answer any more',
    fix: 'Start it: `sudo systemctl start docker`, or Docker Desktop.',
  },
  {
    pattern: /permission denied.*docker(\.sock| daemon)|docker\.sock.*permission denied/i,
    why: 'You may not use the container engine',
    fix: 'Add yourself to its group (`sudo usermod -aG docker $USER`) and log in anew.',
  },
  {
    pattern:
      /No command specified|"?(kubeadm|\/sbin\/init)"?: (executable file |command )?not found|\/usr\/local\/bin\/entrypoint.*no such file|\/kind\/version: No such file/i,
    why: 'The image of the node is none of kind',
    fix: 'Name one that is made for kind with --kind-image, as kindest/node:v1.34.0.',
  },
  {
    pattern: /exec format error/i,
    why: 'The image of the node is for another processor',
    fix: 'Name one for this processor with --kind-image.',
  },
  {
    pattern: /node\(s\) already exist for a cluster with the name/i,
    why: 'A cluster of this name is there already',
    fix: 'Remove it: `oscar-sandbox clean`.',
  },
  {
    pattern:
      /kubelet is not running|kubelet isn't running|timed out waiting for the condition|failed to init node with kubeadm|context deadline exceeded/i,
    why: 'Kubernetes does not come up in the node in time',
    fix: 'The machine may be too busy or too small (2 processors, 4 GB). Close other programs and start again.',
  },
];

/** What the output of a failed creation means; undefined when it is nothing that is known. */
export function recognised(output: string): Refusal | undefined {
  const telling = output
    .split('\n')
    .filter((line) => !harmless.test(line))
    .join('\n');
  const found = known.find(({ pattern }) => pattern.test(telling));
  return found && { why: found.why, fix: found.fix };
}
