import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SandboxError } from '../../../model/errors.ts';
import { download, publishedChecksum, type Way } from './download.ts';
import type { Pin } from './versions.ts';

/** Files that are fetched once, and held to what they were then. */
export interface Supply {
  /** The path of the file, which is fetched if it is not there in this version. */
  file(name: string, pin: Pin, say: (line: string) => void): Promise<string>;
  has(name: string, pin: Pin): Promise<boolean>;
}

interface Record {
  version: string;
  address: string;
  sha256: string;
}

/** The supply in a folder; what was recorded of each file lies beside it. */
export function createSupply(folder: string, way: Way): Supply {
  const fileOf = (name: string) => join(folder, name);
  const recordOf = (name: string) => `${fileOf(name)}.json`;
  const recorded = async (name: string, pin: Pin): Promise<Record | undefined> => {
    const text = await readFile(recordOf(name), 'utf8').catch(() => undefined);
    const record = text === undefined ? undefined : (JSON.parse(text) as Record);
    return record?.version === pin.version && record.address === pin.address ? record : undefined;
  };
  const has = async (name: string, pin: Pin): Promise<boolean> => {
    const record = await recorded(name, pin);
    return record !== undefined && (await isThere(fileOf(name))) && (pin.sha256 ?? record.sha256) === record.sha256;
  };
  const fetched = async (name: string, pin: Pin): Promise<void> => {
    const part = `${fileOf(name)}.part`;
    // The checksum of a part that was there before is held to, should it have to be fetched once more.
    const wanted =
      pin.sha256 ??
      (pin.checksum ? await publishedChecksum(pin.checksum, way) : undefined) ??
      (await recorded(name, pin))?.sha256;
    const sha256 = await download(pin.address, part, way);
    if (wanted !== undefined && wanted !== sha256) {
      await rm(part, { force: true });
      throw damaged(pin.address, wanted, sha256);
    }
    await chmod(part, 0o755);
    await rename(part, fileOf(name));
    await writeFile(recordOf(name), `${JSON.stringify({ version: pin.version, address: pin.address, sha256 })}\n`);
  };
  return {
    has,
    file: async (name, pin, say) => {
      await mkdir(folder, { recursive: true });
      if (!(await has(name, pin))) {
        say(`fetching ${pin.address}`);
        await fetched(name, pin);
      } else await demandWhole(fileOf(name), (await recorded(name, pin))?.sha256 ?? '');
      return fileOf(name);
    },
  };
}

async function demandWhole(file: string, wanted: string): Promise<void> {
  const sha256 = createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
  if (sha256 === wanted) return;
  throw new SandboxError('unavailable', `${file} is not what was fetched: it was changed.`, {
    hint: 'Remove it: the next start fetches it anew.',
  });
}

const damaged = (address: string, wanted: string, sha256: string) =>
  new SandboxError('unavailable', `What came from ${address} has the SHA-256 ${sha256}, and must have ${wanted}.`, {
    hint: 'Something on the way changed it, or it was replaced there. Try again; if it stays so, report it.',
  });

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
