import { createMarks } from '../../../src/executors/kubernetes/labels.ts';
import type { Settings } from '../../../src/executors/kubernetes/manifests/settings.ts';

/** How a cluster that the sandbox made itself is told of, but for what a test says otherwise. */
export const settingsOf = (more: Partial<Settings> = {}): Settings => ({
  namespace: 'oscar-svc',
  marks: createMarks('0123456789ab'),
  programs: { from: 'node', path: '/oscar/bin' },
  store: { endpoint: 'http://minio.minio:9000', region: 'us-east-1', verify: false },
  storeSecret: 'minio',
  pull: 'IfNotPresent',
  volumes: { accessMode: 'ReadWriteOnce' },
  jobTtlSeconds: 2_592_000,
  callTimeoutSeconds: 300,
  ...more,
});
