import type { FdlFile, FdlService } from '../../declare/fdl.ts';
import { type Diagnostic, formatDiagnostic } from '../../declare/positions.ts';
import { demandSound, readAllFdl } from '../fdl.ts';
import { visible } from './visible.ts';

/** A service of a folder, and where it is written. */
export interface Found {
  service: FdlService;
  file: FdlFile;
}

/** Reads the FDL files of a folder, or one file, with their scripts; any problem in any of them is an error. */
export async function readFolder(folder: string, onWarning: (text: string) => void): Promise<FdlFile[]> {
  const files = await readAllFdl(folder, { perCluster: true });
  demandSound(
    files.flatMap(({ problems }) => problems.map(legible)),
    mend,
  );
  for (const { warnings } of files) for (const warning of warnings) onWarning(formatDiagnostic(legible(warning)));
  return files;
}

/** Every sign stays one sign wide, for what points at it. */
function legible(it: Diagnostic): Diagnostic {
  const plain = (text: string) => visible(text.replaceAll('\t', ' '), Number.POSITIVE_INFINITY);
  return { ...it, file: plain(it.file), message: plain(it.message), hint: plain(it.hint), snippet: plain(it.snippet) };
}

const mend = 'Nothing was sent: mend the files and promote again.';

/**
 * The services that are for one of these clusters: of a file that names it, its section alone; of any other, all. A name
 * may come once.
 */
export function chosenFor(files: readonly FdlFile[], clusters: readonly string[]): Found[] {
  const found = files.flatMap((file) => {
    const named = file.services.filter(({ clusterId }) => clusters.includes(clusterId));
    return (named.length > 0 ? named : file.services).map((service) => ({ service, file }));
  });
  demandSound(
    found.flatMap((one, index) => twinOf(one, found.slice(0, index))),
    mend,
  );
  return found;
}

function twinOf({ service, file }: Found, before: Found[]): Diagnostic[] {
  const { name } = service.input;
  const twin = before.find((one) => one.service.input.name === name);
  if (!twin) return [];
  const where = twin.file === file ? `in line ${twin.service.line} too` : `in ${twin.file.path} and in ${file.path}`;
  const hint = 'Give one of them another name, or name the cluster of one of them with --cluster.';
  return [file.source.at(service.at.service, `the service “${name}” is declared ${where}`, hint)];
}
