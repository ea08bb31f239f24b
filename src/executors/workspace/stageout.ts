import { asSandboxError, SandboxError } from '../../model/errors.ts';
import { provider, type StorageIO, splitPath } from '../../model/service.ts';
import type { Task } from '../../model/task.ts';
import type { Buckets } from '../../objects/buckets.ts';
import { contentType } from './contenttype.ts';
import type { OutputFile } from './files.ts';
import type { Opened } from './output.ts';
import type { Report } from './report.ts';

/** A file's way into a bucket. */
export interface Upload {
  file: OutputFile;
  bucket: string;
  key: string;
}

/** What goes where, and what would have to go where nobody can reach. */
export interface UploadPlan {
  uploads: Upload[];
  /** Sentences, one an output. */
  unreachable: string[];
}

// OSCAR: filters look at the whole relative name, stripped of blanks around it.
const relative = (file: OutputFile): string => file.name.trim().replace(/^\/+/, '');

function passes(name: string, { prefix, suffix }: StorageIO): boolean {
  const starts = !prefix?.length || prefix.some((p) => name.startsWith(p));
  return starts && (!suffix?.length || suffix.some((s) => name.endsWith(s)));
}

/** OSCAR: with `isolation_level: USER` a result stays in the bucket of the user whose file it was. */
function target(path: string, task: Task, eventBucket: string | undefined): { bucket: string; folder: string } {
  const declared = splitPath(path);
  const { isolation_level, bucket_list } = task.service.definition;
  const isolated = isolation_level === 'USER' && eventBucket !== undefined && bucket_list.includes(eventBucket);
  return isolated && declared.folder !== '' ? { ...declared, bucket: eventBucket } : declared;
}

/** Decides for every output, in order, which files go where. */
export function planUploads(task: Task, files: OutputFile[], eventBucket: string | undefined): UploadPlan {
  const plan: UploadPlan = { uploads: [], unreachable: [] };
  for (const output of task.service.definition.output) {
    const matching = files.filter((file) => passes(relative(file), output));
    const { type, id } = provider(output.storage_provider);
    if (type === 'minio' && id === 'default') {
      const { bucket, folder } = target(output.path, task, eventBucket);
      for (const file of matching) {
        plan.uploads.push({ file, bucket, key: folder ? `${folder}/${relative(file)}` : relative(file) });
      }
    } else if (matching.length > 0) {
      const files = matching.length === 1 ? '1 file' : `${matching.length} files`;
      plan.unreachable.push(`${files} could not be stored in ${type}.${id}, which OSCAR Sandbox cannot write to.`);
    }
  }
  return plan;
}

export interface StoreOptions {
  buckets: Buckets;
  /** Throws a SandboxError when it is not any more what was found. */
  open(file: OutputFile): Opened;
  report: Report;
  /** The service: its outputs never trigger it. */
  writer: string;
}

const AT_ONCE = 8;

async function store({ file, bucket, key }: Upload, { buckets, open, report, writer }: StoreOptions): Promise<string> {
  const { path, info, close } = open(file);
  try {
    await buckets.put(bucket, key, { file: path, size: info.size }, { contentType: contentType(key), writer });
  } catch (error) {
    const { code, message } = asSandboxError(error);
    throw new SandboxError(code, `Storing ${bucket}/${key} failed: ${message}`, { cause: error });
  } finally {
    close();
  }
  report.info(`wrote ${bucket}/${key} (${info.size} bytes)`);
  return `${bucket}/${key}`;
}

/** Stores the files, some at once; after a failure no further one is begun, what was stored stays. */
export async function storeAll(
  uploads: Upload[],
  options: StoreOptions,
): Promise<{ stored: string[]; failure?: string }> {
  const stored: string[] = [];
  let next = 0;
  let failure: string | undefined;
  const drain = async () => {
    for (let at = next++; at < uploads.length && failure === undefined; at = next++) {
      const upload = uploads[at];
      if (!upload) return;
      try {
        stored[at] = await store(upload, options);
      } catch (error) {
        failure ??= asSandboxError(error).message;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, uploads.length) }, drain));
  return { stored: stored.filter((name) => name !== undefined), ...(failure ? { failure } : {}) };
}
