import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failedWith } from '../../../../src/executors/kubernetes/cluster/failure.ts';
import { recognised } from '../../../../src/executors/kubernetes/cluster/refusals.ts';
import { tight, tooSmall } from '../../../../src/executors/kubernetes/cluster/room.ts';

const page = readFileSync(join(import.meta.dirname, '../../../../docs/troubleshooting.md'), 'utf8');

const said: [output: string, why: string][] = [
  [
    'docker: Error response from daemon: driver failed programming external connectivity: Error starting userland proxy: listen tcp4 127.0.0.1:9000: bind: address already in use',
    'A port of the cluster is in use by another program',
  ],
  ['Bind for 127.0.0.1:9000 failed: port is already allocated', 'A port of the cluster is in use by another program'],
  ['write /kind/x: no space left on device', 'The disk of the container engine is full'],
  [
    'Failed to create control group inotify object: Too many open files',
    'This machine allows too few watched files (inotify) for a cluster',
  ],
  [
    'failed to create network: could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network',
    'The container engine has no free range of addresses for the network of the cluster',
  ],
  [
    'Error response from daemon: all predefined address pools have been fully subnetted',
    'The container engine has no free range of addresses for the network of the cluster',
  ],
  [
    'ERROR: failed to create cluster: running kind with rootless provider requires setting systemd property "Delegate=yes"',
    'The container engine runs without root, and may not limit processors and memory',
  ],
  [
    "Couldn't find an alternative telinit implementation to spawn.\nERROR: failed to create cluster: could not find a log line that matches",
    'The container engine puts a process of its own before the first one of the node',
  ],
  [
    'Command Output: WARNING: Your kernel does not support cgroup namespaces.  Cgroup namespace setting discarded.',
    'The kernel of this machine is too old for a node: it has no cgroup namespaces',
  ],
  [
    'docker: Error response from daemon: open /dev/dma_heap: permission denied.',
    'SELinux keeps the container engine from starting a node',
  ],
  [
    '"Failed to start ContainerManager" err="failed to get rootfs info: failed to get device for dir"\nThe kubelet is not running',
    'The node does not find the disk that its files are on, as with btrfs or LUKS',
  ],
  [
    'runc create failed: unable to start container process: unable to apply caps: operation not permitted',
    'The container engine may not start a privileged container, which the node of a cluster is',
  ],
  [
    'ERROR: failed to find cgroup mountpoint for memory',
    'The control groups of this machine are not as a node needs them',
  ],
  ['fork/exec: cannot allocate memory', 'The machine of the container engine has too little memory for a cluster'],
  [
    'ERROR: failed to create cluster: failed to pull image "kindest/none:v1": command "docker pull" failed with error: exit status 1',
    'The image of the node cannot be had',
  ],
  ['toomanyrequests: You have reached your pull rate limit', 'The image of the node cannot be had'],
  [
    'Get "https://registry-1.docker.io/v2/": x509: certificate signed by unknown authority',
    'The registry shows a certificate that the container engine does not trust',
  ],
  [
    'dial tcp: lookup registry-1.docker.io: no such host',
    'The network does not let the container engine reach its registry',
  ],
  [
    'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
    'The container engine does not answer any more',
  ],
  [
    'permission denied while trying to connect to the docker.sock: permission denied',
    'You may not use the container engine',
  ],
  [
    'ERROR: failed to create cluster: could not find a log line that matches "Reached target .*Multi-User System.*|detected cgroup v1"',
    'The node does not start: its first process has stopped',
  ],
  ['exec: "kubeadm": executable file not found in $PATH', 'The image of the node is none of kind'],
  ['exec /usr/local/bin/entrypoint: exec format error', 'The image of the node is for another processor'],
  [
    'ERROR: failed to create cluster: node(s) already exist for a cluster with the name "a"',
    'A cluster of this name is there already',
  ],
  [
    'ERROR: failed to create cluster: failed to init node with kubeadm: exit status 1\nerror: timed out waiting for the condition',
    'Kubernetes does not come up in the node in time',
  ],
];

describe('what a failed creation says', () => {
  it.each(said)('%s', (output, why) => {
    const known = recognised(output);
    expect(known?.why).toBe(why);
    expect(known?.fix).not.toBe('');
  });

  it.each(said)('is told in docs/troubleshooting.md with its fix: %s', (output) => {
    const { why, fix } = recognised(output) ?? {};
    expect(page).toContain(`| ${why} | ${fix} |`);
  });

  it('is not taken for what is said in any case', () =>
    expect(recognised('cgroup v1 is deprecated in Kubernetes\n[WARNING x]: no such host')).toBeUndefined());

  it('is handed on where it is not known, without what only developers read', () => {
    const output =
      'Creating cluster "a" ...\n ✓ Preparing nodes\nERROR: failed to do a thing\n\nStack Trace: \nmain.go:12';
    expect(recognised(output)).toBeUndefined();
    expect(failedWith('The cluster cannot be made', output).message).toBe(
      'The cluster cannot be made: ERROR: failed to do a thing.',
    );
  });

  it('is told as one sentence and its fix where it is known', () => {
    const { message, hint } = failedWith('The cluster cannot be made', 'write /x: no space left on device');
    expect(message).toBe('The cluster cannot be made: the disk of the container engine is full.');
    expect(hint).toContain('docker system prune');
  });
});

describe('a machine that is too small for a cluster', () => {
  const enough = { memory: 8e9, cpu: 4, disk: 50e9, watches: 65_536, instances: 512 };
  const small: [what: string, room: Partial<typeof enough>, why: string][] = [
    ['memory', { memory: 1e9 }, 'The container engine has 1.0 GB of memory, and a cluster needs 2 GB'],
    ['disk', { disk: 1.5e9 }, 'The disk of the container engine has 1.5 GB left, and a cluster needs 4 GB'],
    [
      'inotify',
      { instances: 16 },
      'This machine allows 65536 watched files and 16 watchers (inotify), which is too few for a cluster',
    ],
  ];
  it.each(small)('is told by its %s before anything is made', (_what, room, why) =>
    expect(tooSmall({ ...enough, ...room })?.why).toBe(why),
  );
  it('is not one that has enough, nor one of which nothing is known', () => {
    expect(tooSmall(enough)).toBeUndefined();
    expect(tooSmall({ memory: 8e9, cpu: 2 })).toBeUndefined();
    expect(tight(enough)).toBeUndefined();
    expect(tight({ ...enough, cpu: 1 })).toContain('one processor');
  });
});
