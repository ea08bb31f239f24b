import type { Task } from '../../../model/task.ts';
import { readEvent } from '../../workspace/event.ts';
import { planUploads } from '../../workspace/stageout.ts';
import { ownStore } from '../../workspace/stores.ts';
import type { TaskRecord } from './record.ts';

/** What the supervisor has stored in the platform's own store, as `bucket/key`; nothing is sure of one that failed. */
export function storedOutputs(task: Task, body: Buffer, { supervisorCode, files }: TaskRecord): string[] {
  if (supervisorCode !== 0) return [];
  const { event } = readEvent(body);
  const found = files.map((name) => ({ name, path: name, size: 0 }));
  const uploads = planUploads(task, found, event.kind === 'object' ? event.bucket : undefined);
  return uploads.filter(({ store }) => store === ownStore).map(({ path }) => path);
}
