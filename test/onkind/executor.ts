import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Cluster } from '../../src/engine/cluster.ts';
import { domain, nodePorts } from '../../src/executors/kubernetes/cluster/options.ts';
import { createKubernetes } from '../../src/executors/kubernetes/kubernetes.ts';
import { createMarks } from '../../src/executors/kubernetes/labels.ts';
import { throughPort } from '../../src/executors/kubernetes/ways.ts';
import { executorContract } from '../contracts/executor.ts';
import { docker } from '../docker.ts';
import { opened } from '../engine/clusterscene.ts';
import { settingsOf } from '../executors/kubernetes/settings.ts';
import { provisionerFor } from '../kind/cluster.ts';
import type { Shared } from './shared.ts';

const quiet = () => undefined;
const namespace = 'oscar-svc';

/** What every executor does, in a cluster: the services are none of the program that made it. */
export function contractOn(shared: Shared): void {
  executorContract('a cluster', async () => {
    const { id, folder, kubeconfig, node } = shared;
    await (await provisionerFor({ folder, id })).load('docker.io/library/alpine', quiet);
    const cluster = await opened(readFileSync(kubeconfig, 'utf8'));
    await secretFor(cluster);
    const executor = createKubernetes({
      cluster,
      settings: settingsOf({ marks: createMarks(randomBytes(6).toString('hex')), storeSecret: 'contract' }),
      way: throughPort(`http://${docker('port', node, String(nodePorts.gateway))}`, { namespace, domain }),
      visibility: 'outside',
      isWanted: () => true,
      onChange: quiet,
      runTimeoutSeconds: 0,
      jobTimeoutSeconds: 0,
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      now: Date.now,
    });
    const close = async () => {
      for (const { service } of await executor.observe()) await executor.withdraw(service);
      await executor.close();
      cluster.close();
    };
    return { executor, close };
  });
}

/** Pods name it, though their scripts store nothing. */
const secretFor = (cluster: Cluster) =>
  cluster.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'contract', namespace },
    stringData: { accessKey: 'none', secretKey: 'none' },
  });
