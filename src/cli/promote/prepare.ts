import { join } from 'node:path';
import { engineEnvironment } from '../../config.ts';
import { SandboxError } from '../../model/errors.ts';
import { type Context, optional } from '../command.ts';
import { agreed } from '../question.ts';
import { type Cluster, type Configuration, chooseCluster, readClusters } from './clusters.ts';
import { authorizationFor } from './credentials.ts';
import { chosenFor, type Found, readFolder } from './folder.ts';
import { localImages, localPlaces } from './local.ts';
import { hostIn, isLoopback } from './loopback.ts';
import { type Plan, planFor } from './plan.ts';
import { openRemote, type Remote } from './remote.ts';
import type { Version } from './version.ts';
import { withoutLogin } from './visible.ts';
import { readAuthority } from './wire.ts';

/** All that is known before anything is sent. */
export interface Prepared extends Plan {
  cluster: Cluster;
  version: Version;
  remote: Remote;
}

/**
 * Reads the folder and the cluster's configuration, asks the cluster what it has, and decides what to send. Undefined when
 * the user does not want the cluster to be asked.
 */
export async function prepare(context: Context): Promise<Prepared | undefined> {
  const { settings, around, out } = context;
  const files = await readFolder(optional(context, 0) ?? '.', out.warn);
  const known = await readClusters(settings.text('config') ?? join(around.home, '.oscar-cli', 'config.yaml'));
  const cluster = chooseCluster(known, settings.text('cluster'));
  const found = chosenFor(files, namesFor(cluster, known));
  if (!(await mayAsk(context, cluster))) return undefined;
  const remote = await reach(context, cluster);
  const version = await remote.version();
  const plan = planFor({ found, cluster, version, there: await remote.services() });
  const sent = plan.steps.filter(({ verb }) => verb !== 'keep').map(({ body }) => body);
  const environment = engineEnvironment(around);
  const warnings = [
    ...elsewhere(found, cluster, known),
    ...plan.warnings,
    ...sent.flatMap(localPlaces),
    ...(await localImages(sent, { environment, home: around.home })),
  ];
  return { cluster, version, remote, steps: plan.steps, warnings: warnings.map((text) => withoutLogin(text, longest)) };
}

const longest = 1000;

/** oscar-cli: `default-cluster` is whichever cluster is the default one. */
const namesFor = ({ name }: Cluster, { standard }: Configuration): string[] =>
  name === standard ? [name, 'default-cluster'] : [name];

/** Credentials go over a network in the clear only if that is wanted: even a dry run sends them. */
async function mayAsk({ settings, out }: Context, { endpoint, name }: Cluster): Promise<boolean> {
  if (!endpoint.startsWith('http:') || isLoopback(hostIn(endpoint))) return true;
  out.warn(`${endpoint} is not encrypted: whoever is on the way reads the credentials.`);
  return settings.on('yes') || agreed(`Send them to ${name} all the same`, 'This sends credentials in the clear');
}

async function reach({ settings }: Context, cluster: Cluster): Promise<Remote> {
  const file = settings.text('ca');
  const authority = file ? await readAuthority(file) : undefined;
  const authorization = await authorizationFor(cluster, { token: settings.text('token'), authority });
  return openRemote({ cluster, authorization, authority, seconds: demandSeconds(settings.number('timeout')) });
}

const day = 86_400;

function demandSeconds(seconds: number): number {
  if (seconds >= 1 && seconds <= day) return seconds;
  throw new SandboxError('invalid', `--timeout must be from 1 to ${day}, not ${seconds}.`);
}

/** What oscar-cli would send to another cluster, for that is how the file is written. */
const elsewhere = (found: readonly Found[], { name }: Cluster, { clusters }: Configuration): string[] =>
  found
    .filter(({ service: { clusterId } }) => clusterId !== name && Object.hasOwn(clusters, clusterId))
    .map(({ service, file }) => {
      const { clusterId, input, line } = service;
      return `${file.path}:${line}: ${input.name} is written for the cluster ${clusterId}, and would go to ${name}.`;
    });
