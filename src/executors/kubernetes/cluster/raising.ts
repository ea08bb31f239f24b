import type { Cluster } from '../../../engine/cluster.ts';
import { asSandboxError } from '../../../model/errors.ts';
import type { Deferred } from './deferred.ts';
import { imagesOf, imagesOnNode, loadArchive, readyNodeImage } from './images.ts';
import { createInstalling, type Installing, planned } from './installing.ts';
import type { Making } from './making.ts';
import type { ClusterOptions } from './options.ts';
import { runSteps, type Step } from './steps.ts';
import { closeWayOut } from './wayout.ts';

export interface RaisingParts extends ClusterOptions {
  name: string;
  making: Making;
  open(): Promise<Cluster>;
}

interface Told {
  signal: AbortSignal;
  made: Deferred<void>;
  reached: Deferred<Cluster>;
}

/** What is found out about the node on the way. */
interface Found {
  /** It was off, and was started. */
  woken: boolean;
}

/** Brings a cluster up, from whatever is there: each step looks before it acts. One that does not wake up is made anew. */
export async function raise(parts: RaisingParts, told: Told): Promise<Cluster> {
  const found: Found = { woken: false };
  try {
    return await raiseOnce(parts, told, found);
  } catch (error) {
    if (!found.woken || told.signal.aborted) throw error;
    parts.log.warn('the cluster does not wake up: it is made anew', { error: asSandboxError(error).message });
    const tools = await parts.materials.tools();
    await parts.making.make(await readyNodeImage(parts, tools, () => undefined), () => undefined, told.signal);
    return raiseOnce(parts, told, { woken: false });
  }
}

async function raiseOnce(parts: RaisingParts, { signal, made, reached }: Told, found: Found): Promise<Cluster> {
  const { now, onProgress } = parts;
  const go = (steps: Step[]) => runSteps(steps, { now, onProgress, signal });
  await go(nodeSteps(parts, signal, found));
  made.resolve();
  const cluster = await parts.open();
  try {
    const { node } = await parts.making.state();
    const plan = planned(await parts.materials.manifests(), parts, node?.startedAt ?? 0);
    const installing = createInstalling(cluster, plan, parts, signal);
    const [kinds, ...knative] = knativeSteps(parts, installing);
    // Pods have no part in these.
    const defining = go([kinds]);
    await Promise.all([go(groundSteps(parts, cluster, { installing, wanted: imagesOf(plan.objects) })), defining]);
    reached.resolve(cluster);
    await go(knative);
    return cluster;
  } catch (error) {
    cluster.close();
    throw error;
  }
}

function nodeSteps(parts: RaisingParts, signal: AbortSignal, found: Found): Step[] {
  const { engine, making, materials, nodeImage } = parts;
  const isThere = async () => ['usable', 'restarted'].includes((await making.state()).is);
  const known = async () => 'name' in nodeImage && (await engine.image(nodeImage.name)) !== undefined;
  const image = async (say: (line: string) => void) => readyNodeImage(parts, await materials.tools(), say);
  return [
    { name: 'parts of the cluster', done: () => materials.complete(), run: (say) => materials.gather(say) },
    {
      name: 'image of the node',
      done: async () => (await isThere()) || (await known()),
      run: async (say) => void (await image(say)),
    },
    {
      name: 'node of the cluster',
      done: async () => (await making.state()).is === 'usable',
      run: async (say) => {
        const { is } = await making.state();
        // With its images at hand, a new one is there sooner, and in better order, than an old one that was off.
        found.woken = is === 'restarted' && !materials.images;
        if (found.woken) await making.wake();
        else await making.make(await image(say), say, signal);
      },
    },
  ];
}

interface Ground {
  installing: Installing;
  /** The images of the pods. */
  wanted: string[];
}

function groundSteps({ name, materials, log }: RaisingParts, cluster: Cluster, { installing, wanted }: Ground): Step[] {
  const { images } = materials;
  return [
    {
      name: 'network of the cluster',
      run: async () => {
        const closed = await closeWayOut(await materials.tools(), `${name}-control-plane`);
        if (!closed) log.warn('the node has no iptables: packets to Services may leave it until kube-proxy is up');
        await Promise.all([installing.nodeIsReady(), installing.saveRoom()]);
        await installing.proxyIsUp();
      },
    },
    ...(images === undefined
      ? []
      : [
          {
            name: 'images',
            done: async () => {
              const there = await imagesOnNode(cluster);
              return wanted.every((image) => there.has(image));
            },
            run: async () => loadArchive(await materials.tools(), name, images),
          },
        ]),
  ];
}

function knativeSteps({ making }: RaisingParts, installing: Installing): [Step, ...Step[]] {
  const installed = async () => (await making.state()).made?.installed === installing.fingerprint;
  return [
    { name: 'custom kinds of Knative', done: installed, run: () => installing.define() },
    { name: 'Knative', done: installed, run: () => installing.install() },
    { name: 'Knative is up', run: (say) => installing.knativeIsUp(say) },
    { name: 'its last objects', done: installed, run: () => installing.installRest() },
    {
      name: 'Kourier is up',
      run: async (say) => {
        await installing.gatewayIsUp(say);
        await making.installed(installing.fingerprint);
      },
    },
  ];
}
