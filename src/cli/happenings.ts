import type { Happening } from '../api/protocol.ts';
import type { Output, Style } from './output.ts';

const styles: Record<Happening['kind'], Style> = {
  'cluster-progress': 'gray',
  'service-declared': 'cyan',
  'service-progress': 'gray',
  'service-ready': 'green',
  'service-stopped': 'yellow',
  'service-failed': 'red',
  'service-removed': 'yellow',
  'file-refused': 'red',
  'file-warning': 'yellow',
  'object-created': 'blue',
  'object-removed': 'blue',
  'job-queued': 'gray',
  'invocation-started': 'gray',
  'invocation-finished': 'green',
};

/** One line of the live stream: the time of day, what happened, the sentence. */
export function happeningLine({ at, kind, text, details }: Happening, paint: Output['paint']): string {
  const failed = details?.state === 'Failed';
  return `${paint('dim', clock(at))}  ${paint(failed ? 'red' : styles[kind], text)}`;
}

function clock(at: number): string {
  const time = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return `${day}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}
