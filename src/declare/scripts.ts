import type { FdlFile, FdlService } from './fdl.ts';
import type { Diagnostic } from './positions.ts';

/** Reads the scripts that a file names, from the folder of the file; a missing one is a problem with its place. */
export async function resolveScripts(file: FdlFile, readFile: (path: string) => Promise<Buffer>): Promise<FdlFile> {
  const resolved = {
    ...file,
    warnings: [...file.warnings],
    problems: [...file.problems],
    services: [] as FdlService[],
  };
  for (const service of file.services) {
    const found = await contentOf(service, readFile);
    if ('content' in found) {
      const script = found.content;
      resolved.services.push({ ...service, script, input: { ...service.input, script } });
      if (service.scriptPath === undefined) resolved.warnings.push(inlineWarning(file, service));
    } else resolved.problems.push(file.source.at(service.at.script, found.message, found.hint));
  }
  return resolved;
}

type Found = { content: string } | { message: string; hint: string };

async function contentOf(service: FdlService, readFile: (path: string) => Promise<Buffer>): Promise<Found> {
  const { scriptPath, script, input } = service;
  if (script !== undefined) return { content: script };
  if (scriptPath === undefined) {
    const hint = 'Add `script:` with the path of a file, from the folder of this file.';
    return { message: `the service “${input.name}” has no script`, hint };
  }
  const cannot = `cannot load the script "${input.script}" of service "${input.name}"`;
  try {
    const content = (await readFile(scriptPath)).toString('utf8');
    if (content.trim() !== '') return { content };
    return {
      message: `the script "${input.script}" of service "${input.name}" is empty`,
      hint: `Write the script: ${scriptPath}.`,
    };
  } catch (error) {
    return { message: `${cannot}, please check the path`, hint: reasonFor(error, scriptPath, input.script) };
  }
}

function reasonFor(error: unknown, path: string, written: string): string {
  const reason = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : reason;
  if (code === 'EISDIR') return `${path} is a folder: name the file in it.`;
  if (code === 'EACCES' || code === 'EPERM') return `${path} may not be read: change its permissions.`;
  if (/^\w+:\/\//.test(written)) return 'A script must be a file: download it beside this file.';
  if (written.startsWith('/'))
    return `The path starts in the folder of this file, so it means ${path}: write it without the first slash.`;
  return code === 'ENOENT'
    ? `There is no file ${path}; the path starts in the folder of this file.`
    : `${path}: ${code}.`;
}

function inlineWarning(file: FdlFile, service: FdlService): Diagnostic {
  const hint = 'oscar-cli takes a path only: move the script into a file of its own before you use it on a cluster.';
  return file.source.at(service.at.script, `the script of “${service.input.name}” is written into the file`, hint);
}
