import { join } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { isHidden, isWithin } from './folder.ts';

/** What is seen of a folder while it changes. */
export interface Eyes {
  /** Watches a file outside the folder too. */
  add(path: string): void;
  close(): Promise<void>;
}

export interface Sight {
  /** Something happened to this path; `renamed`: it came, went, or became another file. */
  onChange(path: string, renamed: boolean): void;
  onReady(): void;
  /** Not everything can be watched. */
  onBlind(error: unknown): void;
}

/** Watches a folder and all below it, but for hidden folders and packages. */
export function openEyes(folder: string, { onChange, onReady, onBlind }: Sight): Eyes {
  const outside = new Set<string>();
  const ignored = (path: string) => !outside.has(path) && isWithin(folder, path) && isHidden(folder, path);
  // `atomic` would hold every deletion back for 100 ms; `raw` tells of a write before chokidar has looked at it.
  const watcher: FSWatcher = watch(folder, { ignoreInitial: true, atomic: false, ignored })
    .on('raw', (event, name, details) => {
      if (name !== null) onChange(join(watchedPath(details), name), event === 'rename');
    })
    .on('all', (event, path) => onChange(path, event !== 'change'))
    .on('ready', onReady)
    .on('error', onBlind);
  return {
    add: (path) => {
      if (outside.has(path) || (isWithin(folder, path) && !isHidden(folder, path))) return;
      outside.add(path);
      watcher.add(path);
    },
    close: () => watcher.close(),
  };
}

/** `raw` names the file; the folder that it is in comes beside it. */
const watchedPath = (details: unknown): string =>
  typeof details === 'object' && details !== null && 'watchedPath' in details ? String(details.watchedPath) : '';
