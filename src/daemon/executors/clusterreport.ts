import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '../../engine/connect.ts';
import type { Engine, EngineInfo } from '../../engine/engine.ts';
import { measured } from '../../executors/kubernetes/cluster/measured.ts';
import { findNode } from '../../executors/kubernetes/cluster/node.ts';
import { readParts } from '../../executors/kubernetes/cluster/parts.ts';
import { createRecord } from '../../executors/kubernetes/cluster/record.ts';
import { tight, tooSmall } from '../../executors/kubernetes/cluster/room.ts';
import { onPath } from '../../executors/kubernetes/cluster/tools.ts';
import { asSandboxError } from '../../model/errors.ts';
import { findId } from '../files.ts';
import { fromSnap, knownIssues } from './knownissues.ts';
import { doubtful, fine, type Remark, wrong } from './remark.ts';

/** Where a cluster of kind would be made. */
export interface KindPlace {
  environment: Record<string, string>;
  home: string;
  dataDir: string;
  /** `--parts` */
  parts?: string;
  /** Of this machine's files. */
  root?: string;
}

/** Could a cluster be made here, and how is the one that the data folder has? Nothing is changed. */
export async function reportKind(place: KindPlace): Promise<Remark[]> {
  const found = await connect(place);
  if (!('engine' in found)) return [wrong(found.why.replace(/\.$/, ''), found.hint)];
  const { engine } = found;
  const { root = '/' } = place;
  const { remarks, folders } = await programs(place);
  const node = await nodeOf(engine, place.dataDir);
  return [
    ...remarks,
    await client(engine.info, folders),
    ...distant(engine.info),
    await room(engine.info, { root, had: node.had }),
    ...(await knownIssues(engine.info, root)),
    node.remark,
  ];
}

/** Where kind comes from, and the folders in which it finds what it calls. */
async function programs({ environment, dataDir, parts }: KindPlace) {
  const folders = environment.PATH ?? '';
  if (parts !== undefined) return ofParts(parts, folders);
  const [own, fetched] = [await onPath('kind', folders), join(dataDir, 'cluster', 'fetched', 'kind')];
  const isThere = await stat(fetched).then(
    () => true,
    () => false,
  );
  const later = 'kind is not on the PATH: the next start fetches it, which needs a network';
  const text = own ? `kind is ${own}` : isThere ? `kind is ${fetched}, fetched before` : later;
  return { remarks: [fine(text)], folders };
}

async function ofParts(folder: string, path: string): Promise<{ remarks: Remark[]; folders: string }> {
  try {
    const parts = await readParts(folder);
    return { remarks: [fine(`all parts are in ${folder}`)], folders: [...parts.path, path].join(':') };
  } catch (error) {
    const { message, hint = '' } = asSandboxError(error);
    return { remarks: [wrong(message.replace(/\.$/, ''), hint)], folders: path };
  }
}

/** kind has no other way to the engine. */
async function client({ product }: EngineInfo, folders: string): Promise<Remark> {
  const name = product === 'Podman' ? 'podman' : 'docker';
  const file = await onPath(name, folders);
  if (!file) {
    return wrong(
      `kind calls the command ${name}, which is not on the PATH`,
      name === 'docker' ? 'Install it: the package docker-cli, or docker-ce-cli.' : 'Install the package podman.',
    );
  }
  return fromSnap(file, await realpath(file)) ?? fine(`kind calls ${file}`);
}

const distant = ({ place, address }: EngineInfo): Remark[] =>
  place === 'remote'
    ? [
        wrong(
          `a cluster on the container engine at ${address} could not send its events here`,
          'Use an engine on this machine, or --executor docker.',
        ),
      ]
    : [];

async function room(info: EngineInfo, { root, had }: { root: string; had: boolean }): Promise<Remark> {
  const found = await measured(info, join(root, 'proc/sys'));
  const [refusal, narrow] = [tooSmall(found), tight(found)];
  // A cluster that has its place is not asked.
  if (refusal) return (had ? doubtful : wrong)(refusal.why, refusal.fix);
  if (narrow) return doubtful(narrow.replace(/\.$/, ''), 'Give it 2 processors and 4 GB, if services have to wait.');
  const { memory, cpu, disk, watches, instances } = found;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  const gives = [
    `${gigabytes(memory)} of memory`,
    `${cpu} processors`,
    ...(disk === undefined ? [] : [`${gigabytes(disk)} of disk`]),
    ...(watches === undefined ? [] : [`${watches} watched files`]),
    ...(instances === undefined ? [] : [`${instances} watchers`]),
  ];
  return fine(`there is room for a cluster: ${gives.join(', ')}`);
}

async function nodeOf(engine: Engine, dataDir: string): Promise<{ had: boolean; remark: Remark }> {
  const folder = join(dataDir, 'cluster');
  const id = findId(dataDir);
  const name = `oscar-sandbox-${id}`;
  const [node, made] = await Promise.all([
    id === undefined ? undefined : findNode(engine, name),
    createRecord(folder).read(),
  ]);
  const had = node !== undefined;
  const again = 'Nothing to do: the next start makes it anew. What MinIO keeps is not in it.';
  if (!node) {
    const gone = doubtful(`the cluster ${name} is gone`, again);
    return { had, remark: made ? gone : fine('this data folder has no cluster yet: `up --executor kind` makes it') };
  }
  if (made?.node !== node.id) return { had, remark: doubtful(`the cluster ${name} was not made to its end`, again) };
  if (!node.running) return { had, remark: fine(`the cluster ${name} is stopped: the next start brings it back`) };
  return { had, remark: fine(`the cluster ${name} runs; its kubeconfig is ${join(folder, 'kubeconfig')}`) };
}
