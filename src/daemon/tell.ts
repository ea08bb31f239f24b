import type { SandboxError } from '../model/errors.ts';
import type { ObjectEvent } from '../model/event.ts';
import type { Invocation } from '../model/invocation.ts';
import type { Service } from '../model/service.ts';
import type { Tell } from './bus.ts';

/** Turns what the parts report into sentences for people and details for programs. */
export const createTelling = (tell: Tell) => ({
  cluster: (text: string) => tell({ kind: 'cluster-progress', text }),
  declared: (service: Service) =>
    tell({
      kind: 'service-declared',
      service: service.name,
      text: `${service.name} declared, version ${service.version}`,
      details: { version: service.version },
    }),
  ready: (service: Service, warnings: string[]) =>
    tell({
      kind: 'service-ready',
      service: service.name,
      text: [`${service.name} serves version ${service.version}`, ...warnings].join('; '),
      details: { version: service.version },
    }),
  stopped: ({ name }: Service) => tell({ kind: 'service-stopped', service: name, text: `${name} is stopped` }),
  progress: (name: string, line: string) => tell({ kind: 'service-progress', service: name, text: `${name}: ${line}` }),
  failed: (name: string, error: SandboxError) =>
    tell({ kind: 'service-failed', service: name, text: `${name} cannot be served: ${error.message}` }),
  removed: (name: string) => tell({ kind: 'service-removed', service: name, text: `${name} removed` }),
  object: (event: ObjectEvent, jobs: string[]) => {
    // Folder markers come with every declaration: nobody waits for them.
    if (event.key.endsWith('/') && event.size === 0 && jobs.length === 0) return;
    const created = event.name.startsWith('s3:ObjectCreated:');
    tell({
      kind: created ? 'object-created' : 'object-removed',
      text: `${event.bucket}/${event.key} ${created ? `stored, ${event.size} bytes` : 'removed'}`,
      details: { bucket: event.bucket, key: event.key, size: event.size },
    });
    for (const invocation of jobs) tell({ kind: 'job-queued', invocation, text: `${invocation} queued` });
  },
  started: ({ id, service, kind, attempt }: Invocation) =>
    tell({
      kind: 'invocation-started',
      service,
      invocation: id,
      text: `${kind} ${id} started${attempt > 1 ? `, attempt ${attempt}` : ''}`,
      details: { attempt },
    }),
  finished: ({ id, service, kind, state, reason, exitCode, finishedAt = 0, startedAt = finishedAt }: Invocation) =>
    tell({
      kind: 'invocation-finished',
      service,
      invocation: id,
      text: `${kind} ${id} ${state.toLowerCase()} after ${finishedAt - startedAt} ms${reason ? `: ${reason}` : ''}`,
      details: { kind, state, ms: finishedAt - startedAt, ...(exitCode === undefined ? {} : { exitCode }) },
    }),
});
