import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { DefinitionInput } from '../../declare/schema.ts';
import { SandboxError } from '../../model/errors.ts';
import { type Context, optional } from '../command.ts';
import { statIfThere } from '../files.ts';
import { openInput } from '../payload.ts';
import { isOwn } from './folders.ts';

/** What the service gets on every executor, and in which way. */
export interface Given {
  how: 'run' | 'job';
  /** A file of this machine that can be read as often as needed. */
  file: string;
  /** What it is called as an object. */
  name: string;
}

/** Finds out what is asked for; what comes only once is kept in the folder. */
export async function findInput(context: Context, definition: DefinitionInput, folder: string): Promise<Given> {
  const { settings } = context;
  const file = optional(context, 1);
  const text = settings.text('input');
  const how = wayOf(context, definition);
  if (file !== undefined && text !== undefined) throw both('A file and --input', 'Give one of them.');
  if (how === 'job' && takesFiles(definition) && file === undefined && text === undefined) {
    throw new SandboxError('invalid', `${definition.name} runs when a file arrives, and none was given.`, {
      hint: 'Give a FILE or --input TEXT; --run calls it without a file.',
    });
  }
  if (file !== undefined) return { how, ...(await repeatable(file, folder)) };
  const written = join(folder, 'input.txt');
  await writeFile(written, text ?? '');
  return { how, file: written, name: 'input.txt' };
}

/** A service that runs when files arrive gets one; every other is called. */
function wayOf({ settings }: Context, definition: DefinitionInput): Given['how'] {
  const [run, job] = [settings.on('run'), settings.on('job')];
  if (run && job) throw both('--run and --job', 'Give one of them.');
  const how = run || (!job && !takesFiles(definition)) ? 'run' : 'job';
  if (how === 'job' || !definition.expose?.api_port?.[0]) return how;
  throw new SandboxError('invalid', `${definition.name} is a web server: it takes no calls that could be compared.`, {
    hint: 'Compare its script as a job: --job.',
  });
}

/** Does a file that arrives in a bucket start the service? */
export const takesFiles = ({ input = [] }: DefinitionInput): boolean => input.some(isOwn);

const both = (what: string, hint: string) => new SandboxError('invalid', `${what} were both given.`, { hint });

async function repeatable(file: string, folder: string): Promise<Pick<Given, 'file' | 'name'>> {
  if (file !== '-' && (await statIfThere(file))?.isFile()) return { file, name: basename(file) };
  const source = await openInput(file);
  const kept = join(folder, 'input');
  await pipeline(source, createWriteStream(kept));
  return { file: kept, name: 'input' };
}
