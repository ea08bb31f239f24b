import { sourceText } from '../positions.ts';
import type { Work } from './work.ts';

/** Reports, once, a file that may not be read; what it declared before is served on. */
export function forbidden({ ledger, onEvent }: Work, path: string): void {
  const known = ledger.of(path);
  known.missingSince = undefined;
  // Permissions leave no mark: whenever the folder is looked through, this file is looked at.
  known.marks = [];
  if (known.forbidden) return;
  known.forbidden = true;
  const hint = 'Let the user that the sandbox runs as read it: chmod u+r for the file, chmod u+rx for its folder.';
  onEvent({ kind: 'refused', path, problems: [sourceText(path, '').at(0, 'the file may not be read', hint)] });
}
