import type { Manifest } from '../../../engine/cluster.ts';
import type { Task } from '../../../model/task.ts';
import { taskMark } from '../labels.ts';
import { environment, ownVariables, type Variable } from './environment.ts';
import { feed } from './event.ts';
import { fedVariable } from './lines.ts';
import { mountSidecar } from './mount.ts';
import { jobNameOf } from './names.ts';
import { annotationsOf, labelsOf, objectOf } from './objects.ts';
import { keys, podSpec, supervisorOf } from './pod.ts';
import { places, type Settings } from './settings.ts';

/** The largest event that goes into a variable: Linux takes none of 128 KiB. */
const inVariable = 100 * 1024;
/** An object of a cluster may have a megabyte. */
const partBytes = 512 * 1024;

const isSmall = (text: string): boolean => Buffer.byteLength(text) <= inVariable;

/** How an event gets to the supervisor, and to the script. */
function eventVariables(body: Buffer): Record<string, string> {
  const { text, told } = feed(body);
  return {
    ...(told !== undefined && isSmall(told) ? { EVENT: told } : {}),
    ...(isSmall(text) && text !== told ? { [fedVariable]: text } : {}),
  };
}

function parts(body: Buffer): Buffer[] {
  const bytes = Buffer.from(feed(body).text);
  if (bytes.length <= inVariable) return [];
  const count = Math.ceil(bytes.length / partBytes);
  return Array.from({ length: count }, (_, at) => bytes.subarray(at * partBytes, (at + 1) * partBytes));
}

const partName = (job: string, at: number): string => `${job}-event-${at}`;

/** The files of an event that is too large for a variable: they are to be there before the job's pod can start. */
export function eventParts(task: Task, body: Buffer, settings: Settings): Manifest[] {
  const job = jobNameOf(task);
  return parts(body).map((bytes, at) => {
    const naming = { apiVersion: 'v1', kind: 'ConfigMap', name: partName(job, at), role: 'event' } as const;
    const { metadata, ...kind } = objectOf(task.service, settings, naming);
    return {
      ...kind,
      metadata: { ...metadata, annotations: taskMark(task.id, task.attempt) },
      immutable: true,
      binaryData: { part: bytes.toString('base64') },
    };
  });
}

/** All parts as files in one folder; their names are in order. */
function eventFolder(task: Task, body: Buffer) {
  const job = jobNameOf(task);
  const sources = parts(body).map((_, at) => ({
    configMap: { name: partName(job, at), items: [{ key: 'part', path: `part-${String(at).padStart(6, '0')}` }] },
  }));
  if (sources.length === 0) return { volumes: [], mounts: [] };
  return {
    volumes: [{ name: 'oscar-event', projected: { sources } }],
    mounts: [{ name: 'oscar-event', mountPath: places.event, readOnly: true }],
  };
}

function variables(task: Task, body: Buffer): Variable[] {
  const { service, id } = task;
  const own = { ...ownVariables(service), fprocess: supervisorOf(service), ...eventVariables(body), JOB_UUID: id };
  const node = { name: 'RESOURCE_ID', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } };
  return [...environment(own).env.filter(({ name }) => name !== node.name), node];
}

/** Runs one task in the background: the supervisor, between our own lines, on the event in the pod. */
export function job(task: Task, body: Buffer, settings: Settings): Manifest {
  const { service } = task;
  const naming = { apiVersion: 'batch/v1', kind: 'Job', name: jobNameOf(task), role: 'job' } as const;
  const { metadata, ...kind } = objectOf(service, settings, naming);
  const annotations = { ...service.definition.annotations, ...taskMark(task.id, task.attempt) };
  const [mount, event, secret] = [mountSidecar(service, settings), eventFolder(task, body), keys(service, settings)];
  return {
    ...kind,
    metadata: { ...metadata, annotations },
    spec: {
      backoffLimit: 0,
      ttlSecondsAfterFinished: settings.jobTtlSeconds,
      template: {
        metadata: { labels: labelsOf(service, settings, 'job'), ...annotationsOf(service) },
        spec: {
          restartPolicy: 'Never',
          ...podSpec(service, settings, {
            command: ['/bin/sh'],
            args: [`${places.config}/supervise.sh`, 'job', supervisorOf(service)],
            env: variables(task, body),
            initContainers: mount.initContainers,
            volumes: [...secret.volumes, ...event.volumes, ...mount.volumes],
            mounts: [...secret.mounts, ...event.mounts, ...mount.mounts],
          }),
        },
      },
    },
  };
}
