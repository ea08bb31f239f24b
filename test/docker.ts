import { execFileSync, spawnSync } from 'node:child_process';

/** Does a container engine answer the `docker` of this machine? */
export const engineAnswers = (): boolean => spawnSync('docker', ['version'], { stdio: 'ignore' }).status === 0;

/** What `docker` prints; throws, with its complaint, when it fails. */
export const docker = (...args: string[]): string =>
  execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 64 * 2 ** 20 }).trim();

const lines = (text: string): string[] => text.split('\n').filter(Boolean);

/** Everything on the engine that carries a label, one line each: kind, name and, for a container, its image. */
export function carrying(label: string): string[] {
  const filter = ['--filter', `label=${label}`];
  const of = (kind: string, ...args: string[]) => lines(docker(...args)).map((line) => `${kind} ${line}`);
  return [
    ...of('container', 'ps', '--all', ...filter, '--format', '{{.Names}} {{.Image}}'),
    ...of('network', 'network', 'ls', ...filter, '--format', '{{.Name}}'),
    ...of('volume', 'volume', 'ls', ...filter, '--format', '{{.Name}}'),
  ].sort();
}
