import type { Status } from '../../api/protocol.ts';
import type { Settings, Surroundings } from '../../config.ts';

/** What a check found, and what to do about it. */
export interface Finding {
  state: 'ok' | 'warn' | 'fail';
  text: string;
  fix?: string;
}

/** What checks look at. */
export interface Scene {
  settings: Settings;
  around: Surroundings;
  /** The sandbox that runs on the data folder. */
  running?: Status;
}

/** One thing that can be wrong with a machine. */
export interface Check {
  name: string;
  /** One finding, or one for each thing that it looks at. */
  look(scene: Scene): Promise<Finding | Finding[]>;
}

export const ok = (text: string): Finding => ({ state: 'ok', text });
export const warn = (text: string, fix: string): Finding => ({ state: 'warn', text, fix });
export const fail = (text: string, fix: string): Finding => ({ state: 'fail', text, fix });
