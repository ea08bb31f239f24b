import { existsSync } from 'node:fs';

const shells = ['dash', 'bash', 'busybox'];

/** The shells of this machine that images have as `/bin/sh`. */
export const available = shells.filter((shell) => existsSync(`/bin/${shell}`));

const missing = shells.filter((shell) => !available.includes(shell));
if (missing.length > 0) console.warn(`Skipped: this machine has no ${missing.join(', ')}.`);
