import type { FdlService } from '../fdl.ts';
import type { Diagnostic } from '../positions.ts';
import { markOf } from './marks.ts';
import { type Candidate, refuse, type Work } from './work.ts';

/** Gives each name to one file. Files that change together may hand names to each other. */
export async function claimNames(work: Work, candidates: Candidate[]): Promise<Candidate[]> {
  const sound = candidates.filter(({ path, content }) => {
    if (content.file.problems.length > 0) refuse(work, path, content.hash, content.file.problems);
    return content.file.problems.length === 0;
  });
  const before = new Map(sound.map(({ path }) => [path, work.ledger.of(path).names]));
  for (const { path } of sound) work.ledger.of(path).names = [];
  const accepted: Candidate[] = [];
  for (const candidate of sound) {
    const { path, content } = candidate;
    const problems = (await Promise.all(content.file.services.map((s) => collision(work, candidate, s)))).flat();
    const names = content.file.services.map((service) => service.input.name);
    work.ledger.of(path).names = problems.length > 0 ? (before.get(path) ?? []) : names;
    if (problems.length > 0) refuse(work, path, content.hash, problems);
    else accepted.push(candidate);
  }
  return accepted;
}

async function collision(work: Work, { path, content }: Candidate, service: FdlService): Promise<Diagnostic[]> {
  const { name } = service.input;
  const owner = work.ledger.ownerOf(name, path);
  // A moved file is seen at its new place before it is missed at the old one.
  if (owner === undefined || !(await markOf(owner))) return [];
  work.ledger.of(path).blockedBy = { path: owner, name };
  const message = `the service “${name}” is declared in ${owner} and in ${path}`;
  return [
    content.file.source.at(service.at.service, message, 'Give one of them another name, or delete one of the files.'),
  ];
}
