import { SandboxError } from '../../../model/errors.ts';
import { recognised } from './refusals.ts';

const most = 3;

/** Why something about the cluster failed, from all that was said: what is known by its own sentence, else its last lines. */
export function failedWith(what: string, output: string): SandboxError {
  const known = recognised(output);
  if (known)
    return new SandboxError('unavailable', `${what}: ${lowered(known.why)}.`, { hint: known.fix, cause: output });
  // The command itself is long, and nobody's concern.
  const lines = output
    .split('\n')
    .map((line) => line.replace(/command ".*" failed with error/, 'a command failed').trim());
  const telling = lines.filter((line) => line && !/^(Stack Trace|\S+\.go:\d+|\s*\/|[\u2713\u2717\u2022])/.test(line));
  const errors = telling.filter((line) => /error/i.test(line));
  const said = (errors.length > 0 ? errors : telling).slice(-most).join('; ');
  return new SandboxError('unavailable', `${what}: ${said || 'it said nothing'}.`, {
    hint: 'See https://kind.sigs.k8s.io/docs/user/known-issues/, or use --executor docker.',
    cause: output,
  });
}

const lowered = (sentence: string): string => sentence.charAt(0).toLowerCase() + sentence.slice(1);
