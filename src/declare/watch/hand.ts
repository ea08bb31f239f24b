import { asSandboxError, type ErrorCode, type SandboxError } from '../../model/errors.ts';
import { dismiss } from './absence.ts';
import { type Candidate, refuse, unblock, type Work } from './work.ts';

/** Remembered in the place of a content while services of the file still have to go: no content is this one. */
const unfinished = 'unfinished';

/** Hands what a file says to the door, and remembers or reports how it went. */
export async function handOver(work: Work, { path, content }: Candidate): Promise<void> {
  const { declareFile, servicesOf, seen, ledger, elapsed, onEvent } = work;
  const { services, warnings } = content.file;
  const declared = services.map((service) => service.input.name);
  try {
    await declareFile(path, services, content.hash);
    const names = servicesOf(path).filter((name) => !declared.includes(name));
    ledger.of(path).left = names.length > 0 ? { names, hash: content.hash, since: elapsed() } : undefined;
    dismiss(work, path);
    await seen.set(path, names.length > 0 ? unfinished : content.hash);
  } catch (error) {
    failed(work, { path, content }, asSandboxError(error));
    return;
  }
  const known = ledger.of(path);
  known.refused = undefined;
  known.blockedBy = undefined;
  known.failure = undefined;
  onEvent({ kind: 'declared', path, services: declared, warnings });
  unblock(work, path);
}

const passing: ErrorCode[] = ['internal', 'unavailable', 'timeout', 'not-running'];

function failed(work: Work, { path, content }: Candidate, error: SandboxError): void {
  const { services, source } = content.file;
  const guilty = services.find((s) => error.message.includes(s.input.name)) ?? services[0];
  const hint = error.hint ?? 'Change it and save the file.';
  const problems = [source.at(guilty?.at.service ?? 0, error.message, hint)];
  const known = work.ledger.of(path);
  if (!passing.includes(error.code)) refuse(work, path, content.hash, problems);
  else {
    // Not the fault of the file: it is tried again and again, and told once.
    if (known.failure !== error.message) work.onEvent({ kind: 'refused', path, problems });
    known.failure = error.message;
    work.later.set(path, 1000);
  }
}
