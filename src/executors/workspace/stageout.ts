import { asSandboxError, SandboxError } from '../../model/errors.ts';
import { provider, type StorageIO, splitPath } from '../../model/service.ts';
import type { Task } from '../../model/task.ts';
import type { OutputFile } from './files.ts';
import type { Opened } from './output.ts';
import type { Report } from './report.ts';
import { ownStore, type Stores } from './stores.ts';

/** A file's way into a store. */
export interface Upload {
  file: OutputFile;
  /** `minio.default` */
  store: string;
  /** In S3 `bucket/key`. */
  path: string;
}

// OSCAR: filters look at the whole relative name, stripped of blanks around it.
const relative = (file: OutputFile): string => file.name.trim().replace(/^\/+/, '');

function passes(name: string, { prefix, suffix }: StorageIO): boolean {
  const starts = !prefix?.length || prefix.some((p) => name.startsWith(p));
  return starts && (!suffix?.length || suffix.some((s) => name.endsWith(s)));
}

/** OSCAR: with `isolation_level: USER` a result stays in the bucket of the user whose file it was. */
function target(path: string, task: Task, eventBucket: string | undefined): string {
  const { folder } = splitPath(path);
  const { isolation_level, bucket_list } = task.service.definition;
  const isolated = isolation_level === 'USER' && eventBucket !== undefined && bucket_list.includes(eventBucket);
  return isolated && folder !== '' ? `${eventBucket}/${folder}` : path;
}

/** Decides for every output, in order, which files go where. */
export function planUploads(task: Task, files: OutputFile[], eventBucket: string | undefined): Upload[] {
  return task.service.definition.output.flatMap((output) => {
    const { type, id } = provider(output.storage_provider);
    const folder = type === 'minio' ? target(output.path, task, eventBucket) : output.path;
    return files
      .filter((file) => passes(relative(file), output))
      .map((file) => ({ file, store: `${type}.${id}`, path: `${folder}/${relative(file)}` }));
  });
}

export interface StoreOptions {
  stores: Stores;
  /** Throws a SandboxError when it is not any more what was found. */
  open(file: OutputFile): Opened;
  report: Report;
}

const AT_ONCE = 8;

/** Where a file goes, as people are told: the platform's own store needs no name. */
const told = ({ store, path }: Upload): string => (store === ownStore ? path : `${store} ${path}`);

async function storeOne(upload: Upload, { stores, open, report }: StoreOptions): Promise<void> {
  const { file, store, path } = upload;
  const { path: local, info, close } = open(file);
  try {
    await stores.put(store, path, { file: local, size: info.size });
  } catch (error) {
    const { code, message, hint } = asSandboxError(error);
    throw new SandboxError(code, `Storing ${told(upload)} failed: ${message}`, { hint, cause: error });
  } finally {
    close();
  }
  report.info(`wrote ${told(upload)} (${info.size} bytes)`);
}

/**
 * Stores the files, some at once; after a failure no further one is begun, what was stored stays. Answers what is in
 * the platform's own store now, as `bucket/key`.
 */
export async function storeAll(
  uploads: Upload[],
  options: StoreOptions,
): Promise<{ stored: string[]; failure?: string }> {
  const stored: Upload[] = [];
  let next = 0;
  let failure: string | undefined;
  const drain = async () => {
    for (let at = next++; at < uploads.length && failure === undefined; at = next++) {
      const upload = uploads[at];
      if (!upload) return;
      try {
        await storeOne(upload, options);
        stored[at] = upload;
      } catch (error) {
        failure ??= asSandboxError(error).message;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, uploads.length) }, drain));
  const own = stored.filter((upload) => upload?.store === ownStore).map(({ path }) => path);
  return { stored: own, ...(failure ? { failure } : {}) };
}
