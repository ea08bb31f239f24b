import type { Client } from '../../api/client.ts';
import type { DefinitionInput } from '../../declare/schema.ts';
import { SandboxError } from '../../model/errors.ts';
import type { Definition } from '../../model/service.ts';
import { argument, type Context } from '../command.ts';
import { readServices } from './files.ts';
import { isOwn } from './folders.ts';

/** The service that is compared, as it is declared on each executor. */
export interface Subject {
  name: string;
  definition: DefinitionInput;
  /** The services that its outputs would start. */
  chained: string[];
}

/** The service that was named: of an FDL file or folder, if one was given, else of the running sandbox. */
export async function findSubject(context: Context): Promise<Subject> {
  const name = argument(context, 0);
  const path = context.settings.text('file');
  if (path !== undefined) {
    const { found, all } = await readServices(path, name);
    return { name, definition: found, chained: chainedTo(found, all) };
  }
  const { client, status } = await context.connect().catch((error) => Promise.reject(hinted(error)));
  const found = await declared(client, name);
  const { token, owner, ...definition } = found;
  const secrets = await secretsOf(found, status.folder);
  const environment = { ...definition.environment, secrets };
  const others = await client.services();
  return { name, definition: { ...definition, environment }, chained: chainedTo(found, others) };
}

/** Without a sandbox there are still files. */
function hinted(error: unknown): unknown {
  if (!(error instanceof SandboxError) || error.code !== 'not-running') return error;
  return new SandboxError(error.code, error.message, {
    hint: 'Start it with `oscar-sandbox up`, or say which FDL file the service is in: --file FILE.',
    cause: error,
  });
}

async function declared(client: Client, name: string): Promise<Definition> {
  const found = await client.service(name);
  if (found) return found;
  throw new SandboxError('not-found', `No service is called ${name}.`, {
    hint: 'List them with `oscar-sandbox services`; one that is in a file alone is found with --file FILE.',
  });
}

/** The API hides the values: they are read where they were written, in the watched folder. */
async function secretsOf({ name, environment }: Definition, folder?: string): Promise<Record<string, string>> {
  const keys = Object.keys(environment.secrets);
  if (keys.length === 0) return {};
  const secrets = folder === undefined ? undefined : await secretsIn(folder, name);
  if (secrets && keys.every((key) => Object.hasOwn(secrets, key))) return secrets;
  throw new SandboxError('invalid', `The sandbox does not tell the secrets of ${name}: ${keys.join(', ')}.`, {
    hint: 'Say which FDL file they are in: --file FILE.',
  });
}

/** The folder may hold other services by now, or the service may never have been in it. */
async function secretsIn(folder: string, name: string): Promise<Record<string, string> | undefined> {
  try {
    return (await readServices(folder, name)).found.environment?.secrets;
  } catch (error) {
    if (error instanceof SandboxError) return undefined;
    throw error;
  }
}

type Folders = Pick<DefinitionInput, 'name' | 'input' | 'output'>;

/** The services that listen where this one writes. */
function chainedTo({ name, output }: Folders, all: Folders[]): string[] {
  const written = pathsOf(output);
  const reads = ({ input }: Folders) =>
    pathsOf(input).some((read) => written.some((path) => path.startsWith(read) || read.startsWith(path)));
  return all.filter((other) => other.name !== name && reads(other)).map((other) => other.name ?? '');
}

const pathsOf = (folders: Folders['input'] = []): string[] =>
  folders.filter(isOwn).map(({ path = '' }) => `${path.replace(/^[ /]+|[ /]+$/g, '')}/`);
