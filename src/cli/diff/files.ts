import type { DefinitionInput } from '../../declare/schema.ts';
import { SandboxError } from '../../model/errors.ts';
import { demandSound, readAllFdl } from '../fdl.ts';

/** A service of an FDL file or folder, and all that are there. */
export interface Services {
  found: DefinitionInput;
  all: DefinitionInput[];
}

/** Finds a service by its name in an FDL file, or in those of a folder. */
export async function readServices(path: string, name: string): Promise<Services> {
  const files = await readAllFdl(path);
  const holders = files.filter(({ declared }) => declared.some(({ input }) => input.name === name));
  const [holder, other] = holders;
  if (other && holder) throw twice(name, holder.source.path, other.source.path);
  // What is wrong with other files is no matter of this service, unless it may be in one of them.
  const asked = holder ? [holder] : files;
  demandSound(
    asked.flatMap(({ problems }) => problems),
    'Mend the file first.',
  );
  const all = files.flatMap(({ declared }) => declared.map(({ input }) => input));
  const found = holder?.services.find(({ input }) => input.name === name)?.input;
  if (found) return { found, all };
  throw new SandboxError('not-found', `No service in ${path} is called ${name}.`, {
    hint: all.length > 0 ? `There is: ${all.map((one) => one.name).join(', ')}.` : 'It declares none.',
  });
}

const twice = (name: string, one: string, other: string) =>
  new SandboxError('conflict', `${name} is declared in ${one} and in ${other}.`, {
    hint: 'Say which one is meant: --file FILE.',
  });
