import type { Client, Deployed } from '../../api/client.ts';
import type { FdlFile, FdlService } from '../../declare/fdl.ts';
import { formatDiagnostic, type SourceText } from '../../declare/positions.ts';
import { type ErrorCode, SandboxError } from '../../model/errors.ts';
import type { Definition } from '../../model/service.ts';
import { type Run, several } from '../command.ts';
import { demandSound, readAllFdl } from '../fdl.ts';
import { type Output, table } from '../output.ts';

/** Lists what is declared, and how it is doing. */
export const services: Run = async ({ connect, out }) => {
  const { client } = await connect();
  const found = await client.deployments();
  if (out.json) for (const service of found) out.value(service, '');
  else if (found.length === 0) out.note('No services. Declare one: oscar-sandbox apply FILE');
  else out.value(found, () => table(['NAME', 'STATE', 'IMAGE', 'CPU', 'MEMORY', 'INPUT', 'OUTPUT'], found.map(row)));
  for (const { name, deployment: { state = '', reason } = {} } of found) {
    if (reason && troubled.includes(state)) out.note(`${name} is ${state}: ${reason}`);
  }
  return 0;
};

const troubled = ['failed', 'degraded', 'unavailable'];

const row = ({ name, deployment, image, cpu, memory, input, output }: Deployed): string[] => {
  const folders = (list: Definition['input']) => list.map(({ path }) => path).join(',') || '-';
  return [name, deployment?.state ?? '-', image, cpu, memory, folders(input), folders(output)];
};

/** Creates or updates what FDL files, or those in folders, say; nothing is sent while one of them has problems. */
export const apply: Run = async (context) => {
  const files = several(context, 0);
  const found: FdlFile[] = [];
  for (const file of files) found.push(...(await read(file, context.out)));
  const { client } = await context.connect();
  for (const { source, services } of found) {
    for (const { input, at } of services) {
      const action = await send(client, input).catch((error) => Promise.reject(placed(error, source, at.service)));
      context.out.value({ service: input.name, action }, `${input.name} ${action}`);
    }
  }
  return 0;
};

/** What is wrong with the sandbox or with us has no place in a file. */
const elsewhere: ErrorCode[] = ['unauthorized', 'not-running', 'unavailable', 'timeout', 'internal'];

function placed(error: unknown, source: SourceText, at: number): unknown {
  if (!(error instanceof SandboxError) || elsewhere.includes(error.code)) return error;
  const { line, column } = source.at(at, '', '');
  const { code, message, hint } = error;
  return new SandboxError(code, `${source.path}:${line}:${column}: ${message}`, { hint, cause: error });
}

async function send(client: Client, input: FdlService['input']): Promise<'created' | 'updated'> {
  const before = await client.service(input.name);
  // OSCAR: an update that does not name the owner leaves the service without one.
  if (before) await client.update({ ...input, owner: before.owner });
  else await client.create(input);
  return before ? 'updated' : 'created';
}

/** Deletes services by name, or those of a file. */
export const remove: Run = async (context) => {
  const { settings, out, connect } = context;
  const file = settings.text('file');
  const names = file
    ? (await read(file, out)).flatMap(({ services }) => services.map(({ input }) => input.name))
    : several(context, 0);
  if (names.length === 0) {
    throw new SandboxError('invalid', 'Nothing to delete was named.', {
      hint: 'Give the names of services, or a file with -f.',
    });
  }
  const { client } = await connect();
  for (const name of names) {
    if (!(await client.service(name))) throw missing(name);
    await client.remove(name);
    out.value({ service: name, action: 'deleted' }, `${name} deleted`);
  }
  return 0;
};

const missing = (name: string) =>
  new SandboxError('not-found', `No service is called ${name}.`, { hint: 'List them with `oscar-sandbox services`.' });

async function read(path: string, out: Output): Promise<FdlFile[]> {
  const files = await readAllFdl(path);
  for (const { warnings } of files) for (const warning of warnings) out.warn(formatDiagnostic(warning));
  demandSound(
    files.flatMap(({ problems }) => problems),
    'Nothing was sent: mend the file and apply it again.',
  );
  return files;
}
