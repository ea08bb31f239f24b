import { describe, expect, it } from 'vitest';
import { kindConfig, readPatch, type WantedCluster } from '../../../../src/executors/kubernetes/cluster/config.ts';
import { parse } from '../../../kind/cluster.ts';

const wanted: WantedCluster = {
  name: 'oscar-sandbox-0123456789ab',
  image: 'kindest/node:v1.34.0',
  fingerprint: 'abc',
  ports: [
    { host: '127.0.0.1', hostPort: 41000, nodePort: 30080 },
    { host: '127.0.0.1', hostPort: 9000, nodePort: 30081 },
  ],
  mounts: [
    { hostPath: '/data/bin', containerPath: '/oscar/bin', readOnly: true },
    { hostPath: '/data/minio', containerPath: '/oscar-sandbox/minio' },
  ],
  patches: [],
};
const withPatches = (...texts: string[]) =>
  kindConfig({
    ...wanted,
    patches: texts.map((text, at) => ({
      from: `patch-${at}.yaml`,
      content: readPatch(text, `patch-${at}.yaml`, parse),
    })),
  });

const plain = `{
  "kind": "Cluster",
  "apiVersion": "kind.x-k8s.io/v1alpha4",
  "name": "oscar-sandbox-0123456789ab",
  "containerdConfigPatches": [
    "[plugins.\\"io.containerd.grpc.v1.cri\\".registry]\\n  config_path = \\"/etc/containerd/certs.d\\"\\n"
  ],
  "nodes": [
    {
      "image": "kindest/node:v1.34.0",
      "extraMounts": [
        {
          "hostPath": "/data/bin",
          "containerPath": "/oscar/bin",
          "readOnly": true
        },
        {
          "hostPath": "/data/minio",
          "containerPath": "/oscar-sandbox/minio"
        }
      ],
      "labels": {
        "oscar-sandbox.fingerprint": "abc"
      },
      "extraPortMappings": [
        {
          "containerPort": 30080,
          "hostPort": 41000,
          "listenAddress": "127.0.0.1",
          "protocol": "TCP"
        },
        {
          "containerPort": 30081,
          "hostPort": 9000,
          "listenAddress": "127.0.0.1",
          "protocol": "TCP"
        }
      ],
      "role": "control-plane"
    }
  ]
}
`;

describe('the configuration of a cluster', () => {
  it('has one node with its ports and folders', () => expect(kindConfig(wanted)).toBe(plain));

  it('is not changed by a patch that says nothing', () =>
    expect(withPatches('kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n', '')).toBe(plain));

  it('takes what a restricted machine needs, and then what the user adds', () => {
    const text = withPatches(
      'containerdConfigPatches: ["restricted"]',
      [
        'containerdConfigPatches: ["mine"]',
        'networking: {ipFamily: ipv4}',
        'nodes:',
        '- role: control-plane',
        '  labels: {disk: fast}',
        '  extraMounts: [{hostPath: /models, containerPath: /models}]',
        '- role: worker',
      ].join('\n'),
    );
    const config = JSON.parse(text);
    expect(config.containerdConfigPatches.slice(1)).toEqual(['restricted', 'mine']);
    expect(config.networking).toEqual({ ipFamily: 'ipv4' });
    const [first, second] = config.nodes;
    expect(first.labels).toEqual({ 'oscar-sandbox.fingerprint': 'abc', disk: 'fast' });
    expect(first.extraMounts).toHaveLength(3);
    expect(first.extraPortMappings).toHaveLength(2);
    // A pod of a service may come here, so that its programs have to be here, too.
    expect(second).toEqual({ role: 'worker', image: wanted.image, extraMounts: wanted.mounts });
  });

  it('lets the user choose the image of a node', () => {
    const config = JSON.parse(withPatches('nodes: [{image: "mine:1"}]'));
    expect(config.nodes[0].image).toBe('mine:1');
  });

  const refused: [patch: string, why: string][] = [
    ['name: other', 'it names the cluster'],
    ['kind: Pod', 'its kind is Pod'],
    ['apiVersion: v2', 'its apiVersion is v2'],
    ['[1]', 'it is no mapping'],
    ['a: [', 'it is no YAML (unexpected end of the stream within a flow collection (1:5))'],
    ['nodes: [{role: worker}]', 'its first node is no control-plane'],
  ];
  it.each(refused)('refuses %s', (patch, why) =>
    expect(() => withPatches(patch)).toThrow(
      `patch-0.yaml cannot be added to the configuration of the cluster: ${why}.`,
    ),
  );
});
