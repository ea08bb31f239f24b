import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../../../src/engine/cluster.ts';
import { arranged, nameOf } from '../../../../src/executors/kubernetes/cluster/arrange.ts';
import { fitted, type Settings } from '../../../../src/executors/kubernetes/cluster/fitted.ts';
import { fingerprintOf, minioManifests } from '../../../../src/executors/kubernetes/cluster/minio.ts';
import { hostsFile, registrySpec } from '../../../../src/executors/kubernetes/cluster/registry.ts';
import { readVersions } from '../../../../src/executors/kubernetes/cluster/versions.ts';
import { parse, template } from '../../../kind/cluster.ts';

const release = `
apiVersion: caching.internal.knative.dev/v1alpha1
kind: Image
metadata: {name: queue-proxy, namespace: knative-serving}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: config-network, namespace: knative-serving}
data: {_example: 'ingress-class: istio'}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: activator, namespace: knative-serving}
spec:
  template:
    metadata: {labels: {app: activator}}
    spec:
      containers:
      - name: activator
        readinessProbe: {httpGet: {port: 8012}, initialDelaySeconds: 10, periodSeconds: 5}
        resources: {requests: {cpu: 300m, memory: 60Mi}, limits: {cpu: '1'}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: activator, namespace: knative-serving}
---
apiVersion: v1
kind: Service
metadata: {name: kourier, namespace: kourier-system}
spec: {type: LoadBalancer, ports: [{name: http2, port: 80}, {name: https, port: 443}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: knative-serving}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: images.caching.internal.knative.dev}
spec: {group: caching.internal.knative.dev}
`;
const documents = parse(release) as Manifest[];
const settings: Settings = { 'config-network': { 'ingress-class': 'kourier' } };
const fit = { settings, gatewayPort: 30080, startedAt: 5 };
const named = (manifests: Manifest[], name: string) => manifests.find(({ metadata }) => metadata.name === name);

describe('the manifests of a release', () => {
  it('are put into the order in which a server takes them, each once', () => {
    const { definitions, namespaces, objects, late } = arranged([...documents, ...documents]);
    const text = [definitions, namespaces, objects, late].map((list) => list.map(nameOf).join('\n')).join('\n--\n');
    expect(text).toBe(
      [
        'apiextensions.k8s.io/v1 CustomResourceDefinition images.caching.internal.knative.dev',
        '--',
        'v1 Namespace knative-serving',
        '--',
        'v1 ConfigMap knative-serving/config-network',
        'apps/v1 Deployment knative-serving/activator',
        'autoscaling/v2 HorizontalPodAutoscaler knative-serving/activator',
        'v1 Service kourier-system/kourier',
        '--',
        'caching.internal.knative.dev/v1alpha1 Image knative-serving/queue-proxy',
      ].join('\n'),
    );
  });

  it('lose what a cluster of one node has no use for', () =>
    expect(fitted(documents, fit).map(({ kind }) => kind)).not.toContain('HorizontalPodAutoscaler'));

  it('ask for little ahead, and are looked at often', () => {
    const text = JSON.stringify(named(fitted(documents, fit), 'activator'));
    expect(text).toContain('"resources":{"requests":{"cpu":"10m","memory":"60Mi"},"limits":{"cpu":"1"}}');
    expect(text).toContain('"initialDelaySeconds":1,"periodSeconds":1');
  });

  it('are others once the node was started anew', () => {
    const at = (startedAt: number) => JSON.stringify(named(fitted(documents, { ...fit, startedAt }), 'activator'));
    expect(at(5)).toBe(at(5));
    expect(at(6)).not.toBe(at(5));
  });

  it('carry our settings beside the example, which stays as it is', () =>
    expect(named(fitted(documents, fit), 'config-network')?.data).toEqual({
      _example: 'ingress-class: istio',
      'ingress-class': 'kourier',
    }));

  it('have nobody outside asked for a name of the cluster', () => {
    const text = 'socket_address:\n  address: "net-kourier-controller.knative-serving"\n  port_value: 18000\n';
    const metadata = { name: 'kourier-bootstrap' };
    const [made] = fitted(
      [{ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'envoy-bootstrap.yaml': text } }],
      fit,
    );
    expect(made?.data).toEqual({
      'envoy-bootstrap.yaml': text.replace('serving"', 'serving.svc.cluster.local."'),
    });
  });

  it('put the gateway on a port of the node', () =>
    expect(named(fitted(documents, fit), 'kourier')?.spec).toEqual({
      type: 'NodePort',
      ports: [
        { name: 'http2', port: 80, nodePort: 30080 },
        { name: 'https', port: 443 },
      ],
    }));
});

describe('the manifests of MinIO', () => {
  const wanted = {
    image: 'minio:1',
    settings: { MINIO_ROOT_USER: 'me' },
    startedAt: 5,
    owner: { uid: 1000, gid: 100 },
  };
  const filled = minioManifests(template('minio.yaml') as Manifest[], wanted);

  it('keep data and events in the data folder', () => {
    const text = JSON.stringify(named(filled.slice(2), 'minio'));
    expect(text).toContain('"hostPath":{"path":"/oscar-sandbox/minio","type":"Directory"}');
    expect(text).toContain('"hostPath":{"path":"/oscar-sandbox/events","type":"Directory"}');
    expect(text).not.toContain('emptyDir');
  });

  it('run as the user whose the data folder is', () => {
    const text = JSON.stringify(filled);
    expect(text).toContain('"securityContext":{"runAsUser":1000,"runAsGroup":100}');
    expect(text).toContain('"image":"minio:1"');
  });

  it('keep secrets in a Secret', () => {
    expect(named(filled, 'minio-settings')?.stringData).toEqual({ MINIO_ROOT_USER: 'me' });
    expect(JSON.stringify(filled.filter(({ kind }) => kind !== 'Secret'))).not.toContain('MINIO_ROOT_USER');
  });

  it('make a new pod when the settings are others', () =>
    expect(fingerprintOf({ ...wanted, settings: {} })).not.toBe(fingerprintOf(wanted)));
});

describe('a registry beside the cluster', () => {
  const wanted = { id: '0123456789ab', network: 'kind', image: 'registry:2', port: 5001 };

  it('is reached on this machine alone, and by the nodes under the same name', () => {
    expect(registrySpec(wanted).HostConfig).toMatchObject({
      NetworkMode: 'kind',
      PortBindings: { '5000/tcp': [{ HostIp: '127.0.0.1', HostPort: '5001' }] },
    });
    expect(hostsFile(wanted)).toBe('[host."http://oscar-sandbox-0123456789ab-registry:5000"]\n');
  });
});

describe('the versions that are pinned', () => {
  const document = template('versions.yaml')[0];

  it('are those of the machine', () => {
    const { kind, programs } = readVersions(document, { os: 'darwin', arch: 'arm64' });
    expect(kind.address).toBe('https://github.com/kubernetes-sigs/kind/releases/download/v0.33.0/kind-darwin-arm64');
    expect(kind.checksum).toBe(`${kind.address}.sha256sum`);
    expect(programs.get('supervisor')?.address).toMatch(/\/supervisor-arm64\.zip$/);
  });

  it('are fetched by https alone', () => {
    const { kind, manifests, programs } = readVersions(document, { os: 'linux', arch: 'amd64' });
    const pins = [kind, ...manifests.values(), ...programs.values()];
    expect(pins.map(({ address }) => new URL(address).protocol)).toEqual(pins.map(() => 'https:'));
    expect(pins.map(({ address }) => address.replaceAll(/\{|\}/g, '?')).join()).not.toContain('?');
  });

  it('name the image of the node by its digest', () =>
    expect(readVersions(document, { os: 'linux', arch: 'amd64' }).nodeImage).toMatch(
      /^kindest\/node:v[\d.]+@sha256:[0-9a-f]{64}$/,
    ));
});
