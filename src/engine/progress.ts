import type { OnProgress } from './engine.ts';

/** What an engine says while it pulls. */
export interface Step {
  status?: string;
  /** Of a layer; or the tag. */
  id?: string;
  progressDetail?: { current?: number; total?: number };
}

export interface ProgressParts {
  /** Of the image. */
  name: string;
  onLine: OnProgress;
  /** In milliseconds. */
  now(): number;
}

interface Layer {
  ready: boolean;
  current: number;
  total: number;
}

const everyMs = 1_000;
const aboutLayers =
  /^(?:Pulling fs layer|Waiting|Downloading|Verifying Checksum|Download complete|Extracting|Pull complete|Already exists|Retrying)/;

/** Makes lines for people of what an engine says: the first at once, then one a second at most. */
export function createProgress({ name, onLine, now }: ProgressParts) {
  const layers = new Map<string, Layer>();
  let told = now();
  let waits = false;
  onLine(`pulling ${name}`);
  return {
    see(step: Step): void {
      const { status = '', id } = step;
      if (!id || !aboutLayers.test(status)) return;
      layers.set(id, moved(layers.get(id) ?? { ready: false, current: 0, total: 0 }, status, step.progressDetail));
      const waited = waits;
      waits = status.startsWith('Retrying');
      // That nothing comes is news, and told at once.
      if (now() - told < everyMs && (waited || !waits)) return;
      told = now();
      onLine(`pulling ${name}: ${summary([...layers.values()])}${waits ? ', the registry is waited for' : ''}`);
    },
    done: () => onLine(`pulled ${name}`),
  };
}

function moved(layer: Layer, status: string, detail: Step['progressDetail'] = {}): Layer {
  if (status === 'Pull complete' || status === 'Already exists') return { ...layer, ready: true, current: layer.total };
  if (status === 'Download complete' || status === 'Extracting') return { ...layer, current: layer.total };
  if (status !== 'Downloading') return layer;
  return { ...layer, current: detail.current ?? layer.current, total: detail.total ?? layer.total };
}

/** `3 of 7 layers, 41 %`: of the bytes of those layers whose size is known. */
function summary(layers: Layer[]): string {
  const sum = (of: (layer: Layer) => number) => layers.reduce((all, layer) => all + of(layer), 0);
  const total = sum((layer) => layer.total);
  const ready = layers.filter((layer) => layer.ready).length;
  const share = total > 0 ? `, ${Math.floor((100 * sum((layer) => layer.current)) / total)} %` : '';
  return `${ready} of ${layers.length} layer${layers.length === 1 ? '' : 's'}${share}`;
}
