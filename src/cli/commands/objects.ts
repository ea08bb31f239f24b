import { basename, join } from 'node:path';
import { bytesOf } from '../../api/client.ts';
import { SandboxError } from '../../model/errors.ts';
import { argument, optional, type Run, several } from '../command.ts';
import { statIfThere } from '../files.ts';
import { inJson, intoFile, intoStdout } from '../sink.ts';
import { download, type ObjectName, objectName, upload } from '../transfer.ts';

/** Stores files; a target that is a bucket or ends in `/` keeps their names. */
export const put: Run = async (context) => {
  const paths = several(context, 0);
  const target = paths.at(-1) ?? '';
  const files = paths.slice(0, -1);
  if (files.length === 0) {
    throw new SandboxError('invalid', 'Where to put it was not said.', {
      hint: 'Write: oscar-sandbox put FILE BUCKET/KEY',
    });
  }
  const named = files.map((file) => ({ file, name: nameFor(file, target, files.length > 1) }));
  const { client } = await context.connect();
  for (const { file, name } of named) {
    const size = await upload(client, file, name);
    context.out.value({ ...name, size }, `${name.bucket}/${name.key}`);
  }
  return 0;
};

function nameFor(file: string, target: string, many: boolean): ObjectName {
  const { bucket, key } = objectName(target);
  const folder = key === '' || key.endsWith('/');
  if (!folder && many) {
    throw new SandboxError('invalid', `Several files cannot all be ${target}.`, {
      hint: `Write ${target}/ for a folder.`,
    });
  }
  if (!folder) return { bucket, key };
  if (file === '-')
    throw new SandboxError('invalid', 'What comes from stdin has no name.', { hint: 'Give a whole key.' });
  return { bucket, key: key + basename(file) };
}

/** Fetches an object. */
export const get: Run = async (context) => {
  const { out, connect } = context;
  const path = argument(context, 0);
  const name = objectName(path);
  if (name.key === '' || name.key.endsWith('/')) {
    throw new SandboxError('invalid', `${path} names no object.`, { hint: `List them: oscar-sandbox ls ${path}` });
  }
  const { client } = await connect();
  const content = await download(client, name);
  const wanted = optional(context, 1);
  if (wanted === '-') {
    if (out.json) out.value({ ...name, ...inJson(await bytesOf(content)) }, '');
    else await intoStdout(out, content, 'Give a file, or send it on with | or >.');
    return 0;
  }
  const file = await fileFor(wanted, basename(name.key));
  const size = await intoFile(file, content);
  out.value({ ...name, file, size }, file);
  return 0;
};

async function fileFor(wanted: string | undefined, name: string): Promise<string> {
  if (wanted === undefined) return name;
  const isFolder = wanted.endsWith('/') || (await statIfThere(wanted))?.isDirectory();
  return isFolder ? join(wanted, name) : wanted;
}

/** Lists buckets, or what is in one. */
export const ls: Run = async (context) => {
  const { out, connect } = context;
  const path = optional(context, 0);
  const name = path === undefined ? undefined : objectName(path);
  const { client } = await connect();
  if (name === undefined) {
    const buckets = await client.buckets();
    if (buckets.length === 0) out.note('No buckets.');
    for (const bucket of buckets) out.value(bucket, bucket.bucket_name);
    return 0;
  }
  const { bucket, key } = name;
  for await (const object of client.objects(bucket, key)) {
    const { object_name, size_bytes, last_modified = '' } = object;
    out.value(
      { bucket, ...object },
      `${last_modified.slice(0, 19)}  ${String(size_bytes).padStart(12)}  ${object_name}`,
    );
  }
  return 0;
};
